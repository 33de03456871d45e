#pragma once

#include <optional>
#include <vector>

#include <QLabel>
#include <QMenu>
#include <QScrollArea>

#include "app/studio/pages/task_column.h"
#include "app/studio/viewmodels/studio_model.h"
#include "app/studio/viewmodels/task_board.h"
#include "app/studio/widgets/banner.h"

namespace longship {

/// The task board of the shown run. A task is moved by dragging its card to another node, by its menu, or by
/// keys: Ctrl+X takes it, the arrows choose a node, Enter puts it down, Escape lets go. What the move costs,
/// or why it cannot be, stands above the columns before it is done.
class TaskBoardView : public QWidget {
    Q_OBJECT

public:
    explicit TaskBoardView(StudioModel& studio, QWidget* parent = nullptr);

    bool eventFilter(QObject* watched, QEvent* event) override;

protected:
    void hideEvent(QHideEvent* event) override;

private:
    void refresh();
    void showHint();
    TaskColumn* column(std::size_t index);
    TaskColumn* columnAt(const QPoint& global) const;
    TaskColumn* columnOn(const NodeId& node) const;
    TaskColumn* columnOf(const TaskId& task) const;
    TaskCard* cardOf(const TaskId& task) const;

    bool handleMouse(TaskCard* card, QMouseEvent* event);
    bool handleKey(TaskCard* card, QKeyEvent* event);
    bool handleKeyWhileCarrying(QKeyEvent* event);
    void focusNeighbour(const TaskCard* card, int columns, int cards);

    void take(TaskCard* card, const std::optional<QPoint>& global);
    void carryTo(TaskColumn* column);
    void putDown();
    void move(const TaskId& task, const NodeId& target);
    void letGo();
    void preview(const TaskId& task, const NodeId& target);

    void showMenu(TaskCard* card, const QPoint& at);
    void askDrill(const NodeId& node);
    void drill(const NodeId& node, Fault fault, int healSeconds);

    /// A card on its way by mouse or keys.
    struct Carried {
        TaskId task;
        NodeId over;  ///< Empty while it is over no node.
        bool byMouse = false;
    };

    StudioModel& m_studio;
    TaskBoard m_board;
    QScrollArea* m_scroll;
    QHBoxLayout* m_row;
    std::vector<TaskColumn*> m_columns;
    std::size_t m_shown = 0;
    Banner* m_preview;
    TaskId m_moving;      ///< Was asked for; what it costs stands there until it has arrived.
    bool m_over = false;  ///< The shown run is.
    QLabel* m_ghost;
    std::optional<QPoint> m_pressedAt;  ///< Of the screen.
    std::optional<Carried> m_carried;
};

}  // namespace longship
