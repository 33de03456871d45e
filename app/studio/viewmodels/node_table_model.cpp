#include "app/studio/viewmodels/node_table_model.h"

#include <QStringList>

namespace longship {

namespace {

constexpr std::size_t kRecentSamplesMax = 180;

double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

QVariant sampleCell(const NodeSample& sample, int column) {
    switch (column) {
        case NodeTableModel::OwnCpu: return sample.ownCpu;
        case NodeTableModel::OwnMemory: return QVariant::fromValue<qulonglong>(sample.ownMemory);
        case NodeTableModel::OwnNetwork: return sample.ownReceived + sample.ownSent;
        case NodeTableModel::MachineCpu: return sample.cpu;
        case NodeTableModel::MachineMemory: return share(sample.memoryUsed, sample.memoryTotal);
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
