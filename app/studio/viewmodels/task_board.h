#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <QObject>

#include "app/studio/viewmodels/studio_model.h"

namespace longship {

/// A task of the shown run, as its card tells it.
struct BoardTask {
    TaskView task;
    std::optional<Member> seat;   ///< In the run's newest membership.
    std::optional<NodeId> asked;  ///< Where a person wants it; the cluster has not confirmed that yet.

    /// Where it is going, asked or confirmed; empty while it stays.
    NodeId goal() const { return asked.value_or(task.goal); }
    bool operator==(const BoardTask&) const = default;
};

/// A node and what is on it.
struct BoardColumn {
    NodeView node;
    std::vector<BoardTask> tasks;          ///< Of the shown run, by name.
    std::vector<std::string> others;       ///< Tasks of other runs that its agent reports.
    std::optional<TimedIncident> trouble;  ///< What is wrong with the node or with a task on it now.
    std::optional<bool> drainAsked;        ///< Drained or not, as a person wants it and as it is not yet.

    bool isGone() const { return node.state == NodeState::Lost || node.state == NodeState::Silent; }
    bool operator==(const BoardColumn&) const = default;
};

/// Why a task cannot go to a node now: the cluster would refuse it.
enum class MoveProblem { NoCluster, NotTraining, OnItsWay, AlreadyThere, Drained, Unreachable, NoFreeSlot };

/// What moving a task costs, before it is done.
struct MoveOutlook {
    std::optional<MoveProblem> problem;
    std::vector<std::string> occupants;  ///< Who has the slot, with NoFreeSlot.
    bool hasProcess = true;              ///< It works where it is until the new one is ready.
    /// How long the last membership change of this run held training up; none before one was seen.
    std::optional<double> pauseSeconds;
    /// From the start of the first worker until training began: what the new one takes to be ready.
    std::optional<double> loadSeconds;
};

/// Pure. What the cluster would say, as far as is known here; its own answer counts.
MoveOutlook outlookOf(const BoardTask& task, const BoardColumn& target, const RunSnapshot& run,
                      bool connected);

/// Nodes as columns, tasks of the shown run as cards. Tasks that are placed on a node which the cluster has
/// no more get a column of their own at the end.
std::vector<BoardColumn> boardColumns(const RunSnapshot& run, const std::vector<NodeView>& nodes);

/// The task board of the shown run: what stands where, what was asked for, and what it costs. What a person
/// asked for is pending until the cluster's own word confirms it. GUI thread only.
class TaskBoard : public QObject {
    Q_OBJECT

public:
    explicit TaskBoard(StudioModel& studio, QObject* parent = nullptr);

    const std::vector<BoardColumn>& columns() const { return m_columns; }
    const BoardColumn* column(const NodeId& node) const;  ///< Null when there is none.
    const BoardTask* task(const TaskId& task) const;      ///< Null when there is none.

    bool isDemo() const;  ///< Faults may be tried here without asking twice.
    MoveOutlook outlook(const TaskId& task, const NodeId& target) const;

    void move(const TaskId& task, const NodeId& target);
    void setDrained(const NodeId& node, bool drained);
    /// A fault on purpose; one that heals by itself does so after `heal`.
    void drill(const NodeId& node, Fault fault, std::chrono::milliseconds heal);

Q_SIGNALS:
    void changed();
    void refused(const longship::Error& error);
    void faultDone(const longship::NodeId& node, longship::Fault fault);

private:
    void refresh();
    void dropConfirmed();
    void applyAsked();
    std::optional<double> loadSeconds() const;
    void forgetMove(const TaskId& task, int number);

    struct Asked {
        NodeId target;
        int number = 0;  ///< Of the asking: an answer to an older one changes nothing.
    };

    StudioModel& m_studio;
    RunId m_run;
    std::vector<BoardColumn> m_columns;
    std::map<TaskId, Asked> m_moves;
    std::map<NodeId, bool> m_drains;
    int m_asked = 0;
};

}  // namespace longship
