#include "app/studio/viewmodels/node_table_model.h"

#include <algorithm>
#include <optional>

#include <QStringList>

namespace longship {

namespace {

constexpr std::size_t kRecentSamplesMax = 3600;

double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

QVariant busiestGpu(const NodeSample& sample) {
    const auto busiest = std::max_element(
        sample.gpus.begin(), sample.gpus.end(),
        [](const GpuSample& a, const GpuSample& b) { return a.utilization < b.utilization; });
    return busiest == sample.gpus.end() ? QVariant() : QVariant(busiest->utilization);
}

/// Of the machine and its GPUs.
QVariant hottest(const NodeSample& sample) {
    std::optional<double> most = sample.temperatureCelsius;
    for (const GpuSample& gpu : sample.gpus) {
        most = std::max(most, gpu.temperatureCelsius);  // None is less than any.
    }
    return most ? QVariant(*most) : QVariant();
}

QVariant sampleCell(const NodeSample& sample, int column) {
    switch (column) {
        case NodeTableModel::OwnCpu: return sample.ownCpu;
        case NodeTableModel::OwnMemory: return QVariant::fromValue<qulonglong>(sample.ownMemory);
        case NodeTableModel::OwnNetwork: return sample.ownReceived + sample.ownSent;
        case NodeTableModel::MachineCpu: return sample.cpu;
        case NodeTableModel::MachineMemory: return share(sample.memoryUsed, sample.memoryTotal);
        case NodeTableModel::Disk:
            return sample.diskTotal == 0 ? QVariant() : share(sample.diskUsed, sample.diskTotal);
        case NodeTableModel::Gpu: return busiestGpu(sample);
        case NodeTableModel::Temperature: return hottest(sample);
        case NodeTableModel::Lag: return sample.timerLagMs;
        default: return {};
    }
}

QVariant cell(const NodeView& node, int column) {
    switch (column) {
        case NodeTableModel::Name: return QString::fromStdString(node.node.value);
        case NodeTableModel::State: return static_cast<int>(node.state);
        case NodeTableModel::Tasks: {
            QStringList tasks;
            for (const std::string& task : node.tasks) {
                tasks << QString::fromStdString(task);
            }
            return tasks.join(QLatin1Char(' '));
        }
        case NodeTableModel::Version:
            return node.version.empty() ? QVariant() : QString::fromStdString(node.version);
        default: return node.sample ? sampleCell(*node.sample, column) : QVariant();
    }
}

}  // namespace

NodeTableModel::NodeTableModel(QObject* parent) : RowTableModel(parent) {}

void NodeTableModel::setNodes(std::vector<NodeView> nodes) {
    for (const NodeView& node : nodes) {
        auto& recent = m_recent[node.node];
        if (node.sample && (recent.empty() || recent.back().time < node.sample->time)) {
            recent.push_back(*node.sample);
        }
        if (recent.size() > kRecentSamplesMax) {
            recent.pop_front();
        }
    }
    updateRows(std::move(nodes));
}

const std::deque<NodeSample>& NodeTableModel::recent(const NodeId& node) const {
    static const std::deque<NodeSample> none;
    const auto found = m_recent.find(node);
    return found == m_recent.end() ? none : found->second;
}

int NodeTableModel::readyCount() const {
    int ready = 0;
    for (int row = 0; row < rowCount(); ++row) {
        ready += at(row).state == NodeState::Ready || at(row).state == NodeState::Busy ? 1 : 0;
    }
    return ready;
}

bool NodeTableModel::sharesMachine() const {
    for (int row = 0; row < rowCount(); ++row) {
        if (at(row).sharesMachine) {
            return true;
        }
    }
    return false;
}

int NodeTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant NodeTableModel::data(const QModelIndex& index, int role) const {
    if (role != Qt::DisplayRole || !checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    return cell(at(index.row()), index.column());
}

}  // namespace longship
