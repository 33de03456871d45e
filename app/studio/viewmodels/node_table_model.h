#pragma once

#include <deque>
#include <map>
#include <vector>

#include "app/studio/viewmodels/row_table_model.h"
#include "core/client/client.h"

namespace longship {

struct NodeViewKey {
    const NodeId& operator()(const NodeView& node) const { return node.node; }
};

/// The nodes of the cluster as it reports them, and the last hour of each one's health. Cells are plain
/// values; the words for them are made in app/studio/text.
class NodeTableModel : public RowTableModel<NodeView, NodeViewKey> {
    Q_OBJECT

public:
    enum Column {
        Name,
        State,
        Tasks,
        OwnCpu,
        OwnMemory,
        OwnNetwork,
        MachineCpu,
        MachineMemory,
        Disk,
        Gpu,
        Temperature,
        Lag,
        Version,
        ColumnCount
    };

    explicit NodeTableModel(QObject* parent = nullptr);

    void setNodes(std::vector<NodeView> nodes);

    /// The samples of a node since the studio was opened, oldest first, one a second, at most an hour.
    const std::deque<NodeSample>& recent(const NodeId& node) const;

    int readyCount() const;      ///< Nodes that are ready or busy.
    bool sharesMachine() const;  ///< Some nodes share one machine: their own numbers are what differs.

    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    std::map<NodeId, std::deque<NodeSample>> m_recent;
};

}  // namespace longship
