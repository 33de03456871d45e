#pragma once

#include <QTableView>

namespace longship {

/// A table in the studio's manner: whole rows, no grid, the last column takes the rest. Ctrl+C copies the
/// chosen rows with the heads of their columns.
QTableView* makeTableView(const QString& name, QWidget* parent);

/// Makes a row, or all rows, as high as what stands in them, for tables that wrap words.
void fitRow(QTableView* view, int row);
void fitRows(QTableView* view);

}  // namespace longship
