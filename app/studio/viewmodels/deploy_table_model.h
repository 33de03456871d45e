#pragma once

#include <map>
#include <optional>

#include "app/studio/viewmodels/row_table_model.h"
#include "core/base/clock.h"
#include "core/deploy/node_deployment.h"

namespace longship {

enum class DeployState {
    Waiting,
    Working,
    Ready,
    WasReady,  ///< Nothing had to be done.
    Failed,
    Cancelled,
    Removed
};

struct DeployRow {
    NodeId node;
    DeployState state = DeployState::Waiting;
    std::string step;  ///< Of DeployProgress; empty before the first.
    std::uint64_t bytes = 0;
    std::uint64_t bytesTotal = 0;
    std::optional<double> secondsLeft{};  ///< Of the step; none where it moves no bytes.
    std::string error{};                  ///< English.

    bool operator==(const DeployRow&) const = default;
};

struct DeployRowKey {
    const NodeId& operator()(const DeployRow& row) const { return row.node; }
};

/// A row for each node that is deployed to or removed from.
class DeployTableModel : public RowTableModel<DeployRow, DeployRowKey> {
    Q_OBJECT

public:
    enum Column { Name, State, Progress, SecondsLeft, Action, Remark, ColumnCount };

    using RowTableModel::RowTableModel;

    void begin(const std::vector<NodeId>& nodes, DeployState state);
    void progress(const DeployProgress& now, TimePoint time);
    void set(const NodeId& node, DeployState state, std::uint64_t bytes, const std::string& error);

    std::vector<NodeId> nodesIn(DeployState state) const;

    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    std::vector<DeployRow> rows() const;

    struct Pace {
        std::string step;
        TimePoint begun;
        std::uint64_t bytesThen = 0;
    };
    std::map<NodeId, Pace> m_paces;
};

}  // namespace longship
