#pragma once

#include <array>
#include <string_view>
#include <vector>

#include <QAbstractTableModel>

#include "core/deploy/preflight.h"

namespace longship {

/// The checks of core/deploy, in the order in which they are done.
inline constexpr std::array<std::string_view, 14> kChecks{"resolve", "connect", "host-key", "login",  "shell",
                                                          "machine", "home",    "disk",     "memory", "tools",
                                                          "limits",  "clock",   "stays",    "reach"};

enum class CheckState {
    Waiting,
    Good,
    Bad,
    Untried  ///< An earlier failure kept it from being tried.
};

struct CheckCell {
    CheckState state = CheckState::Waiting;
    std::vector<CheckResult> results;  ///< Of pairs there is one for each peer.
};

/// Nodes × checks, filled while the checks go on.
class CheckGridModel : public QAbstractTableModel {
    Q_OBJECT

public:
    explicit CheckGridModel(QObject* parent = nullptr);

    void begin(const std::vector<NodeId>& nodes);
    void add(const CheckResult& result);
    void end();  ///< What has no result was not tried.

    const std::vector<NodeId>& nodes() const { return m_nodes; }
    const CheckCell& cell(int row, int column) const;
    /// All that is not good, by node and check.
    std::vector<CheckResult> problems() const;
    int done() const;  ///< Cells that have a result.

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;  ///< The checks; the node is the header.
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;  ///< CheckState

private:
    std::vector<NodeId> m_nodes;
    std::vector<std::array<CheckCell, kChecks.size()>> m_cells;
};

}  // namespace longship
