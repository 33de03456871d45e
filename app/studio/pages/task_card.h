#pragma once

#include <QLabel>
#include <QToolButton>

#include "app/studio/viewmodels/task_board.h"
#include "app/studio/widgets/labels.h"
#include "app/studio/widgets/panel.h"

namespace longship {

/// A task on the board: its name, how it stands, its seat. It can have the keyboard; the board drags it.
class TaskCard : public Panel {
    Q_OBJECT

public:
    explicit TaskCard(QWidget* parent = nullptr);

    /// `shares` of all members of the run's membership.
    void show(const BoardTask& task, std::uint64_t shares);
    const TaskId& task() const { return m_task; }

Q_SIGNALS:
    /// A person wants its menu, at this place of the screen.
    void menuRequested(const QPoint& at);

protected:
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    TaskId m_task;
    QLabel* m_name;
    QLabel* m_kind;
    Pill* m_state;
    QLabel* m_way;
    QLabel* m_seat;
    QToolButton* m_menu;
};

}  // namespace longship
