#include "core/protocol/run_machine.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/protocol/incident_text.h"
#include "core/protocol/lineage.h"
#include "core/protocol/mutation.h"

namespace longship {

namespace {

// What StateChanged::wanted says.
constexpr std::string_view kStopWanted = "stop";
constexpr std::string_view kPauseWanted = "pause";
constexpr std::string_view kAnswerWanted = "answer";

}  // namespace

std::string_view toString(RunPhase phase) {
    switch (phase) {
        case RunPhase::Queued: return "queued";
        case RunPhase::Starting: return "starting";
        case RunPhase::Entering: return "entering";
        case RunPhase::Training: return "training";
        case RunPhase::Stopping: return "stopping";
        case RunPhase::Freezing: return "freezing";
        case RunPhase::Paused: return "paused";
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
        Line{Queued, Trigger::Placed, Starting},
        Line{Queued, Trigger::MembershipLeft, Freezing},  // Adopted.
        Line{Queued, Trigger::Ended, Leaving},
        Line{Starting, Trigger::AllReady, Freezing},
        Line{Starting, Trigger::Ended, Leaving},
        Line{Entering, Trigger::AllEntered, Training},
        Line{Entering, Trigger::MembershipLeft, Freezing},
        Line{Entering, Trigger::Ended, Leaving},
        Line{Training, Trigger::StopAsked, Stopping},
        Line{Training, Trigger::MembershipLeft, Freezing},
        Line{Training, Trigger::Ended, Leaving},
        Line{Stopping, Trigger::MembershipLeft, Freezing},
        Line{Stopping, Trigger::Ended, Leaving},
        Line{Freezing, Trigger::Committed, Entering},
        Line{Freezing, Trigger::NotReady, Starting},
        Line{Freezing, Trigger::PauseDue, Paused},
        Line{Freezing, Trigger::Ended, Leaving},
        Line{Paused, Trigger::GoOn, Freezing},
        Line{Paused, Trigger::Ended, Leaving},
        Line{Leaving, Trigger::AllGone, Gone},
    };
    const auto line = std::find_if(kTable.begin(), kTable.end(), [&](const Line& candidate) {
        return candidate.from == m_phase && candidate.trigger == trigger;
    });
    if (line == kTable.end()) {
        ++m_shared.counters.unexpected;
        return false;
    }
    ++m_shared.counters
          .transitions[std::string(toString(line->from)) + " -> " + std::string(toString(line->to))];
    m_phase = line->to;
    return true;
}

bool RunMachine::isLive() const {
    return m_phase != RunPhase::Queued && m_phase != RunPhase::Leaving && m_phase != RunPhase::Gone;
}

/// A takeover may not know of the last memberships before it, and their numbers are in workers and rows: it
/// leaves room for them.
MembershipNumber RunMachine::nextNumber() const {
    constexpr MembershipNumber kRoom = 1000;
    const Term before = hasBegun() ? m_snapshot.memberships.back().term : 0;
    const bool takenOver = takeoversBefore(m_shared.term) > takeoversBefore(before);
    return current() + 1 + (takenOver ? kRoom : 0);
}

bool RunMachine::occupies(const NodeId& node) const {
    return std::any_of(m_processes.begin(), m_processes.end(), [&](const Process& process) {
        return process.node == node && !process.gone && !process.lost && !process.serves();
    });
}

bool RunMachine::awaits(const NodeId& node) const {
    return isLive() && std::any_of(m_posts.begin(), m_posts.end(), [&](const auto& entry) {
               return entry.second.node == node && entry.second.wanted && !entry.second.unplaced &&
                      !isServer(entry.first);
           });
}

bool RunMachine::owns(const TaskKey& key, const NodeId& node) const {
    return std::any_of(m_processes.begin(), m_processes.end(), [&](const Process& process) {
        return process.key == key && process.node == node && !process.gone;
    });
}

RunMachine::Process* RunMachine::find(const TaskKey& key) {
    const auto process = std::find_if(m_processes.begin(), m_processes.end(),
                                      [&](const Process& candidate) { return candidate.key == key; });
    return process == m_processes.end() ? nullptr : &*process;
}

/// The process of the task's present generation, also when it is gone.
RunMachine::Process* RunMachine::presentOf(const TaskId& task) {
    return find({m_snapshot.run, task, m_posts.at(task).current});
}

void RunMachine::record(RunEventBody body, Moment at) {
    RunEvent event{m_snapshot.run, m_snapshot.sequence + 1, at.wallTime, withPhrases(std::move(body))};
    if (!LONGSHIP_MUTANT("snapshot-is-not-folded") || !std::holds_alternative<IncidentResolved>(event.body)) {
        apply(m_snapshot, event);
    }
    m_shared.events.push_back(std::move(event));
}

void RunMachine::recordProcess(const Process& process, TaskState state, const std::string& detail,
                               Moment at) {
    recordTask(process.key, process.node, state, detail, at);
}

/// With the highest generation that was used, and where that is, as long as the task moves: another leader
/// must not use it for a second process.
void RunMachine::recordTask(const TaskKey& key, const NodeId& node, TaskState state,
                            const std::string& detail, Moment at) {
    const Post& post = m_posts.at(key.task);
    const bool usedMore =
        post.generation > key.generation && !LONGSHIP_MUTANT("used-generations-are-forgotten");
    record(TaskChanged{key.task, key.generation, node, state, detail, usedMore ? post.generation : 0,
                       usedMore ? post.goal.value_or(NodeId()) : NodeId()},
           at);
}

/// With what is wanted, so that another leader goes on with it.
void RunMachine::recordState(RunState state, Moment at) {
    record(StateChanged{state, wanted()}, at);
}

std::string RunMachine::wanted() const {
    return std::string(m_stopWanted    ? kStopWanted
                       : m_pauseWanted ? kPauseWanted
                       : m_askWanted   ? kAnswerWanted
                                       : std::string_view());
}

/// As the task stands, with its successor, or without one any more.
void RunMachine::recordMove(const TaskId& task, const std::string& detail, Moment at) {
    const Post& post = m_posts.at(task);
    const TaskView& view = m_snapshot.tasks[task];
    recordTask({m_snapshot.run, task, post.current}, NodeId(view.node), view.state, detail, at);
}

void RunMachine::send(const NodeId& to, Message message) {
    m_shared.transmits.push_back({to, std::move(message)});
}

void RunMachine::place(const Placement& placement, Moment at) {
    if (!advance(Trigger::Placed)) {
        return;
    }
    recordState(RunState::Preparing, at);
    const auto start = [&](const std::vector<NodeId>& nodes, TaskId (*nameOf)(std::uint32_t)) {
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            const TaskId task = nameOf(static_cast<std::uint32_t>(i));
            m_posts[task] = Post{.node = nodes[i], .generation = 0, .current = 0};
            startProcess(task, nodes[i], false, at);
        }
    };
    start(placement.nodes, workerTask);
    start(placement.servers, serverTask);
    m_deadline = at.now + m_shared.times.start;
}

