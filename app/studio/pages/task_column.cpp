#include "app/studio/pages/task_column.h"

#include <algorithm>

#include <QHBoxLayout>
#include <QMenu>

#include "app/studio/pages/node_card.h"
#include "app/studio/text/board_words.h"
#include "app/studio/text/incident_words.h"
#include "app/studio/text/words.h"
#include "app/studio/theme/theme.h"

namespace longship {

namespace {

constexpr int kWidthMin = 236;
constexpr int kWidthMax = 360;
constexpr qsizetype kLogLines = 3;
constexpr std::array kFaultsToTry = {Fault::KillWorker, Fault::KillAgent, Fault::Pause};

QString lastLines(const std::string& log) {
    const QStringList lines = QString::fromStdString(log).trimmed().split(u'\n');
    return lines.mid(std::max<qsizetype>(0, lines.size() - kLogLines)).join(u'\n');
}

QString healthOf(const NodeView& node) {
    if (!node.sample || node.state == NodeState::Lost || node.state == NodeState::Silent) {
        return Words::none();  // What it used when it was last heard is no news.
    }
    const NodeSample& sample = *node.sample;
    return node.sharesMachine
               ? TaskColumn::tr("%1, %2").arg(Words::cores(sample.ownCpu),
                                              Words::bytes(static_cast<double>(sample.ownMemory)))
               : TaskColumn::tr("CPU %1, %2")
                     .arg(Words::percent(sample.cpu, 0),
                          Words::bytes(static_cast<double>(sample.memoryUsed)));
}

}  // namespace

TaskColumn::TaskColumn(TaskBoard& board, QWidget* parent)
    : Panel(Depth::Card, parent),
      m_board(board),
      m_name(makeLabel(TextRole::Heading, {}, this)),
      m_leader(makeLabel(TextRole::Small, tr("leader"), this)),
      m_state(new Pill(this)),
      m_health(makeLabel(TextRole::Small, {}, this)),
      m_drain(new QPushButton(this)),
      m_trouble(new Banner(this)),
      m_cardLayout(new QVBoxLayout),
      m_others(new ElidedLabel(TextRole::Small, this)),
      m_empty(makeLabel(TextRole::Muted, tr("No task of this run"), this)),
      m_fault(new QPushButton(this)) {
    setMinimumWidth(kWidthMin);
    setMaximumWidth(kWidthMax);
    m_drain->setProperty("link", true);
    m_empty->setAlignment(Qt::AlignCenter);
    m_cardLayout->setSpacing(spacing::kSmall);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kMedium, spacing::kMedium, spacing::kMedium, spacing::kMedium);
    layout->setSpacing(spacing::kSmall);
    layout->addLayout(makeHead());
    layout->addWidget(m_trouble);
    layout->addLayout(m_cardLayout);
    layout->addWidget(m_empty);
    layout->addWidget(m_others);
    layout->addStretch(1);
    layout->addWidget(m_fault);
    connect(m_drain, &QPushButton::clicked, this, [this] { m_board.setDrained(m_node, !m_drained); });
    connect(m_fault, &QPushButton::clicked, this, [this] {
        if (m_faults == Faults::Drill) {
            Q_EMIT drillRequested(m_node);
        }
    });
}

QLayout* TaskColumn::makeHead() {
    auto* first = new QHBoxLayout;
    first->setSpacing(spacing::kSmall);
    first->addWidget(m_name);
    first->addWidget(m_leader);
    first->addStretch();
    first->addWidget(m_state);
    auto* second = new QHBoxLayout;
    second->addWidget(m_health);
    second->addStretch();
    second->addWidget(m_drain);
    auto* head = new QVBoxLayout;
    head->setSpacing(0);
    head->addLayout(first);
    head->addLayout(second);
    return head;
}

