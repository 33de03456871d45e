#include "app/studio/pages/deploy_table.h"

#include <utility>

#include <QHeaderView>

#include "app/studio/text/cluster_words.h"
#include "app/studio/widgets/progress_delegate.h"
#include "app/studio/widgets/state_delegate.h"
#include "app/studio/widgets/table.h"

namespace longship {

namespace {

Tone toneOf(DeployState state) {
    switch (state) {
        case DeployState::Working: return Tone::Accent;
        case DeployState::Ready:
        case DeployState::WasReady: return Tone::Good;
        case DeployState::Failed: return Tone::Bad;
        case DeployState::Cancelled: return Tone::Warning;
        case DeployState::Waiting:
        case DeployState::Removed: break;
    }
    return Tone::Neutral;
}

}  // namespace

QTableView* makeDeployTable(DeployTableModel& nodes, const QString& name, QWidget* parent) {
    QTableView* table = makeTableView(name, parent);
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table->setModel(new DeployTableText(&nodes, table));
    table->setItemDelegateForColumn(
        DeployTableModel::State,
        new StateDelegate(
            table, [&nodes](const QModelIndex& index) { return toneOf(nodes.at(index.row()).state); },
            [&nodes](const QModelIndex& index) {
                return nodes.at(index.row()).state == DeployState::Waiting ? PillShape::Outline
                                                                           : PillShape::Full;
            }));
    table->setItemDelegateForColumn(
        DeployTableModel::Progress,
        new ProgressDelegate(table, [&nodes](const QModelIndex& index) -> std::optional<double> {
            const DeployRow& row = nodes.at(index.row());
            return row.bytesTotal == 0
                       ? std::nullopt
                       : std::optional(static_cast<double>(row.bytes) / static_cast<double>(row.bytesTotal));
        }));
    const std::pair<int, int> widths[] = {{DeployTableModel::Name, 120},
                                          {DeployTableModel::State, 110},
                                          {DeployTableModel::Progress, 220},
                                          {DeployTableModel::SecondsLeft, 90},
                                          {DeployTableModel::Action, 100}};
    for (const auto& [column, width] : widths) {
        table->setColumnWidth(column, width);
    }
    // Why something failed is read to its end. What changes all the time, bytes and bars, has one line.
    table->setWordWrap(true);
    table->verticalHeader()->setMinimumSectionSize(table->verticalHeader()->defaultSectionSize());
    QObject::connect(&nodes, &QAbstractItemModel::dataChanged, table,
                     [table, &nodes](const QModelIndex& first, const QModelIndex& last) {
                         for (int row = first.row(); row <= last.row(); ++row) {
                             if (nodes.at(row).state == DeployState::Failed) {
                                 fitRow(table, row);
                             }
                         }
                     });
    return table;
}

}  // namespace longship
