#include "core/protocol/run_machine.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/protocol/incident_text.h"

namespace longship {

std::string_view toString(RunPhase phase) {
    switch (phase) {
        case RunPhase::Queued: return "queued";
        case RunPhase::Starting: return "starting";
        case RunPhase::Entering: return "entering";
        case RunPhase::Training: return "training";
        case RunPhase::Stopping: return "stopping";
        case RunPhase::Leaving: return "leaving";
        case RunPhase::Gone: return "gone";
    }
    return "gone";
}

RunMachine::RunMachine(CoordinatorShared& shared, RunSnapshot& snapshot, JobSpec job)
    : m_shared(shared), m_snapshot(snapshot), m_job(std::move(job)) {}

/// The transition table (core/protocol/README.md, "Coordinator"). False, and counted, where it has no line.
bool RunMachine::advance(Trigger trigger) {
    struct Line {
        RunPhase from;
        Trigger trigger;
        RunPhase to;
    };
    using enum RunPhase;
    static constexpr std::array kTable = {
        Line{Queued, Trigger::Placed, Starting},      Line{Queued, Trigger::StopAsked, Leaving},
        Line{Starting, Trigger::AllReady, Entering},  Line{Starting, Trigger::StopAsked, Leaving},
        Line{Starting, Trigger::Broken, Leaving},     Line{Entering, Trigger::AllEntered, Training},
        Line{Entering, Trigger::StopAsked, Leaving},  Line{Entering, Trigger::Broken, Leaving},
        Line{Training, Trigger::StopAsked, Stopping}, Line{Training, Trigger::AllFinished, Leaving},
        Line{Training, Trigger::Broken, Leaving},     Line{Stopping, Trigger::AllFinished, Leaving},
        Line{Stopping, Trigger::Broken, Leaving},     Line{Leaving, Trigger::AllGone, Gone},
    };
    const auto line = std::find_if(kTable.begin(), kTable.end(), [&](const Line& candidate) {
        return candidate.from == m_phase && candidate.trigger == trigger;
    });
    if (line == kTable.end()) {
        ++m_shared.counters.unexpected;
        return false;
    }
    m_phase = line->to;
    return true;
}

bool RunMachine::isLive() const {
    return m_phase == RunPhase::Starting || m_phase == RunPhase::Entering || m_phase == RunPhase::Training ||
           m_phase == RunPhase::Stopping;
}

bool RunMachine::holdsTaskOn(const NodeId& node) const {
    return std::any_of(m_tasks.begin(), m_tasks.end(),
                       [&](const Task& task) { return task.node == node && !task.gone; });
}

bool RunMachine::owns(const TaskKey& key) const {
    return std::any_of(m_tasks.begin(), m_tasks.end(),
                       [&](const Task& task) { return task.key == key && !task.gone; });
}

RunMachine::Task* RunMachine::find(const TaskKey& key) {
    const auto task = std::find_if(m_tasks.begin(), m_tasks.end(),
                                   [&](const Task& candidate) { return candidate.key == key; });
    return task == m_tasks.end() ? nullptr : &*task;
}

void RunMachine::record(RunEventBody body, Moment at) {
    RunEvent event{m_snapshot.run, m_snapshot.sequence + 1, at.wallTime, std::move(body)};
    apply(m_snapshot, event);
    m_shared.events.push_back(std::move(event));
}

void RunMachine::recordTask(const Task& task, TaskState state, const std::string& detail, Moment at) {
    record(TaskChanged{task.key.task, task.key.generation, task.node, state, detail}, at);
}

void RunMachine::send(const NodeId& to, Message message) {
    m_shared.transmits.push_back({to, std::move(message)});
}

void RunMachine::place(const std::vector<NodeId>& nodes, Moment at) {
    if (!advance(Trigger::Placed)) {
        return;
    }
    record(StateChanged{RunState::Preparing}, at);
    for (const NodeId& node : nodes) {
        const auto rank = static_cast<Rank>(m_tasks.size());
        Task task{.key = {m_snapshot.run, TaskId("worker-" + std::to_string(rank)), 1}, .node = node};
        task.rank = rank;
        task.orderedAt = at.now;
        recordTask(task, TaskState::Starting, "", at);
        send(node, StartTask{m_shared.term, task.key, m_snapshot.jobYaml});
        m_tasks.push_back(std::move(task));
    }
    m_deadline = at.now + m_shared.times.start;
}

void RunMachine::stop(Moment at) {
    if (m_phase == RunPhase::Stopping) {
        return;
    }
    if (m_phase != RunPhase::Training) {
        // Nothing is learned yet that would be worth a common last step.
        finishRun(RunState::Stopped, kStoppedOnRequest, at);
        leave(Trigger::StopAsked, kStoppedOnRequest, at);
        return;
    }
    if (!advance(Trigger::StopAsked)) {
        return;
    }
    record(StateChanged{RunState::Stopping}, at);
    for (Task& task : m_tasks) {
        task.orderedAt = at.now;
        send(task.node, StopWork{m_shared.term, m_snapshot.run, kStoppedOnRequest});
    }
    m_deadline = at.now + m_shared.times.stop;
}

void RunMachine::handle(const NodeId& from, const TaskKey& key, const Message& message, Moment at) {
    Task* task = find(key);
    if (task == nullptr || task->node != from) {
        ++m_shared.counters.unknownTask;
        return;
    }
    task->confirmed = true;
    task->missingSince.reset();
    if (const auto* exited = std::get_if<TaskExited>(&message)) {
        onExited(*task, *exited, at);
    } else if (!isLive()) {
        return;  // Last words of a task that is being ended.
    } else if (const auto* ready = std::get_if<WorkerReady>(&message)) {
        onReady(*task, *ready, at);
    } else if (const auto* entered = std::get_if<MembershipEntered>(&message)) {
        onEntered(*task, *entered, at);
    } else if (const auto* steps = std::get_if<StepsDone>(&message)) {
        onSteps(*task, *steps);
    } else if (const auto* evaluation = std::get_if<EvaluationDone>(&message)) {
        onEvaluation(*task, *evaluation, at);
    } else if (const auto* phase = std::get_if<PhaseChanged>(&message)) {
        onPhase(*task, *phase, at);
    } else if (const auto* finished = std::get_if<WorkerFinished>(&message)) {
        onFinished(*task, *finished, at);
    } else if (const auto* failed = std::get_if<WorkerFailed>(&message)) {
        onFailed(*task, *failed, at);
    } else {
        ++m_shared.counters.unexpected;
    }
}

void RunMachine::heartbeat(const Heartbeat& heartbeat, Moment at) {
    const auto lists = [&](const TaskKey& key) {
        return std::find(heartbeat.tasks.begin(), heartbeat.tasks.end(), key) != heartbeat.tasks.end();
    };
    // By index: a task found missing ends the run, and its siblings then are in another phase.
    for (std::size_t i = 0; i < m_tasks.size(); ++i) {
        if (m_tasks[i].node == heartbeat.node && !m_tasks[i].gone) {
            orderAgain(m_tasks[i], lists(m_tasks[i].key), at);
        }
    }
    goWhenEmpty();
}

void RunMachine::orderAgain(Task& task, bool listed, Moment at) {
    if (listed) {
        task.confirmed = true;
        task.missingSince.reset();
    } else if (task.confirmed && !task.missingSince) {
        task.missingSince = at.now;
    }
    const bool due = at.now - task.orderedAt >= m_shared.times.resend;
    const bool missing = task.missingSince && at.now - *task.missingSince >= m_shared.times.resend;
    if (m_phase == RunPhase::Leaving) {
        // An order that never arrived leaves nothing behind either; the machine refuses it if it comes late.
        task.gone = !listed && (task.confirmed || due);
        if (listed && due) {
            task.orderedAt = at.now;
            send(task.node, KillTask{m_shared.term, task.key, "the run has ended"});
        }
        return;
    }
    if (missing && !task.finished) {
        breakOff({task.node, task.key.task,
                  task.key.task.value + " on " + task.node.value + " is gone without a word",
                  "Its agent was restarted, or lost track of it.", ""},
                 at);
        return;
    }
    if (!due) {
        return;
    }
    task.orderedAt = at.now;
    if (m_phase == RunPhase::Starting && !listed && !task.confirmed) {
        send(task.node, StartTask{m_shared.term, task.key, m_snapshot.jobYaml});
    } else if (m_phase == RunPhase::Entering && !task.entered) {
        send(task.node, assignment());
    } else if (m_phase == RunPhase::Stopping && !task.finished) {
        send(task.node, StopWork{m_shared.term, m_snapshot.run, kStoppedOnRequest});
    }
}

void RunMachine::nodeLost(const NodeTable::Loss& loss, Moment at) {
    if (!holdsTaskOn(loss.node)) {
        return;
    }
    // Its processes end with its agent, or by themselves when they hear nothing; either way they count no
    // more.
    for (Task& task : m_tasks) {
        task.gone = task.gone || task.node == loss.node;
    }
    if (isLive()) {
        breakOff({loss.node, TaskId(), loss.node.value + " was lost: " + loss.why,
                  "The machine may be off, unreachable or suspended, or its agent was ended.", ""},
                 at);
    }
    goWhenEmpty();
}

void RunMachine::suspect(Cause cause, Moment at) {
    if (!m_suspicion) {
        m_suspicion = Suspicion{at.now, std::move(cause)};
    }
}

void RunMachine::handleTimeout(Moment at) {
    if (m_suspicion && isLive()) {
        // Whoever stopped hearing a peer is seldom the one to blame: wait for a death to be reported, and for
        // silent nodes to be heard again or lost.
        const bool allHeard = std::all_of(m_tasks.begin(), m_tasks.end(), [&](const Task& task) {
            return m_shared.nodes.heardSince(task.node, m_suspicion->since);
        });
        if (allHeard && at.now >= m_suspicion->since + m_shared.times.collect) {
            breakOff(Cause(m_suspicion->cause), at);
        }
    }
    if (!m_deadline || at.now < *m_deadline) {
        return;
    }
    m_deadline.reset();
    if (m_phase == RunPhase::Leaving) {
        // What is still there is killed whenever a heartbeat lists it; the run need not wait for that.
        for (Task& task : m_tasks) {
            task.gone = true;
        }
        goWhenEmpty();
    } else if (isLive()) {
        breakOff(lateness(), at);
    }
}

std::optional<TimePoint> RunMachine::nextTimeout() const {
    std::optional<TimePoint> next = m_deadline;
    if (m_suspicion && isLive()) {
        // After that it is heartbeats, and the loss of nodes, that settle it.
        const TimePoint due = m_suspicion->since + m_shared.times.collect;
        next = next ? std::min(*next, due) : due;
    }
    return next;
}

void RunMachine::breakOff(const Cause& cause, Moment at) {
    const bool stopping = m_phase == RunPhase::Stopping;
    const std::string action = "The run was ended and its other tasks were stopped.";
    record(IncidentRaised{cause.node, cause.task, cause.what, cause.why, action, cause.lastLog}, at);
    if (stopping) {
        finishRun(RunState::Stopped, std::string(kStoppedOnRequest) + ", without a model: " + cause.what, at);
    } else {
        finishRun(RunState::Failed, cause.what, at);
    }
    leave(Trigger::Broken, "the run has ended: " + cause.what, at);
}

void RunMachine::finishRun(RunState state, const std::string& cause, Moment at) {
    for (const Task& task : m_tasks) {
        const TaskView& view = m_snapshot.tasks[task.key.task];
        if (view.state != TaskState::Exited) {
            recordTask(task, TaskState::Exited, task.finished ? "finished" : "ended with the run", at);
        }
    }
    RunFinished finished{state, m_steps, m_samples, std::nullopt, cause, ""};
    if (state == RunState::Completed || (state == RunState::Stopped && cause == kStoppedOnRequest)) {
        finished.parameterHash =
            !m_tasks.empty() && m_tasks[0].finished ? m_tasks[0].finished->parameterHash : std::string();
    }
    if (!m_snapshot.evaluations.empty() && m_snapshot.evaluations.back().samples > 0) {
        const EvaluationFinished& last = m_snapshot.evaluations.back();
        finished.accuracy = static_cast<double>(last.correct) / static_cast<double>(last.samples);
    }
    record(std::move(finished), at);
}

void RunMachine::leave(Trigger trigger, const std::string& reason, Moment at) {
    if (!advance(trigger)) {
        return;
    }
    m_suspicion.reset();
    m_deadline = at.now + m_shared.times.leave;
    for (Task& task : m_tasks) {
        if (!task.gone) {
            task.orderedAt = at.now;
            send(task.node, KillTask{m_shared.term, task.key, reason});
        }
    }
    goWhenEmpty();
}

void RunMachine::goWhenEmpty() {
    const bool empty =
        std::all_of(m_tasks.begin(), m_tasks.end(), [](const Task& task) { return task.gone; });
    if (m_phase == RunPhase::Leaving && empty && advance(Trigger::AllGone)) {
        m_deadline.reset();
    }
}

}  // namespace longship
