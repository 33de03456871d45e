#include "app/studio/viewmodels/check_grid_model.h"

#include <algorithm>

namespace longship {

CheckGridModel::CheckGridModel(QObject* parent) : QAbstractTableModel(parent) {}

void CheckGridModel::begin(const std::vector<NodeId>& nodes) {
    beginResetModel();
    m_nodes = nodes;
    m_cells.assign(nodes.size(), {});
    endResetModel();
}

void CheckGridModel::add(const CheckResult& result) {
    const auto node = std::find(m_nodes.begin(), m_nodes.end(), result.node);
    // What is found by measuring links spoils the cell of who reaches whom, and else has none of its own.
    const bool hasColumn = std::find(kChecks.begin(), kChecks.end(), result.check) != kChecks.end();
    const auto check =
        std::find(kChecks.begin(), kChecks.end(), hasColumn || result.ok ? result.check : "reach");
    if (node == m_nodes.end() || check == kChecks.end()) {
        return;
    }
    const auto row = static_cast<std::size_t>(node - m_nodes.begin());
    const auto column = static_cast<std::size_t>(check - kChecks.begin());
    CheckCell& cell = m_cells[row][column];
    cell.results.push_back(result);
    // A cell of pairs is good when all of them are.
    const bool all = !result.peer || cell.results.size() + 1 >= m_nodes.size();
    cell.state = !result.ok || cell.state == CheckState::Bad ? CheckState::Bad
                 : all                                       ? CheckState::Good
                                                             : CheckState::Waiting;
    const QModelIndex at = index(static_cast<int>(row), static_cast<int>(column));
    Q_EMIT dataChanged(at, at);
}

void CheckGridModel::end() {
    for (auto& row : m_cells) {
        for (CheckCell& cell : row) {
            if (cell.state == CheckState::Waiting) {
                // Peers that could not be tried do not spoil those that could.
                cell.state = cell.results.empty() ? CheckState::Untried : CheckState::Good;
            }
        }
    }
    if (!m_nodes.empty()) {
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
    }
}

const CheckCell& CheckGridModel::cell(int row, int column) const {
    return m_cells.at(static_cast<std::size_t>(row)).at(static_cast<std::size_t>(column));
}

std::vector<CheckResult> CheckGridModel::problems() const {
    std::vector<CheckResult> problems;
    for (const auto& row : m_cells) {
        for (const CheckCell& cell : row) {
            std::copy_if(cell.results.begin(), cell.results.end(), std::back_inserter(problems),
                         [](const CheckResult& result) { return !result.ok; });
        }
    }
    return problems;
}

int CheckGridModel::done() const {
    int done = 0;
    for (const auto& row : m_cells) {
        done += static_cast<int>(std::count_if(row.begin(), row.end(), [](const CheckCell& cell) {
            return cell.state == CheckState::Good || cell.state == CheckState::Bad;
        }));
    }
    return done;
}

int CheckGridModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_nodes.size());
}

int CheckGridModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(kChecks.size());
}

QVariant CheckGridModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid) || role != Qt::DisplayRole) {
        return {};
    }
    return static_cast<int>(cell(index.row(), index.column()).state);
}

}  // namespace longship
