#include "app/studio/pages/history_page.h"

#include <algorithm>

#include <QHBoxLayout>
#include <QHeaderView>
#include <QShortcut>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include "app/studio/pages/run_page.h"
#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"
#include "app/studio/widgets/state_delegate.h"
#include "app/studio/widgets/table.h"

namespace longship {

namespace {

bool isOver(const RunSummary& run) {
    return isTerminal(run.state) || run.leftBehind;
}

}  // namespace

HistoryPage::HistoryPage(StudioModel& studio, RunActions& actions, QWidget* parent)
    : QWidget(parent),
      m_studio(studio),
      m_actions(actions),
      m_text(new RunTableText(&studio.runs(), this)),
      m_stack(new QStackedWidget(this)),
      m_empty(new EmptyState(QStringLiteral("history"), this)),
      m_toast(new Toast(this)) {
    m_toast->setObjectName(QStringLiteral("deleted"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kPage, spacing::kLarge, spacing::kPage, spacing::kLarge);
    layout->setSpacing(spacing::kMedium);
    layout->addLayout(makeHeader());
    m_stack->addWidget(m_empty);
    m_stack->addWidget(makeTable());
    layout->addWidget(m_stack, 1);
    connectButtons();
    refresh();
}

QLayout* HistoryPage::makeHeader() {
    auto* header = new QHBoxLayout;
    header->setSpacing(spacing::kSmall);
    header->addWidget(makeLabel(TextRole::Title, tr("History"), this));
    header->addStretch();
    m_filter = new QLineEdit(this);
    m_filter->setPlaceholderText(tr("Filter by name, model, state…"));
    m_filter->setAccessibleName(tr("Filter the runs"));
    m_filter->setObjectName(QStringLiteral("filter"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setFixedWidth(260);
    m_open = new QPushButton(tr("Open"), this);
    m_save = new QPushButton(tr("Save model…"), this);
    m_export = new QPushButton(tr("Export"), this);
    m_delete = new QPushButton(tr("Delete"), this);
    m_delete->setProperty("danger", true);
    m_open->setObjectName(QStringLiteral("openRun"));
    m_save->setObjectName(QStringLiteral("saveModel"));
    m_export->setObjectName(QStringLiteral("exportRuns"));
    m_delete->setObjectName(QStringLiteral("deleteRun"));
    header->addWidget(m_filter);
    for (QPushButton* button : {m_open, m_save, m_export, m_delete}) {
        header->addWidget(button);
    }
    return header;
}

QWidget* HistoryPage::makeTable() {
    m_table = makeTableView(tr("Runs"), this);
    m_table->setObjectName(QStringLiteral("runsTable"));
    m_table->setModel(m_text);
    m_table->setSortingEnabled(true);
    m_table->horizontalHeader()->setSortIndicatorShown(true);
    m_table->sortByColumn(RunTableModel::Queued, Qt::DescendingOrder);
    m_table->setItemDelegateForColumn(
        RunTableModel::State,
        new StateDelegate(
            m_table, [this](const QModelIndex& index) { return toneOf(m_text->at(index.row())); },
            [this](const QModelIndex& index) { return shapeOf(m_text->at(index.row())); }));
    const std::pair<int, int> widths[] = {{RunTableModel::State, 130},   {RunTableModel::Name, 200},
                                          {RunTableModel::Model, 90},    {RunTableModel::Dataset, 140},
                                          {RunTableModel::Queued, 150},  {RunTableModel::DurationSeconds, 90},
                                          {RunTableModel::Samples, 110}, {RunTableModel::Accuracy, 110}};
    for (const auto& [column, width] : widths) {
        m_table->setColumnWidth(column, width);
    }
    return m_table;
}

void HistoryPage::connectButtons() {
    connect(m_filter, &QLineEdit::textChanged, this, [this](const QString& words) {
        m_text->setFilter(words);
        refresh();
    });
    connect(m_open, &QPushButton::clicked, this, &HistoryPage::openChosen);
    connect(m_table, &QTableView::doubleClicked, this, &HistoryPage::openChosen);
    connect(m_save, &QPushButton::clicked, this, [this] {
        const RunSummary run = chosen().front();
        m_actions.saveModel(run.run, QString::fromStdString(run.name));
    });
    m_export->setMenu(m_actions.makeExportMenu(m_export, [this] {
        std::pair<std::vector<RunId>, QString> found;
        for (const RunSummary& run : chosen()) {
            found.first.push_back(run.run);
            found.second = QString::fromStdString(run.name);
        }
        if (found.first.size() > 1) {
            found.second = QStringLiteral("runs");
        }
        return found;
    }));
    connect(m_delete, &QPushButton::clicked, this, &HistoryPage::deleteChosen);
    connect(m_toast, &Toast::actionTriggered, &m_studio, &StudioModel::unhide);
    connect(m_toast, &Toast::expired, &m_studio, &StudioModel::forgetHidden);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, &HistoryPage::refresh);
    for (const auto& signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved}) {
        connect(m_text, signal, this, &HistoryPage::refresh);
    }
    connect(m_text, &QAbstractItemModel::modelReset, this, &HistoryPage::refresh);
    connect(m_text, &QAbstractItemModel::dataChanged, this, &HistoryPage::refresh);
    connect(m_empty, &EmptyState::actionTriggered, this, [this] {
        if (m_filter->text().isEmpty()) {
            Q_EMIT newRunRequested();
        } else {
            m_filter->clear();
        }
    });
    const auto onKey = [this](const QKeySequence& keys, auto action) {
        auto* shortcut = new QShortcut(keys, m_table);
        shortcut->setContext(Qt::WidgetShortcut);
        connect(shortcut, &QShortcut::activated, this, action);
    };
    onKey(Qt::Key_Return, &HistoryPage::openChosen);
    onKey(Qt::Key_Delete, &HistoryPage::deleteChosen);
}

std::vector<RunSummary> HistoryPage::chosen() const {
    std::vector<RunSummary> runs;
    for (const QModelIndex& index : m_table->selectionModel()->selectedRows()) {
        runs.push_back(m_text->at(index.row()));
    }
    return runs;
}

void HistoryPage::openChosen() {
    if (const auto runs = chosen(); runs.size() == 1) {
        Q_EMIT openRequested(runs.front().run);
    }
}

void HistoryPage::deleteChosen() {
    const auto runs = chosen();
    if (runs.empty() || !std::all_of(runs.begin(), runs.end(), &isOver)) {
        return;
    }
    m_toast->expire();  // What was deleted before is final now.
    for (const RunSummary& run : runs) {
        m_studio.hide(run.run);
    }
    m_toast->show(runs.size() == 1 ? tr("“%1” was deleted.").arg(QString::fromStdString(runs.front().name))
                                   : tr("%1 runs were deleted.").arg(runs.size()),
                  tr("Undo"));
}

void HistoryPage::focusFilter() {
    m_filter->setFocus(Qt::ShortcutFocusReason);
    m_filter->selectAll();
}

void HistoryPage::refresh() {
    const auto runs = chosen();
    const bool one = runs.size() == 1;
    const bool allOver = std::all_of(runs.begin(), runs.end(), &isOver);
    m_open->setEnabled(one);
    m_save->setEnabled(one && isTerminal(runs.front().state) && runs.front().state != RunState::Failed);
    m_export->setEnabled(!runs.empty());
    m_delete->setEnabled(!runs.empty() && allOver);
    const bool empty = m_text->rowCount() == 0;
    m_stack->setCurrentIndex(empty ? 0 : 1);
    if (!empty) {
        return;
    }
    if (m_filter->text().isEmpty()) {
        m_empty->show(tr("No runs yet"), tr("Every run is kept here with its curves, model and proof."),
                      tr("Start the first run"));
    } else {
        m_empty->show(tr("No run matches"), tr("No run has all of these words."), tr("Clear the filter"));
    }
}

}  // namespace longship
