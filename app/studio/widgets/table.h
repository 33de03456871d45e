#pragma once

#include <QTableView>

namespace longship {

/// A table in the studio's manner: whole rows, no grid, the last column takes the rest.
QTableView* makeTableView(const QString& name, QWidget* parent);

}  // namespace longship