/// The processes that the task may have: as its events tell, and as its agents will confirm.
void RunMachine::adoptTask(const TaskView& view, Moment at) {
    const RunId& run = m_snapshot.run;
    Post post{
        .node = view.node, .generation = std::max(view.generation, view.next), .current = view.generation};
    post.unplaced = view.state == TaskState::Unplaced;
    const bool mayBeThere = view.state != TaskState::Exited;
    post.wanted = !mayBeThere || post.unplaced;
    if (mayBeThere) {
        Process process{.key = {run, view.task, view.generation}, .node = view.node};
        process.lost = post.unplaced;
        process.confirmed = view.state != TaskState::Starting;
        process.mustAnswer = process.confirmed;
        process.orderedAt = at.now;
        m_processes.push_back(std::move(process));
    }
    if (view.next > view.generation && !view.goal.empty()) {
        Process successor{.key = {run, view.task, view.next}, .node = view.goal, .successor = true};
        successor.orderedAt = at.now;
        m_processes.push_back(std::move(successor));
        post.goal = view.goal;
    }
    m_posts[view.task] = post;
}

void RunMachine::adopt(Moment at) {
    for (const auto& [task, view] : m_snapshot.tasks) {
        adoptTask(view, at);
    }
    if (hasBegun()) {
        for (const Member& member : m_snapshot.memberships.back().members) {
            if (Process* process = find({m_snapshot.run, member.task, member.generation});
                process != nullptr && !process->lost) {
                process->rank = member.rank;
                process->mustAnswer = true;
            }
        }
        m_steps = m_snapshot.memberships.back().baseStep;
    }
    for (const TimedIncident& incident : m_snapshot.incidents) {
        if (!incident.resolved) {
            m_open.push_back({incident.sequence, incident.time, 0});
        }
    }
    m_stopWanted = m_snapshot.wanted == kStopWanted || m_snapshot.state == RunState::Stopping;
    m_pauseWanted = m_snapshot.wanted == kPauseWanted;
    m_askWanted = m_snapshot.wanted == kAnswerWanted;
    if (m_stopWanted) {
        m_stopBy = at.now + m_shared.times.stop;
    }
    if (!advance(Trigger::MembershipLeft)) {
        return;
    }
    // Nodes may need a moment to find their leader again.
    freezeAll("the leader was restarted, or another one leads", 2 * m_shared.times.hung, at);
    settle(at);
}

