#include "app/studio/pages/task_board_view.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <QApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QVBoxLayout>

#include "app/studio/pages/drill_dialog.h"
#include "app/studio/text/board_words.h"
#include "app/studio/text/words.h"
#include "app/studio/theme/theme.h"
#include "core/domain/task_kind.h"

namespace longship {

namespace {

constexpr int kDemoHealSeconds = 10;
constexpr int kScrollMargin = 40;
constexpr int kColumnsHeightMin = 260;  // Less is scrolled rather than squeezed.
constexpr int kPreviewHeight = 64;      // Of two lines: the columns stay where they are while one drags.

std::uint64_t sharesOf(const RunSnapshot& run) {
    if (run.memberships.empty()) {
        return 0;
    }
    const auto& members = run.memberships.back().members;
    return std::accumulate(members.begin(), members.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const Member& member) {
                               return sum + (isServer(member.task) ? 0 : member.share);
                           });
}

}  // namespace

TaskBoardView::TaskBoardView(StudioModel& studio, QWidget* parent)
    : QWidget(parent),
      m_studio(studio),
      m_board(studio),
      m_scroll(new QScrollArea(this)),
      m_preview(new Banner(this)),
      m_ghost(new QLabel(this)) {
    setObjectName(QStringLiteral("taskBoard"));
    auto* content = new QWidget;
    content->setObjectName(QStringLiteral("scrollContent"));
    m_row = new QHBoxLayout(content);
    m_row->setContentsMargins(0, 0, 0, 0);
    m_row->setSpacing(spacing::kMedium);
    m_scroll->setWidgetResizable(true);
    m_scroll->setWidget(content);
    m_scroll->setFocusPolicy(Qt::NoFocus);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setCornerWidget(new QWidget(m_scroll));
    m_scroll->setMinimumHeight(kColumnsHeightMin);
    m_preview->setMinimumHeight(kPreviewHeight);
    m_preview->setObjectName(QStringLiteral("movePreview"));
    m_ghost->setAttribute(Qt::WA_TransparentForMouseEvents);
    m_ghost->hide();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kMedium);
    layout->addWidget(m_preview);
    layout->addWidget(m_scroll, 1);
    connect(&m_board, &TaskBoard::changed, this, &TaskBoardView::refresh);
    connect(&m_studio.run(), &RunView::changed, this, &TaskBoardView::refresh);
    connect(&m_studio.run(), &RunView::shownChanged, this, &TaskBoardView::refresh);
    connect(&m_board, &TaskBoard::refused, this,
            [this](const Error& error) { m_preview->show(Tone::Bad, tr("Refused"), Words::error(error)); });
    connect(&m_board, &TaskBoard::faultDone, this, [this](const NodeId& node, Fault fault) {
        m_preview->show(Tone::Accent, QString(), BoardWords::done(node, fault));
    });
    showHint();
    refresh();
}

void TaskBoardView::showHint() {
    m_preview->show(Tone::Neutral, QString(),
                    !m_over
                        ? tr("Drag a task to another node, or use its menu. With keys: Ctrl+X takes it, the "
                             "arrows choose a node, Enter puts it down.")
                        : tr("This run is over: its tasks stand where they were last."));
}