void TaskColumn::show(const BoardColumn& column, std::uint64_t shares, Faults faults) {
    m_node = column.node.node;
    const QString name = QString::fromStdString(m_node.value);
    setObjectName(QStringLiteral("column_") + name);
    setAccessibleName(tr("Node %1, %2").arg(name, Words::of(column.node)));
    showHead(column);
    showTrouble(column);
    for (std::size_t i = m_cards.size(); i < column.tasks.size(); ++i) {
        auto* card = new TaskCard(this);
        m_cards.push_back(card);
        m_cardLayout->addWidget(card);
        Q_EMIT cardMade(card);
    }
    for (std::size_t i = 0; i < m_cards.size(); ++i) {
        if (i < column.tasks.size()) {
            m_cards[i]->show(column.tasks[i], shares);
        }
        m_cards[i]->setVisible(i < column.tasks.size());
    }
    m_shown = column.tasks.size();
    m_empty->setVisible(column.tasks.empty());
    QStringList others;
    for (const std::string& task : column.others) {
        others << QString::fromStdString(task);
    }
    m_others->setVisible(!others.isEmpty());
    m_others->setFullText(tr("Of other runs: %1").arg(others.join(QStringLiteral(", "))));
    m_faults = column.isGone() || column.tasks.empty() ? Faults::None : faults;
    m_fault->setVisible(m_faults != Faults::None);
    m_fault->setObjectName(QStringLiteral("fault_") + name);
    m_fault->setText(m_faults == Faults::Try ? tr("Pull a plug") : tr("Drill…"));
    m_fault->setToolTip(tr("A fault on purpose, to see that training goes on"));
    if (m_faults != Faults::Try) {
        m_fault->setMenu(nullptr);
    } else if (m_fault->menu() == nullptr) {
        makeFaultMenu();
    }
}

void TaskColumn::showHead(const BoardColumn& column) {
    const NodeView& node = column.node;
    const QString name = QString::fromStdString(node.node.value);
    m_drained = node.drained;
    m_name->setText(name);
    m_leader->setVisible(node.leader && !column.isGone());
    m_state->show(Words::of(node), toneOf(node), shapeOf(node));
    m_health->setText(healthOf(node));
    m_health->setToolTip(node.sharesMachine ? tr("What Longship's own processes use there")
                                            : tr("What the whole machine uses"));
    m_drain->setObjectName(QStringLiteral("drain_") + name);
    m_drain->setVisible(!column.isGone());
    m_drain->setEnabled(!column.drainAsked);
    m_drain->setText(column.drainAsked
                         ? tr("Asked…")
                         : IncidentWords::of(node.drained ? NodeAction::Undrain : NodeAction::Drain));
    m_drain->setToolTip(node.drained ? tr("Let this node take work again")
                                     : tr("Take its work off this node and give it no new one"));
}

void TaskColumn::showTrouble(const BoardColumn& column) {
    const bool wrong = column.isGone() || column.trouble;
    setLook(wrong ? PanelLook::Trouble : PanelLook::Plain);
    m_trouble->setObjectName(QStringLiteral("trouble_") + QString::fromStdString(m_node.value));
    if (wrong) {
        m_trouble->show(column.isGone() ? Tone::Bad : Tone::Warning, BoardWords::troubleHeading(column),
                        BoardWords::troubleFacts(column).join(u'\n'));
        // While it lasts, the card above tells its last lines.
        const bool over = column.trouble && column.trouble->resolved;
        m_trouble->setDetail(over ? lastLines(column.trouble->incident.lastLog) : QString());
    } else {
        m_trouble->hide();
    }
}

void TaskColumn::makeFaultMenu() {
    auto* menu = new QMenu(m_fault);
    menu->setToolTipsVisible(true);
    for (const Fault fault : kFaultsToTry) {
        QAction* action = menu->addAction(BoardWords::of(fault), this,
                                          [this, fault] { Q_EMIT faultRequested(m_node, fault); });
        action->setToolTip(BoardWords::effect(fault));
    }
    m_fault->setMenu(menu);
}

TaskCard* TaskColumn::cardOf(const TaskId& task) const {
    for (std::size_t i = 0; i < m_shown; ++i) {
        if (m_cards[i]->task() == task) {
            return m_cards[i];
        }
    }
    return nullptr;
}

}  // namespace longship