void RunMachine::stop(Moment at) {
    if (m_stopWanted || m_phase == RunPhase::Stopping) {
        return;
    }
    const bool nothingLearned =
        !hasBegun() || (m_phase == RunPhase::Entering && current() == 1) || m_phase == RunPhase::Starting;
    if (m_phase == RunPhase::Queued || nothingLearned || m_waitsForState) {
        // There is nothing that would be worth a common last step, or nobody to make it.
        finishRun(RunState::Stopped,
                  m_waitsForState ? std::string(kStoppedOnRequest) + ", without a model" : kStoppedOnRequest,
                  "", at);
        leave(kStoppedOnRequest, at);
        return;
    }
    m_stopWanted = true;
    m_stopBy = at.now + m_shared.times.stop;
    if (m_phase == RunPhase::Training) {
        beginStopping(at);
    } else if (m_phase == RunPhase::Paused) {
        unpause("the run is stopped", at);
    }
    settle(at);
}

void RunMachine::handle(const NodeId& from, const TaskKey& key, const Message& message, Moment at) {
    Process* process = find(key);
    if (process == nullptr || process->node != from) {
        ++m_shared.counters.unknownTask;
        return;
    }
    process->confirmed = true;
    process->missingSince.reset();
    if (const auto* exited = std::get_if<TaskExited>(&message)) {
        onExited(*process, *exited, at);
    } else if (!isLive() || process->doomed || process->gone) {
        return;  // Last words of a process that is being ended.
    } else if (const auto* ready = std::get_if<WorkerReady>(&message)) {
        onReady(*process, *ready, at);
    } else if (const auto* entered = std::get_if<MembershipEntered>(&message)) {
        onEntered(*process, *entered, at);
    } else if (const auto* steps = std::get_if<StepsDone>(&message)) {
        onSteps(*process, *steps, at);
    } else if (const auto* evaluation = std::get_if<EvaluationDone>(&message)) {
        onEvaluation(*process, *evaluation, at);
    } else if (const auto* phase = std::get_if<PhaseChanged>(&message)) {
        onPhase(*process, *phase, at);
    } else if (const auto* finished = std::get_if<WorkerFinished>(&message)) {
        onFinished(*process, *finished, at);
    } else if (const auto* failed = std::get_if<WorkerFailed>(&message)) {
        onFailed(*process, *failed, at);
    } else if (const auto* frozen = std::get_if<Frozen>(&message)) {
        onFrozen(*process, *frozen, at);
    } else if (const auto* broken = std::get_if<MembershipBroken>(&message)) {
        onBroken(*process, *broken, at);
    } else if (const auto* written = std::get_if<CheckpointWritten>(&message)) {
        onCheckpoint(*process, *written, at);
    } else {
        ++m_shared.counters.unexpected;
    }
    settle(at);
}

