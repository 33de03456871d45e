#include "app/studio/pages/task_card.h"

#include <QContextMenuEvent>
#include <QHBoxLayout>
#include <QVBoxLayout>

#include "app/studio/text/board_words.h"
#include "app/studio/text/words.h"
#include "app/studio/theme/theme.h"

namespace longship {

namespace {

Tone toneOf(const BoardTask& task) {
    switch (task.task.state) {
        case TaskState::Starting:
        case TaskState::Ready:
        case TaskState::Running: return Tone::Accent;
        case TaskState::Exited: return Tone::Neutral;
        case TaskState::Unplaced: return Tone::Warning;
    }
    return Tone::Neutral;
}

}  // namespace

TaskCard::TaskCard(QWidget* parent)
    : Panel(Depth::InCard, parent),
      m_name(makeLabel(TextRole::Heading, {}, this)),
      m_kind(makeLabel(TextRole::Small, {}, this)),
      m_state(new Pill(this)),
      m_way(makeLabel(TextRole::Small, {}, this)),
      m_seat(makeLabel(TextRole::Small, {}, this)),
      m_menu(new QToolButton(this)) {
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::OpenHandCursor);
    m_way->setWordWrap(true);
    m_menu->setText(QStringLiteral("⋯"));
    m_menu->setAutoRaise(true);
    m_menu->setFocusPolicy(Qt::NoFocus);  // The card itself has a menu key.
    m_menu->setCursor(Qt::ArrowCursor);
    m_menu->setToolTip(tr("What can be done with this task"));
    auto* top = new QHBoxLayout;
    top->setSpacing(spacing::kSmall);
    top->addWidget(m_name);
    top->addStretch();
    top->addWidget(m_menu);
    auto* second = new QHBoxLayout;
    second->setSpacing(spacing::kSmall);
    second->addWidget(m_kind);
    second->addStretch();
    second->addWidget(m_state);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kMedium, spacing::kSmall, spacing::kSmall, spacing::kSmall);
    layout->setSpacing(2);
    layout->addLayout(top);
    layout->addLayout(second);
    layout->addWidget(m_seat);
    layout->addWidget(m_way);
    connect(m_menu, &QToolButton::clicked, this,
            [this] { Q_EMIT menuRequested(m_menu->mapToGlobal(m_menu->rect().bottomLeft())); });
}

void TaskCard::show(const BoardTask& task, std::uint64_t shares) {
    m_task = task.task.task;
    const QString name = QString::fromStdString(m_task.value);
    const QString state = BoardWords::state(task);
    const QString seat = BoardWords::seat(task, shares);
    setObjectName(QStringLiteral("task_") + name);
    m_menu->setObjectName(QStringLiteral("menu_") + name);
    m_menu->setAccessibleName(tr("What can be done with %1").arg(name));
    m_name->setText(name);
    m_kind->setText(BoardWords::kind(m_task));
    m_state->show(Words::of(task.task.state), toneOf(task),
                  task.task.state == TaskState::Unplaced ? PillShape::Dashed : PillShape::Full);
    const bool moves = !task.goal().empty();
    const bool without = task.task.state == TaskState::Unplaced;
    m_way->setText(moves     ? state
                   : without ? tr("Drag it to a free node, or it comes back with its own.")
                             : QString());
    m_way->setVisible(moves || without);
    m_seat->setText(seat);
    m_seat->setVisible(!seat.isEmpty());
    setLook(moves ? PanelLook::Pending : without ? PanelLook::Trouble : PanelLook::Plain);
    setAccessibleName(tr("%1, %2").arg(name, state));
    setAccessibleDescription(tr("Ctrl+X takes it, the arrows choose a node, Enter puts it down there."));
}

void TaskCard::contextMenuEvent(QContextMenuEvent* event) {
    const bool key = event->reason() == QContextMenuEvent::Keyboard;
    Q_EMIT menuRequested(key ? mapToGlobal(rect().center()) : event->globalPos());
}

}  // namespace longship
