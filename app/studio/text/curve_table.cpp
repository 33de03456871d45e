#include "app/studio/text/curve_table.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "app/studio/text/text_proxy.h"
#include "app/studio/text/words.h"

namespace longship {

CurveTable::CurveTable(std::vector<Column> columns, QObject* parent)
    : QAbstractTableModel(parent), m_columns(std::move(columns)) {
    refresh();
}

void CurveTable::refresh() {
    const int rows = static_cast<int>(
        std::min<std::size_t>(m_columns.front().series->size(), std::numeric_limits<int>::max()));
    if (rows > m_rows) {
        beginInsertRows({}, m_rows, rows - 1);
        m_rows = rows;
        endInsertRows();
    } else if (rows < m_rows) {
        beginResetModel();
        m_rows = rows;
        endResetModel();
    }
}

int CurveTable::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : m_rows;
}

int CurveTable::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : FixedColumns + static_cast<int>(m_columns.size());
}

QString CurveTable::cellText(std::size_t row, int column) const {
    const Series& first = *m_columns.front().series;
    if (row >= first.size()) {
        return {};  // It shrank, and refresh() is about to come.
    }
    const SeriesPoint& point = first[row];
    if (column == StepColumn) {
        return QString::number(point.step);
    }
    if (column == TimeColumn) {
        return Words::clock(point.time);
    }
    const Column& wanted = m_columns[static_cast<std::size_t>(column - FixedColumns)];
    const auto& points = wanted.series->points();
    const auto found = std::lower_bound(points.begin(), points.end(), point.step,
                                        [](const SeriesPoint& one, Step step) { return one.step < step; });
    return found != points.end() && found->step == point.step ? wanted.format(found->value) : Words::none();
}

QVariant CurveTable::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    if (role == Qt::TextAlignmentRole) {
        return alignmentOf(true);
    }
    return role == Qt::DisplayRole ? QVariant(cellText(static_cast<std::size_t>(index.row()), index.column()))
                                   : QVariant();
}

QVariant CurveTable::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) {
        return {};
    }
    if (role == Qt::TextAlignmentRole) {
        return alignmentOf(true);
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    return section == StepColumn   ? tr("Step")
           : section == TimeColumn ? tr("Time")
                                   : m_columns[static_cast<std::size_t>(section - FixedColumns)].name;
}

}  // namespace longship