void RunMachine::heartbeat(const Heartbeat& heartbeat, Moment at) {
    const auto lists = [&](const TaskKey& key) {
        return std::find(heartbeat.tasks.begin(), heartbeat.tasks.end(), key) != heartbeat.tasks.end();
    };
    // By index: a process found missing may have another one started.
    for (std::size_t i = 0; i < m_processes.size(); ++i) {
        if (m_processes[i].node == heartbeat.node && !m_processes[i].gone) {
            orderAgain(m_processes[i], lists(m_processes[i].key), at);
        }
    }
    goWhenEmpty();
    settle(at);
}

void RunMachine::orderAgain(Process& process, bool listed, Moment at) {
    if (process.lost) {
        if (listed) {
            if (LONGSHIP_MUTANT("who-comes-back-counts-as-ready")) {
                process.lost = false;
            } else {
                revive(process, at);
            }
        } else {
            process.lost = false;
            process.gone = true;
            m_posts.at(process.key.task).wanted = true;
        }
        return;
    }
    if (listed) {
        process.confirmed = true;
        process.missingSince.reset();
    } else if (process.confirmed && !process.missingSince) {
        process.missingSince = at.now;
    }
    const bool due = at.now - process.orderedAt >= m_shared.times.resend;
    const bool missing = process.missingSince && at.now - *process.missingSince >= m_shared.times.collect;
    if (m_phase == RunPhase::Leaving || process.doomed) {
        // An order that never arrived leaves nothing behind either; the machine refuses it if it comes late.
        process.gone = !listed && (process.confirmed || due);
        if (listed && due) {
            process.orderedAt = at.now;
            send(process.node,
                 KillTask{m_shared.term, process.key,
                          m_phase == RunPhase::Leaving ? "the run has ended" : "it takes no part any more"});
        }
        return;
    }
    if (missing && !process.finished) {
        process.gone = true;
        lose(process,
             {process.node, process.key.task,
              process.key.task.value + " on " + process.node.value + " is gone without a word",
              "Its agent was restarted, or lost track of it.", ""},
             at);
        return;
    }
    if (!due) {
        return;
    }
    process.orderedAt = at.now;
    if (!listed && !process.confirmed) {
        send(process.node, StartTask{m_shared.term, process.key, m_snapshot.jobYaml,
                                     checkpointRefs(m_snapshot.checkpoints)});
    } else if (m_phase == RunPhase::Freezing && m_round && m_round->awaits(process.key)) {
        send(process.node, Freeze{m_shared.term, m_snapshot.run, m_round->number(), m_round->reason()});
    } else if (m_phase == RunPhase::Entering && process.rank && !process.entered) {
        send(process.node, assignment());
    } else if (m_phase == RunPhase::Stopping && process.rank && !process.serves() && !process.finished) {
        send(process.node, StopWork{m_shared.term, m_snapshot.run, kStoppedOnRequest});
    }
}

void RunMachine::handleTimeout(Moment at) {
    if (m_suspicion && at.now >= m_suspicion->since + m_shared.times.collect) {
        pursueSuspicion(at);
    }
    if (m_stopBy && at.now >= *m_stopBy && isLive()) {
        m_stopBy.reset();
        fail({NodeId(), TaskId(), "the workers did not come to a common last step in time", "", ""}, at);
        return;
    }
    if (m_deadline && at.now >= *m_deadline) {
        m_deadline.reset();
        phaseTimeout(at);
    }
    settle(at);
}

