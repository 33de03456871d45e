#include "app/studio/viewmodels/task_board.h"

#include <algorithm>
#include <utility>

#include <QTimer>

#include "app/studio/viewmodels/cluster_opener.h"
#include "core/domain/task_kind.h"

namespace longship {

namespace {

// An accepted move of which the run's record shows nothing for so long was taken back by the cluster: the
// card then stands where the cluster says.
constexpr int kConfirmMs = 20'000;

std::optional<Member> seatOf(const TaskId& task, const RunSnapshot& run) {
    if (run.memberships.empty()) {
        return std::nullopt;
    }
    const auto& members = run.memberships.back().members;
    const auto seat = std::find_if(members.begin(), members.end(),
                                   [&](const Member& member) { return member.task == task; });
    return seat == members.end() ? std::nullopt : std::optional(*seat);
}

/// The newest incident of the node or of a task on it that is not over; of a node that is gone also one that
/// is, because training went on without it.
std::optional<TimedIncident> troubleOf(const BoardColumn& column, const RunSnapshot& run) {
    const auto concerns = [&](const IncidentRaised& incident) {
        return incident.node == column.node.node &&
               (incident.task.empty() || column.isGone() ||
                std::any_of(column.tasks.begin(), column.tasks.end(),
                            [&](const BoardTask& task) { return task.task.task == incident.task; }));
    };
    const auto found =
        std::find_if(run.incidents.rbegin(), run.incidents.rend(), [&](const TimedIncident& timed) {
            return concerns(timed.incident) && (!timed.resolved || column.isGone());
        });
    return found == run.incidents.rend() ? std::nullopt : std::optional(*found);
}

/// What the agent reports and is not a task of this run: a task that comes here is one of it, too.
std::vector<std::string> othersOn(const NodeView& node, const RunSnapshot& run) {
    std::vector<std::string> others;
    for (const std::string& name : node.tasks) {
        const auto task = run.tasks.find(TaskId(name));
        const bool ours =
            task != run.tasks.end() && (task->second.node == node.node || task->second.goal == node.node);
        if (!ours) {
            others.push_back(name);
        }
    }
    return others;
}

bool trains(const RunSnapshot& run) {
    return !isTerminal(run.state) && run.state != RunState::Queued && run.state != RunState::Stopping &&
           run.wanted != "stop";
}

}  // namespace

std::vector<BoardColumn> boardColumns(const RunSnapshot& run, const std::vector<NodeView>& nodes) {
    std::vector<BoardColumn> columns;
    for (const NodeView& node : nodes) {
        columns.push_back({node, {}, othersOn(node, run), {}, {}});
    }
    for (const auto& [id, task] : run.tasks) {
        auto column = std::find_if(columns.begin(), columns.end(), [&, &place = task.node](const auto& one) {
            return one.node.node == place;
        });
        if (column == columns.end()) {
            BoardColumn gone;
            gone.node.node = task.node;
            gone.node.state = NodeState::Lost;
            column = columns.insert(columns.end(), std::move(gone));
        }
        column->tasks.push_back({task, seatOf(id, run), {}});
    }
    for (BoardColumn& column : columns) {
        column.trouble = troubleOf(column, run);
    }
    return columns;
}

MoveOutlook outlookOf(const BoardTask& task, const BoardColumn& target, const RunSnapshot& run,
                      bool connected) {
    MoveOutlook outlook;
    const bool without = task.task.state == TaskState::Unplaced || task.task.state == TaskState::Exited;
    outlook.hasProcess = !without;
    const bool serves = isServer(task.task.task);
    for (const std::string& name : target.node.tasks) {
        // A node has room for one worker, and for one server of each run.
        const auto known = run.tasks.find(TaskId(name));
        const bool ours = known != run.tasks.end() &&
                          (known->second.node == target.node.node || known->second.goal == target.node.node);
        if (isServer(TaskId(name)) == serves && (!serves || ours)) {
            outlook.occupants.push_back(name);
        }
    }
    if (!connected) {
        outlook.problem = MoveProblem::NoCluster;
    } else if (!trains(run)) {
        outlook.problem = MoveProblem::NotTraining;
    } else if (!task.goal().empty()) {
        outlook.problem = MoveProblem::OnItsWay;
    } else if (task.task.node == target.node.node && !without) {
        outlook.problem = MoveProblem::AlreadyThere;
    } else if (target.node.drained) {
        outlook.problem = MoveProblem::Drained;
    } else if (target.node.state != NodeState::Ready && target.node.state != NodeState::Busy) {
        outlook.problem = MoveProblem::Unreachable;
    } else if (!outlook.occupants.empty()) {
        outlook.problem = MoveProblem::NoFreeSlot;
    }
    return outlook;
}

TaskBoard::TaskBoard(StudioModel& studio, QObject* parent) : QObject(parent), m_studio(studio) {
    connect(&studio, &StudioModel::clusterChanged, this, &TaskBoard::refresh);
    connect(&studio.run(), &RunView::shownChanged, this, &TaskBoard::refresh);
    connect(&studio.run(), &RunView::changed, this, &TaskBoard::refresh);
    refresh();
}

const BoardColumn* TaskBoard::column(const NodeId& node) const {
    const auto found = std::find_if(m_columns.begin(), m_columns.end(),
                                    [&](const BoardColumn& column) { return column.node.node == node; });
    return found == m_columns.end() ? nullptr : &*found;
}

const BoardTask* TaskBoard::task(const TaskId& task) const {
    for (const BoardColumn& column : m_columns) {
        for (const BoardTask& one : column.tasks) {
            if (one.task.task == task) {
                return &one;
            }
        }
    }
    return nullptr;
}

bool TaskBoard::isDemo() const {
    return m_studio.cluster().name == kDemoCluster;
}

MoveOutlook TaskBoard::outlook(const TaskId& task, const NodeId& target) const {
    const BoardTask* card = this->task(task);
    const BoardColumn* there = column(target);
    if (card == nullptr || there == nullptr || !m_studio.run().isShown()) {
        MoveOutlook none;
        none.problem = MoveProblem::NotTraining;
        return none;
    }
    MoveOutlook outlook = outlookOf(*card, *there, m_studio.run().snapshot(), m_studio.cluster().connected);
    outlook.pauseSeconds = m_studio.run().lastPauseSeconds();
    outlook.loadSeconds = loadSeconds();
    return outlook;
}

/// From the run's own record, so it needs no measuring of ours.
std::optional<double> TaskBoard::loadSeconds() const {
    const Client* client = m_studio.bridge().client();
    const RunSnapshot& run = m_studio.run().snapshot();
    if (client == nullptr || !run.trainingAt) {
        return std::nullopt;
    }
    const std::vector<RunEvent> events = client->events(run.run);
    const auto started = std::find_if(events.begin(), events.end(), [](const RunEvent& event) {
        return std::holds_alternative<TaskChanged>(event.body);
    });
    if (started == events.end()) {
        return std::nullopt;
    }
    const auto took = run.trainingAt->microseconds - started->time.microseconds;
    return took > 0 ? std::optional(static_cast<double>(took) / 1e6) : std::nullopt;
}

void TaskBoard::move(const TaskId& task, const NodeId& target) {
    const int number = ++m_asked;
    m_moves[task] = {target, number};
    refresh();
    const RunId run = m_studio.run().snapshot().run;
    m_studio.bridge().run<void>(
        this, [run, task, target](Client& client) { return client.moveTask(run, task, target); },
        [this, task, number](Result<void> done) {
            if (done) {
                QTimer::singleShot(kConfirmMs, this, [this, task, number] { forgetMove(task, number); });
                return;
            }
            forgetMove(task, number);
            Q_EMIT refused(done.error());
        });
}

void TaskBoard::forgetMove(const TaskId& task, int number) {
    const auto asked = m_moves.find(task);
    if (asked != m_moves.end() && asked->second.number == number) {
        m_moves.erase(asked);
        refresh();
    }
}

void TaskBoard::setDrained(const NodeId& node, bool drained) {
    m_drains[node] = drained;
    refresh();
    m_studio.bridge().run<void>(
        this, [node, drained](Client& client) { return drained ? client.drain(node) : client.undrain(node); },
        [this, node](Result<void> done) {
            if (!done) {
                m_drains.erase(node);
                refresh();
                Q_EMIT refused(done.error());
            }
        });
}

void TaskBoard::drill(const NodeId& node, Fault fault, std::chrono::milliseconds heal) {
    const RunId run = m_studio.run().snapshot().run;
    m_studio.bridge().run<void>(
        this, [run, node, fault, heal](Client& client) { return client.drill(run, node, fault, heal); },
        [this, node, fault](Result<void> done) {
            if (done) {
                Q_EMIT faultDone(node, fault);
            } else {
                Q_EMIT refused(done.error());
            }
        });
}

void TaskBoard::refresh() {
    const bool shown = m_studio.run().isShown();
    const RunSnapshot none;
    const RunSnapshot& run = shown ? m_studio.run().snapshot() : none;
    if (std::exchange(m_run, run.run) != run.run) {
        m_moves.clear();
    }
    auto before = std::exchange(m_columns, boardColumns(run, m_studio.cluster().nodes));
    dropConfirmed();
    applyAsked();
    if (m_columns != before) {
        Q_EMIT changed();
    }
}

/// What the cluster says now counts more than what was asked.
void TaskBoard::dropConfirmed() {
    std::erase_if(m_moves, [this](const auto& move) {
        const BoardTask* card = task(move.first);
        const NodeId& target = move.second.target;
        const bool there = card != nullptr && card->task.node == target &&
                           card->task.state != TaskState::Unplaced && card->task.state != TaskState::Exited;
        return card == nullptr || there || card->task.goal == target;
    });
    std::erase_if(m_drains, [this](const auto& drain) {
        const BoardColumn* column = this->column(drain.first);
        return column == nullptr || column->node.drained == drain.second;
    });
}

void TaskBoard::applyAsked() {
    for (BoardColumn& column : m_columns) {
        for (BoardTask& card : column.tasks) {
            if (const auto asked = m_moves.find(card.task.task); asked != m_moves.end()) {
                card.asked = asked->second.target;
            }
        }
        if (const auto asked = m_drains.find(column.node.node); asked != m_drains.end()) {
            column.drainAsked = asked->second;
        }
    }
}

}  // namespace longship