void TaskBoardView::refresh() {
    const auto* focused = qobject_cast<TaskCard*>(QApplication::focusWidget());
    const TaskId focusedTask = focused != nullptr && isAncestorOf(focused) ? focused->task() : TaskId();
    const RunView& run = m_studio.run();
    const bool over = run.isShown() && !run.isActive();
    const BoardTask* moving = m_board.task(m_moving);
    const bool arrived = moving != nullptr && moving->goal().empty();
    if (arrived) {
        m_moving = {};
    }
    if (std::exchange(m_over, over) != over || arrived) {
        showHint();
    }
    const std::uint64_t shares = run.isShown() ? sharesOf(run.snapshot()) : 0;
    const TaskColumn::Faults faults = !run.isActive()    ? TaskColumn::Faults::None
                                      : m_board.isDemo() ? TaskColumn::Faults::Try
                                                         : TaskColumn::Faults::Drill;
    const auto& columns = m_board.columns();
    for (std::size_t i = 0; i < columns.size(); ++i) {
        column(i)->show(columns[i], shares, faults);
        column(i)->setVisible(true);
    }
    for (std::size_t i = columns.size(); i < m_columns.size(); ++i) {
        m_columns[i]->setVisible(false);
    }
    m_shown = columns.size();
    if (TaskCard* card = focusedTask.empty() ? nullptr : cardOf(focusedTask)) {
        card->setFocus();
    }
    if (m_carried) {
        const BoardTask* task = m_board.task(m_carried->task);
        if (task == nullptr || !task->goal().empty()) {
            letGo();
        } else {
            carryTo(columnOn(m_carried->over));
        }
    }
}

TaskColumn* TaskBoardView::column(std::size_t index) {
    while (m_columns.size() <= index) {
        auto* column = new TaskColumn(m_board, this);
        connect(column, &TaskColumn::cardMade, this, [this](TaskCard* card) {
            card->installEventFilter(this);
            connect(card, &TaskCard::menuRequested, this,
                    [this, card](const QPoint& at) { showMenu(card, at); });
        });
        connect(column, &TaskColumn::faultRequested, this,
                [this](const NodeId& node, Fault fault) { drill(node, fault, kDemoHealSeconds); });
        connect(column, &TaskColumn::drillRequested, this, &TaskBoardView::askDrill);
        m_row->addWidget(column, 1);
        m_columns.push_back(column);
    }
    return m_columns[index];
}

TaskColumn* TaskBoardView::columnAt(const QPoint& global) const {
    for (std::size_t i = 0; i < m_shown; ++i) {
        const QRect place(m_columns[i]->mapToGlobal(QPoint(0, 0)), m_columns[i]->size());
        if (place.contains(global)) {
            return m_columns[i];
        }
    }
    return nullptr;
}

TaskColumn* TaskBoardView::columnOn(const NodeId& node) const {
    const auto end = m_columns.begin() + static_cast<std::ptrdiff_t>(m_shown);
    const auto found =
        std::find_if(m_columns.begin(), end, [&](const TaskColumn* one) { return one->node() == node; });
    return found == end ? nullptr : *found;
}

TaskColumn* TaskBoardView::columnOf(const TaskId& task) const {
    for (std::size_t i = 0; i < m_shown; ++i) {
        if (m_columns[i]->cardOf(task) != nullptr) {
            return m_columns[i];
        }
    }
    return nullptr;
}

TaskCard* TaskBoardView::cardOf(const TaskId& task) const {
    const TaskColumn* column = columnOf(task);
    return column == nullptr ? nullptr : column->cardOf(task);
}

bool TaskBoardView::eventFilter(QObject* watched, QEvent* event) {
    auto* card = qobject_cast<TaskCard*>(watched);
    if (card == nullptr) {
        return QWidget::eventFilter(watched, event);
    }
    switch (event->type()) {
        case QEvent::MouseButtonPress:
        case QEvent::MouseMove:
        case QEvent::MouseButtonRelease: return handleMouse(card, static_cast<QMouseEvent*>(event));
        case QEvent::KeyPress: return handleKey(card, static_cast<QKeyEvent*>(event));
        case QEvent::FocusOut:
            if (m_carried && !m_carried->byMouse &&
                static_cast<QFocusEvent*>(event)->reason() != Qt::OtherFocusReason) {
                letGo();
            }
            return false;
        default: return QWidget::eventFilter(watched, event);
    }
}

