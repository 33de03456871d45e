#pragma once

#include <QTableView>

#include "app/studio/viewmodels/deploy_table_model.h"

namespace longship {

/// A row for each machine that something is brought to: its state as a word, a bar, the time left, a remark.
QTableView* makeDeployTable(DeployTableModel& nodes, const QString& name, QWidget* parent);

}  // namespace longship
