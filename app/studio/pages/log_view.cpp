#include "app/studio/pages/log_view.h"

#include <set>

#include <QFontDatabase>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include "app/studio/text/words.h"
#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"
#include "app/studio/widgets/table.h"

namespace longship {

namespace {

constexpr int kLineHeight = 22;
constexpr int kHeightMin = 260;  // Less is scrolled rather than squeezed.
constexpr int kNodeWidth = 110;
constexpr int kTaskWidth = 100;

/// "All", then the names; what was chosen stays chosen.
void fill(QComboBox* box, const QString& all, const std::set<QString>& names) {
    if (box->count() == static_cast<int>(names.size()) + 1) {
        return;
    }
    const QSignalBlocker blocker(box);
    const QString chosen = box->currentData().toString();
    box->clear();
    box->addItem(all, QString());
    for (const QString& name : names) {
        box->addItem(name, name);
    }
    box->setCurrentIndex(std::max(0, box->findData(chosen)));
}

}  // namespace

LogView::LogView(StudioModel& studio, QWidget* parent)
    : QWidget(parent),
      m_studio(studio),
      m_logs(studio.bridge()),
      m_text(&m_logs),
      m_words(new QLineEdit(this)),
      m_node(new QComboBox(this)),
      m_task(new QComboBox(this)),
      m_count(makeLabel(TextRole::Small, {}, this)),
      m_error(new Banner(this)),
      m_remark(makeLabel(TextRole::Small, {}, this)),
      m_table(makeTableView(tr("Logs of the tasks"), this)) {
    m_error->setObjectName(QStringLiteral("firstError"));
    QPushButton* show = m_error->addButton(tr("Show it"));
    show->setObjectName(QStringLiteral("showFirstError"));
    m_remark->setObjectName(QStringLiteral("logSource"));
    m_remark->setWordWrap(true);
    m_table->setObjectName(QStringLiteral("logTable"));
    m_table->setModel(&m_text);
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setMinimumHeight(kHeightMin);
    m_table->verticalHeader()->setDefaultSectionSize(kLineHeight);
    m_table->setColumnWidth(RunLogs::Node, kNodeWidth);
    m_table->setColumnWidth(RunLogs::Task, kTaskWidth);
    m_table->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kMedium);
    layout->addLayout(makeFilters());
    layout->addWidget(m_error);
    layout->addWidget(m_remark);
    layout->addWidget(m_table, 1);
    const auto showRun = [this] {
        m_logs.show(m_studio.run().isShown() ? m_studio.run().snapshot().run : RunId());
    };
    connect(&studio.run(), &RunView::shownChanged, this, showRun);
    connect(&studio.run(), &RunView::changed, this, showRun);
    connect(&m_logs, &RunLogs::changed, this, &LogView::refresh);
    connect(show, &QPushButton::clicked, this, &LogView::showFirstError);
    showRun();
    refresh();
}

QLayout* LogView::makeFilters() {
    m_words->setObjectName(QStringLiteral("logWords"));
    m_words->setPlaceholderText(tr("Search the lines"));
    m_words->setAccessibleName(tr("Search the lines"));
    m_words->setClearButtonEnabled(true);
    m_node->setObjectName(QStringLiteral("logNode"));
    m_node->setAccessibleName(tr("Node"));
    m_task->setObjectName(QStringLiteral("logTask"));
    m_task->setAccessibleName(tr("Task"));
    for (QComboBox* box : {m_node, m_task}) {
        box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    }
    auto* row = new QHBoxLayout;
    row->setSpacing(spacing::kMedium);
    row->addWidget(m_words, 1);
    row->addWidget(m_node);
    row->addWidget(m_task);
    row->addWidget(m_count);
    connect(m_words, &QLineEdit::textChanged, this, [this](const QString& words) {
        m_text.setWords(words);
        refresh();
    });
    connect(m_node, &QComboBox::currentIndexChanged, this, [this] {
        m_text.setNode(m_node->currentData().toString());
        refresh();
    });
    connect(m_task, &QComboBox::currentIndexChanged, this, [this] {
        m_text.setTask(m_task->currentData().toString());
        refresh();
    });
    return row;
}

void LogView::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    m_logs.setWatched(true);
}

void LogView::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    m_logs.setWatched(false);
}

void LogView::refresh() {
    refreshChoices();
    m_count->setText(tr("%1 of %2 lines")
                         .arg(Words::count(static_cast<std::uint64_t>(m_text.rowCount())),
                              Words::count(static_cast<std::uint64_t>(m_logs.rowCount()))));
    const int error = m_logs.firstError();
    if (error < 0) {
        m_error->hide();
    } else {
        const LogLine& line = m_logs.at(error);
        m_error->show(Tone::Bad,
                      tr("The first error, of %1 on %2")
                          .arg(QString::fromStdString(line.place.task.value),
                               QString::fromStdString(line.place.node.value)),
                      QString::fromStdString(line.text));
    }
    const QString text = remark();
    m_remark->setText(text);
    m_remark->setVisible(!text.isEmpty());
}

QString LogView::remark() const {
    QStringList facts;
    for (const auto& [place, from] : m_logs.copies()) {
        facts << tr("%1 does not answer: the end of the log of %2, as kept by %3")
                     .arg(QString::fromStdString(place.node.value), QString::fromStdString(place.task.value),
                          QString::fromStdString(from.value));
    }
    for (const auto& [place, problem] : m_logs.problems()) {
        facts << tr("%1 on %2: %3")
                     .arg(QString::fromStdString(place.task.value), QString::fromStdString(place.node.value),
                          Words::error(problem));
    }
    if (facts.isEmpty() && m_logs.places().empty()) {
        facts << tr("No task has started yet.");
    }
    return facts.join(u'\n');
}

void LogView::refreshChoices() {
    std::set<QString> nodes;
    std::set<QString> tasks;
    for (const TaskPlace& place : m_logs.places()) {
        nodes.insert(QString::fromStdString(place.node.value));
        tasks.insert(QString::fromStdString(place.task.value));
    }
    fill(m_node, tr("All nodes"), nodes);
    fill(m_task, tr("All tasks"), tasks);
    const QScrollBar* bar = m_table->verticalScrollBar();
    if (bar->value() >= bar->maximum() - kLineHeight) {
        m_table->scrollToBottom();  // Who has not scrolled up follows what is written.
    }
}

/// Puts the filters away when they hide it.
void LogView::showFirstError() {
    const int row = m_logs.firstError();
    if (row < 0) {
        return;
    }
    if (!m_text.mapFromSource(m_logs.index(row, 0)).isValid()) {
        m_words->clear();
        m_node->setCurrentIndex(0);
        m_task->setCurrentIndex(0);
    }
    const QModelIndex index = m_text.mapFromSource(m_logs.index(row, RunLogs::Text));
    m_table->setCurrentIndex(index);
    m_table->scrollTo(index, QAbstractItemView::PositionAtCenter);
    m_table->setFocus();
}

}  // namespace longship
