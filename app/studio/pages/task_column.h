#pragma once

#include <vector>

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "app/studio/pages/task_card.h"
#include "app/studio/viewmodels/task_board.h"
#include "app/studio/widgets/banner.h"
#include "app/studio/widgets/labels.h"
#include "app/studio/widgets/panel.h"

namespace longship {

/// A node on the board: how it is, the tasks on it, what is wrong with it and what can be done to it.
class TaskColumn : public Panel {
    Q_OBJECT

public:
    enum class Faults {
        None,  ///< The run does not train.
        Try,   ///< On the demo they are done at once.
        Drill  ///< On real nodes they are asked about in a dialog.
    };

    TaskColumn(TaskBoard& board, QWidget* parent = nullptr);

    void show(const BoardColumn& column, std::uint64_t shares, Faults faults);
    const NodeId& node() const { return m_node; }
    const std::vector<TaskCard*>& cards() const { return m_cards; }  ///< More may be there, hidden.
    TaskCard* cardOf(const TaskId& task) const;                      ///< Null when it is not here.
    std::size_t cardCount() const { return m_shown; }

Q_SIGNALS:
    void cardMade(longship::TaskCard* card);
    void faultRequested(const longship::NodeId& node, longship::Fault fault);
    void drillRequested(const longship::NodeId& node);

private:
    QLayout* makeHead();
    void makeFaultMenu();
    void showHead(const BoardColumn& column);
    void showTrouble(const BoardColumn& column);

    TaskBoard& m_board;
    NodeId m_node;
    bool m_drained = false;
    QLabel* m_name;
    QLabel* m_leader;
    Pill* m_state;
    QLabel* m_health;
    QPushButton* m_drain;
    Banner* m_trouble;
    QVBoxLayout* m_cardLayout;
    std::vector<TaskCard*> m_cards;
    std::size_t m_shown = 0;
    ElidedLabel* m_others;
    QLabel* m_empty;
    QPushButton* m_fault;
    Faults m_faults = Faults::None;
};

}  // namespace longship
