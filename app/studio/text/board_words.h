#pragma once

#include <QCoreApplication>
#include <QString>
#include <QStringList>

#include "app/studio/viewmodels/task_board.h"

namespace longship {

/// What people read on the task board.
class BoardWords {
    Q_DECLARE_TR_FUNCTIONS(BoardWords)

public:
    /// "Worker", "Parameter server"; for a kind that this studio does not know the task's own name.
    static QString kind(const TaskId& task);
    /// "running", "asked to move to node-d…", "its successor gets ready on node-d".
    static QString state(const BoardTask& task);
    /// "rank 1, 33 % of each batch"; empty for a task without a seat. `shares` of all members.
    static QString seat(const BoardTask& task, std::uint64_t shares);

    /// Why not, in a few words for a menu: "no free slot".
    static QString brief(MoveProblem problem);
    /// What the move costs, or why it cannot be.
    static QString outlook(const MoveOutlook& outlook, const TaskId& task, const NodeId& target);

    /// "Lost since 14:02:11".
    static QString troubleHeading(const BoardColumn& column);
    /// Why, and what was done; one sentence each.
    static QStringList troubleFacts(const BoardColumn& column);

    static QString of(Fault fault);
    /// What it does and what is to be expected.
    static QString effect(Fault fault);
    static QString done(const NodeId& node, Fault fault);
};

}  // namespace longship