bool TaskBoardView::handleMouse(TaskCard* card, QMouseEvent* event) {
    const QPoint at = event->globalPosition().toPoint();
    if (event->type() == QEvent::MouseButtonPress) {
        if (event->button() != Qt::LeftButton) {
            return false;
        }
        card->setFocus(Qt::MouseFocusReason);
        m_pressedAt = at;
        return true;
    }
    if (event->type() == QEvent::MouseMove && m_pressedAt) {
        const bool far = (at - *m_pressedAt).manhattanLength() >= QApplication::startDragDistance();
        if (!m_carried && far) {
            take(card, at);
        }
        if (m_carried) {
            m_ghost->move(mapFromGlobal(at) - QPoint(m_ghost->width() / 2, spacing::kLarge));
            const QPoint inContent = m_scroll->widget()->mapFromGlobal(at);
            m_scroll->ensureVisible(inContent.x(), inContent.y(), kScrollMargin, kScrollMargin);
            carryTo(columnAt(at));
        }
        return true;
    }
    if (event->type() == QEvent::MouseButtonRelease && m_pressedAt) {
        m_pressedAt.reset();
        if (m_carried) {
            putDown();
        }
        return true;
    }
    return false;
}

bool TaskBoardView::handleKey(TaskCard* card, QKeyEvent* event) {
    if (m_carried) {
        return handleKeyWhileCarrying(event);
    }
    if (event->matches(QKeySequence::Cut)) {
        take(card, std::nullopt);
        return true;
    }
    switch (event->key()) {
        case Qt::Key_Left: focusNeighbour(card, -1, 0); return true;
        case Qt::Key_Right: focusNeighbour(card, 1, 0); return true;
        case Qt::Key_Up: focusNeighbour(card, 0, -1); return true;
        case Qt::Key_Down: focusNeighbour(card, 0, 1); return true;
        case Qt::Key_Return:
        case Qt::Key_Enter:
        case Qt::Key_Space: showMenu(card, card->mapToGlobal(card->rect().center())); return true;
        default: return false;
    }
}

bool TaskBoardView::handleKeyWhileCarrying(QKeyEvent* event) {
    const auto over =
        std::find_if(m_columns.begin(), m_columns.begin() + static_cast<std::ptrdiff_t>(m_shown),
                     [this](const TaskColumn* one) { return one->node() == m_carried->over; });
    const auto index = over - m_columns.begin();
    const auto last = static_cast<std::ptrdiff_t>(m_shown) - 1;
    if (event->matches(QKeySequence::Paste)) {
        putDown();
        return true;
    }
    switch (event->key()) {
        case Qt::Key_Left:
            carryTo(m_columns[static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, index - 1))]);
            return true;
        case Qt::Key_Right:
            carryTo(m_columns[static_cast<std::size_t>(std::min(last, index + 1))]);
            return true;
        case Qt::Key_Return:
        case Qt::Key_Enter: putDown(); return true;
        case Qt::Key_Escape:
            letGo();
            showHint();
            return true;
        default: return false;
    }
}

void TaskBoardView::focusNeighbour(const TaskCard* card, int columns, int cards) {
    const TaskColumn* from = columnOf(card->task());
    const auto found = std::find(m_columns.begin(), m_columns.end(), from);
    if (found == m_columns.end()) {
        return;
    }
    const auto at = std::find(from->cards().begin(), from->cards().end(), card) - from->cards().begin();
    if (cards != 0) {
        const auto next = at + cards;
        if (next >= 0 && next < static_cast<std::ptrdiff_t>(from->cardCount())) {
            from->cards()[static_cast<std::size_t>(next)]->setFocus();
        }
        return;
    }
    // Columns without a task are passed over.
    for (auto i = found - m_columns.begin() + columns; i >= 0 && i < static_cast<std::ptrdiff_t>(m_shown);
         i += columns) {
        const TaskColumn* column = m_columns[static_cast<std::size_t>(i)];
        if (column->cardCount() > 0) {
            TaskCard* next = column->cards()[std::min(static_cast<std::size_t>(at), column->cardCount() - 1)];
            next->setFocus();
            m_scroll->ensureWidgetVisible(next);
            return;
        }
    }
}

