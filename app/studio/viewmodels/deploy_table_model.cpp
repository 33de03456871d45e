#include "app/studio/viewmodels/deploy_table_model.h"

#include <algorithm>

namespace longship {

namespace {

// What is said before this is a guess.
constexpr double kPaceSecondsMin = 0.5;

}  // namespace

std::vector<DeployRow> DeployTableModel::rows() const {
    std::vector<DeployRow> rows;
    for (int row = 0; row < rowCount(); ++row) {
        rows.push_back(at(row));
    }
    return rows;
}

void DeployTableModel::begin(const std::vector<NodeId>& nodes, DeployState state) {
    std::vector<DeployRow> wanted;
    for (const NodeId& node : nodes) {
        const int row = rowOf(node);
        // What is ready already stays as it is while the others are tried again.
        const bool keep =
            row >= 0 && (at(row).state == DeployState::Ready || at(row).state == DeployState::WasReady);
        wanted.push_back(keep && state == DeployState::Waiting ? at(row) : DeployRow{node, state, {}, 0, 0});
    }
    m_paces.clear();
    updateRows(std::move(wanted));
}

void DeployTableModel::progress(const DeployProgress& now, TimePoint time) {
    auto wanted = rows();
    for (DeployRow& row : wanted) {
        if (row.node != now.node || row.state == DeployState::Cancelled) {
            continue;
        }
        Pace& pace = m_paces[now.node];
        if (pace.step != now.step) {
            pace = {now.step, time, now.bytes};
        }
        row.state = DeployState::Working;
        row.step = now.step;
        row.bytes = now.bytes;
        row.bytesTotal = now.bytesTotal;
        const double passed = toSeconds(time - pace.begun);
        const double moved = static_cast<double>(now.bytes - std::min(now.bytes, pace.bytesThen));
        row.secondsLeft =
            now.bytesTotal > 0 && passed >= kPaceSecondsMin && moved > 0
                ? std::optional(static_cast<double>(now.bytesTotal - now.bytes) * passed / moved)
                : std::nullopt;
    }
    updateRows(std::move(wanted));
}

void DeployTableModel::set(const NodeId& node, DeployState state, std::uint64_t bytes,
                           const std::string& error) {
    auto wanted = rows();
    for (DeployRow& row : wanted) {
        if (row.node == node) {
            row = {node, state, row.step, bytes, 0, std::nullopt, error};
        }
    }
    updateRows(std::move(wanted));
}

std::vector<NodeId> DeployTableModel::nodesIn(DeployState state) const {
    std::vector<NodeId> nodes;
    for (int row = 0; row < rowCount(); ++row) {
        if (at(row).state == state) {
            nodes.push_back(at(row).node);
        }
    }
    return nodes;
}

int DeployTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant DeployTableModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid) || role != Qt::DisplayRole) {
        return {};
    }
    const DeployRow& row = at(index.row());
    switch (index.column()) {
        case Name: return QString::fromStdString(row.node.value);
        case State: return static_cast<int>(row.state);
        case Progress:
            return row.bytesTotal == 0 ? QVariant()
                                       : static_cast<double>(row.bytes) / static_cast<double>(row.bytesTotal);
        case SecondsLeft: return row.secondsLeft ? QVariant(*row.secondsLeft) : QVariant();
        default: return QString::fromStdString(row.error);
    }
}

}  // namespace longship