void RunMachine::phaseTimeout(Moment at) {
    switch (m_phase) {
        case RunPhase::Starting:
            if (const auto missing = kindMissing(); hasBegun() || !missing) {
                // Who is late may join when it is ready.
                beginChange("not all workers got ready in time", at);
            } else {
                fail({NodeId(), TaskId(), "no " + *missing + " got ready in time",
                      "The ends of their logs may tell what they waited for.", ""},
                     at);
            }
            break;
        case RunPhase::Entering: {
            const auto isLate = [](const Process& process) { return process.rank && !process.entered; };
            const bool nobody = std::none_of(m_processes.begin(), m_processes.end(),
                                             [](const Process& process) { return process.entered; });
            if (!nobody) {
                expelLate("did not connect to the others in time", at, isLate);
            }
            beginChange("the membership was not entered in time", at);
            break;
        }
        case RunPhase::Training:
        case RunPhase::Stopping:
            expelLate("did not come to an end in time", at, [](const Process& process) {
                return process.rank && !process.serves() && !process.finished;
            });
            beginChange("not all workers came to an end in time", at);
            break;
        case RunPhase::Paused:
            if (m_waitsForState && canGoBack()) {
                m_hopeIsOver = true;
                decideFromPause(at);
            } else if (m_waitsForState) {
                fail(lastCause(), at);
            }
            break;
        case RunPhase::Leaving:
            // What is still there is killed whenever a heartbeat lists it; the run need not wait for that.
            for (Process& process : m_processes) {
                process.gone = true;
            }
            goWhenEmpty();
            break;
        case RunPhase::Freezing: completeRound(at); break;
        case RunPhase::Queued:
        case RunPhase::Gone: break;
    }
}

std::optional<TimePoint> RunMachine::nextTimeout() const {
    std::optional<TimePoint> next = m_deadline;
    const auto consider = [&](std::optional<TimePoint> due) {
        if (due && (!next || *due < *next)) {
            next = due;
        }
    };
    if (isLive()) {
        consider(m_stopBy);
        if (m_suspicion) {
            consider(m_suspicion->since + m_shared.times.collect);
        }
        if (m_phase == RunPhase::Training) {
            consider(m_joinAt);
        }
    }
    return next;
}

void RunMachine::settle(Moment at) {
    if (!isLive()) {
        return;
    }
    if (wanted() != m_snapshot.wanted) {
        recordState(m_snapshot.state, at);
    }
    completeRound(at);
    commitCheckpoint(at);
    goBackWhenPossible(at);
    startMissing(at);
    startWhenReady(at);
    letJoin(at);
}

void RunMachine::finishRun(RunState state, const std::string& cause, const std::string& hash, Moment at) {
    for (const auto& [task, post] : m_posts) {
        const TaskView& view = m_snapshot.tasks[task];
        const Process* process = presentOf(task);
        if (view.state != TaskState::Exited) {
            const bool finished = process != nullptr && process->finished;
            record(TaskChanged{task, post.current, view.node, TaskState::Exited,
                               finished ? "finished" : "ended with the run"},
                   at);
        }
    }
    RunFinished finished{state, m_steps, m_samples, std::nullopt, cause, hash};
    if (!m_snapshot.evaluations.empty() && m_snapshot.evaluations.back().samples > 0) {
        const EvaluationFinished& last = m_snapshot.evaluations.back();
        finished.accuracy = static_cast<double>(last.correct) / static_cast<double>(last.samples);
    }
    record(std::move(finished), at);
}

void RunMachine::leave(const std::string& reason, Moment at) {
    if (!advance(Trigger::Ended)) {
        return;
    }
    m_suspicion.reset();
    m_round.reset();
    m_deadline = at.now + m_shared.times.leave;
    for (Process& process : m_processes) {
        // A process on a lost node is killed as nobody's when its node is back.
        process.gone = process.gone || process.lost;
        if (!process.gone) {
            process.orderedAt = at.now;
            send(process.node, KillTask{m_shared.term, process.key, reason});
        }
    }
    goWhenEmpty();
}

void RunMachine::goWhenEmpty() {
    const bool empty = std::all_of(m_processes.begin(), m_processes.end(),
                                   [](const Process& process) { return process.gone; });
    if (m_phase == RunPhase::Leaving && empty && advance(Trigger::AllGone)) {
        m_deadline.reset();
    }
}

}  // namespace longship