void TaskBoardView::take(TaskCard* card, const std::optional<QPoint>& global) {
    const BoardTask* task = m_board.task(card->task());
    if (task == nullptr) {
        return;
    }
    m_carried = Carried{card->task(), {}, global.has_value()};
    if (global) {
        QPixmap picture = card->grab();
        m_ghost->setPixmap(picture);
        m_ghost->resize(card->size());
        m_ghost->raise();
        m_ghost->show();
        card->setCursor(Qt::ClosedHandCursor);
    }
    carryTo(columnOf(card->task()));
}

void TaskBoardView::carryTo(TaskColumn* column) {
    m_carried->over = column == nullptr ? NodeId() : column->node();
    for (std::size_t i = 0; i < m_shown; ++i) {
        TaskColumn* one = m_columns[i];
        const BoardColumn* shown = m_board.column(one->node());
        const bool wrong = shown != nullptr && (shown->isGone() || shown->trouble);
        one->setLook(one != column ? wrong ? PanelLook::Trouble : PanelLook::Plain
                     : m_board.outlook(m_carried->task, one->node()).problem ? PanelLook::Refused
                                                                             : PanelLook::Target);
    }
    if (column == nullptr) {
        showHint();
        return;
    }
    if (!m_carried->byMouse) {
        m_scroll->ensureWidgetVisible(column);
    }
    preview(m_carried->task, column->node());
}

void TaskBoardView::preview(const TaskId& task, const NodeId& target) {
    const MoveOutlook outlook = m_board.outlook(task, target);
    m_preview->show(outlook.problem ? Tone::Warning : Tone::Accent, QString(),
                    BoardWords::outlook(outlook, task, target));
}

void TaskBoardView::putDown() {
    const Carried carried = *m_carried;
    letGo();
    const BoardTask* task = m_board.task(carried.task);
    if (carried.over.empty() || task == nullptr || task->task.node == carried.over) {
        showHint();
        return;
    }
    // Why it cannot be stays above the columns.
    if (!m_board.outlook(carried.task, carried.over).problem) {
        move(carried.task, carried.over);
    }
}

void TaskBoardView::move(const TaskId& task, const NodeId& target) {
    m_moving = task;
    m_board.move(task, target);
}

void TaskBoardView::letGo() {
    if (!m_carried) {
        return;
    }
    if (TaskCard* card = cardOf(m_carried->task)) {
        card->setCursor(Qt::OpenHandCursor);
    }
    m_carried.reset();
    m_pressedAt.reset();
    m_ghost->hide();
    refresh();
}

void TaskBoardView::hideEvent(QHideEvent* event) {
    letGo();
    QWidget::hideEvent(event);
}

void TaskBoardView::showMenu(TaskCard* card, const QPoint& at) {
    const TaskId task = card->task();
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    QMenu* targets = menu->addMenu(tr("Move to…"));
    for (const BoardColumn& column : m_board.columns()) {
        const NodeId node = column.node.node;
        const MoveOutlook outlook = m_board.outlook(task, node);
        const QString name = QString::fromStdString(node.value);
        QAction* action = targets->addAction(
            outlook.problem ? tr("%1 (%2)").arg(name, BoardWords::brief(*outlook.problem)) : name, this,
            [this, task, node] { move(task, node); });
        action->setEnabled(!outlook.problem);
        connect(action, &QAction::hovered, this, [this, task, node] { preview(task, node); });
    }
    menu->popup(at);
}

void TaskBoardView::askDrill(const NodeId& node) {
    const BoardColumn* column = m_board.column(node);
    if (column == nullptr) {
        return;
    }
    if (const auto chosen = longship::askDrill(column->node, this)) {
        drill(node, chosen->fault, chosen->healSeconds);
    }
}

void TaskBoardView::drill(const NodeId& node, Fault fault, int healSeconds) {
    m_preview->show(Tone::Neutral, QString(),
                    tr("Asked: %1 on %2…").arg(BoardWords::of(fault), QString::fromStdString(node.value)));
    m_board.drill(node, fault, std::chrono::seconds(healSeconds));
}

}  // namespace longship
