#include "core/protocol/coordinator.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "core/domain/job_yaml.h"
#include "core/protocol/limits.h"
#include "core/protocol/placement.h"
#include "core/protocol/run_id.h"
#include "core/protocol/run_machine.h"

namespace longship {

namespace {

/// The task that a worker's message is about; none for other messages.
const TaskKey* taskOf(const Message& message) {
    return std::visit(
        [](const auto& m) -> const TaskKey* {
            using M = std::decay_t<decltype(m)>;
            constexpr bool fromWorker =
                std::is_same_v<M, WorkerReady> || std::is_same_v<M, MembershipEntered> ||
                std::is_same_v<M, StepsDone> || std::is_same_v<M, EvaluationDone> ||
                std::is_same_v<M, PhaseChanged> || std::is_same_v<M, WorkerFinished> ||
                std::is_same_v<M, WorkerFailed> || std::is_same_v<M, TaskExited> ||
                std::is_same_v<M, Frozen> || std::is_same_v<M, MembershipBroken> ||
                std::is_same_v<M, CheckpointWritten>;
            if constexpr (fromWorker) {
                return &m.key;
            } else {
                return nullptr;
            }
        },
        message);
}

}  // namespace

struct Coordinator::State {
    Options options;
    TimePoint startedAt;
    CoordinatorShared shared;
    std::map<RunId, RunSnapshot> runs;
    std::map<RunId, std::unique_ptr<RunMachine>> machines;  ///< Of runs that are not Gone.
    std::deque<RunId> queue;                                ///< Oldest first; all are Queued.

    State(Options given, TimePoint now)
        : options(std::move(given)),
          startedAt(now),
          shared{.times = Timeouts::from(options.tolerateSilence),
                 .nodes = NodeTable(options.nodes, options.self, Timeouts::from(options.tolerateSilence), now,
                                    options.seen),
                 .term = options.term,
                 .random = SeededRandom(options.seed),
                 .drained = options.drained} {
        if (options.formerLeader) {
            shared.nodes.silentSince(options.formerLeader->first, options.formerLeader->second);
        }
        shared.takenByAnother = [this](const NodeId& node, const RunId& run) {
            return std::any_of(machines.begin(), machines.end(), [&](const auto& entry) {
                // Of two runs that wait for the same node the older one gets it: neither may wait for the
                // other.
                return entry.first != run &&
                       (entry.second->occupies(node) || (entry.first < run && entry.second->awaits(node)));
            });
        };
    }

    std::string tooLarge(const JobSpec& job) const;
    void heartbeat(const NodeId& from, const Heartbeat& heartbeat, Moment at);
    void killStrays(const Heartbeat& heartbeat);
    void lose(const NodeTable::Loss& loss, Moment at);
    void checkTimes(Moment at);
    void settle(Moment at);
    void startQueued(Moment at);
    std::vector<SlotView> slots(TimePoint now) const;
    void retireEnded();
    void forgetOldest();
    void record(RunSnapshot& run, RunEventBody body, UtcTime wallTime);
    void takeUp(RunSnapshot& run, Moment at);
    Result<RunMachine*> activeRun(const RunId& run);
    Result<void> drain(const NodeId& node, Moment at);
    Result<void> undrain(const NodeId& node, Moment at);
};

Coordinator::Coordinator(Options options, TimePoint now)
    : m_state(std::make_unique<State>(std::move(options), now)) {}

Coordinator::~Coordinator() = default;

void Coordinator::State::record(RunSnapshot& run, RunEventBody body, UtcTime wallTime) {
    RunEvent event{run.run, run.sequence + 1, wallTime, std::move(body)};
    apply(run, event);
    shared.events.push_back(std::move(event));
}

void Coordinator::restore(RunSnapshot run, UtcTime wallTime) {
    State& s = *m_state;
    RunSnapshot& kept = s.runs[run.run] = std::move(run);
    if (!isTerminal(kept.state)) {
        s.takeUp(kept, {s.startedAt, wallTime});
        return;
    }
    s.forgetOldest();
}

/// An unfinished run of before: its workers may still be there, frozen, and so may its state.
void Coordinator::State::takeUp(RunSnapshot& run, Moment at) {
    JobResult job = parseJob(run.jobYaml);
    if (!job) {
        record(run,
               IncidentRaised{options.self, TaskId(), "the job of this run cannot be read any more",
                              describe(job.error(), "job"), "The run was ended.", ""},
               at.wallTime);
        RunFinished finished;
        finished.state = RunState::Failed;
        finished.cause = "its job cannot be read any more";
        record(run, std::move(finished), at.wallTime);
        return;
    }
    auto machine = std::make_unique<RunMachine>(shared, run, std::move(*job));
    RunMachine& taken = *machine;
    machines[run.run] = std::move(machine);
    if (run.tasks.empty()) {
        queue.push_back(run.run);  // Ids begin with the time: restored in order, they are queued in order.
        std::sort(queue.begin(), queue.end());
    } else {
        taken.adopt(at);
    }
}

/// Why the cluster can never hold the job's tasks; empty where it can.
std::string Coordinator::State::tooLarge(const JobSpec& job) const {
    const std::size_t count = options.nodes.size();
    const std::string nodes = ", but the cluster \"" + options.cluster + "\" has " + std::to_string(count) +
                              " nodes with room for one ";
    if (job.workers > count) {
        return "The job asks for " + std::to_string(job.workers) + " workers" + nodes +
               "worker each. Lower `workers`, or leave it out to use all nodes.";
    }
    if (serversOf(job) > count) {
        return "The job asks for " + std::to_string(serversOf(job)) + " servers" + nodes +
               "server of a run each. Lower `strategy.servers`.";
    }
    return {};
}

Result<RunId> Coordinator::submit(const std::string& jobYaml, TimePoint now, UtcTime wallTime) {
    State& s = *m_state;
    if (jobYaml.size() > kJobBytesMax) {
        return failure(ErrorKind::BadInput, "The job has " + std::to_string(jobYaml.size()) +
                                                " bytes; at most " + std::to_string(kJobBytesMax) +
                                                " are accepted.");
    }
    JobResult job = parseJob(jobYaml);
    if (!job) {
        return failure(ErrorKind::BadInput, describe(job.error(), "job"));
    }
    if (std::string problem = s.tooLarge(*job); !problem.empty()) {
        return failure(ErrorKind::BadInput, std::move(problem));
    }
    std::size_t bytes = jobYaml.size();
    for (const auto& [id, machine] : s.machines) {
        bytes += s.runs.at(id).jobYaml.size();
    }
    if (s.queue.size() >= kQueuedRunsMax || bytes > kUnfinishedJobBytesMax) {
        return failure(ErrorKind::Exhausted, std::to_string(s.queue.size()) +
                                                 " runs are waiting already. Stop one of them, or try again "
                                                 "when one has ended.");
    }
    RunId run = makeRunId(wallTime, s.shared.random);
    while (s.runs.contains(run)) {
        run = makeRunId(wallTime, s.shared.random);
    }
    RunSnapshot& snapshot = s.runs[run];
    snapshot.run = run;
    s.record(snapshot, RunQueued{jobYaml, s.options.cluster}, wallTime);
    s.machines[run] = std::make_unique<RunMachine>(s.shared, snapshot, std::move(*job));
    s.queue.push_back(run);
    s.settle({now, wallTime});
    return run;
}

Result<RunMachine*> Coordinator::State::activeRun(const RunId& run) {
    const auto snapshot = runs.find(run);
    if (snapshot == runs.end()) {
        return failure(ErrorKind::NotFound,
                       "There is no run " + run.value + " on the cluster \"" + options.cluster + "\".");
    }
    if (isTerminal(snapshot->second.state)) {
        return failure(ErrorKind::Refused, "The run " + run.value + " has ended already (" +
                                               std::string(toString(snapshot->second.state)) + ").");
    }
    return machines.at(run).get();
}

Result<void> Coordinator::stop(const RunId& run, TimePoint now, UtcTime wallTime) {
    LONGSHIP_ASSIGN(RunMachine* const machine, m_state->activeRun(run));
    machine->stop({now, wallTime});
    m_state->settle({now, wallTime});
    return {};
}

/// Checked with every run first: either all of them let the node go, or nothing happens.
Result<void> Coordinator::State::drain(const NodeId& node, Moment at) {
    if (!shared.nodes.contains(node)) {
        return failure(ErrorKind::NotFound, "There is no node " + node.value + " in this cluster.");
    }
    for (const auto& [run, machine] : machines) {
        LONGSHIP_TRY(machine->canDrain(node));
    }
    if (shared.drained.insert(node).second) {
        for (const auto& [run, machine] : machines) {
            machine->drained(node, at);
        }
    }
    return {};
}

Result<void> Coordinator::State::undrain(const NodeId& node, Moment at) {
    if (!shared.nodes.contains(node)) {
        return failure(ErrorKind::NotFound, "There is no node " + node.value + " in this cluster.");
    }
    if (shared.drained.erase(node) > 0) {
        for (const auto& [run, machine] : machines) {
            machine->undrained(node, at);
        }
    }
    return {};
}

Result<RunId> Coordinator::execute(const CommandBody& command, TimePoint now, UtcTime wallTime) {
    State& s = *m_state;
    const Moment at{now, wallTime};
    const auto carryOut = [&]() -> Result<RunId> {
        if (const auto* submitRun = std::get_if<SubmitRun>(&command)) {
            return submit(submitRun->jobYaml, now, wallTime);
        }
        if (const auto* stopRun = std::get_if<StopRun>(&command)) {
            LONGSHIP_TRY(stop(stopRun->run, now, wallTime));
            return stopRun->run;
        }
        if (const auto* order = std::get_if<MoveTask>(&command)) {
            LONGSHIP_ASSIGN(RunMachine* const machine, s.activeRun(order->run));
            LONGSHIP_TRY(machine->move(order->task, order->node, at));
            return order->run;
        }
        if (const auto* order = std::get_if<PauseRun>(&command)) {
            LONGSHIP_ASSIGN(RunMachine* const machine, s.activeRun(order->run));
            LONGSHIP_TRY(machine->pause(at));
            return order->run;
        }
        if (const auto* order = std::get_if<ResumeRun>(&command)) {
            LONGSHIP_ASSIGN(RunMachine* const machine, s.activeRun(order->run));
            LONGSHIP_TRY(machine->resume(at));
            return order->run;
        }
        if (const auto* order = std::get_if<DrainNode>(&command)) {
            LONGSHIP_TRY(s.drain(order->node, at));
            return RunId();
        }
        if (const auto* order = std::get_if<UndrainNode>(&command)) {
            LONGSHIP_TRY(s.undrain(order->node, at));
            return RunId();
        }
        return failure(ErrorKind::Refused, "A drill is ordered from the agent of its node.");
    };
    const Result<RunId> result = carryOut();
    s.settle(at);
    return result;
}

void Coordinator::handle(const NodeId& from, const Message& message, TimePoint now, UtcTime wallTime) {
    State& s = *m_state;
    if (!s.shared.nodes.contains(from)) {
        ++s.shared.counters.unknownNode;
        return;
    }
    const Moment at{now, wallTime};
    if (const auto* heartbeat = std::get_if<Heartbeat>(&message)) {
        if (heartbeat->node != from) {
            ++s.shared.counters.unknownNode;
            return;
        }
        s.heartbeat(from, *heartbeat, at);
        return;
    }
    s.shared.nodes.heard(from, now);
    const TaskKey* key = taskOf(message);
    if (key == nullptr) {
        ++s.shared.counters.unexpected;
        return;
    }
    if (std::holds_alternative<TaskExited>(message)) {
        s.shared.nodes.taskExited(from, *key);
    }
    const auto machine = s.machines.find(key->run);
    if (machine == s.machines.end()) {
        ++s.shared.counters.unknownTask;
        return;
    }
    machine->second->handle(from, *key, message, at);
    s.settle(at);
}

void Coordinator::State::heartbeat(const NodeId& from, const Heartbeat& heartbeat, Moment at) {
    if (heartbeat.term > shared.term) {
        ++shared.counters.otherTerm;  // Somebody else leads; this node will hear of it.
        return;
    }
    shared.nodes.heartbeat(heartbeat, at.now);
    for (const auto& [run, machine] : machines) {
        machine->heartbeat(heartbeat, at);
    }
    killStrays(heartbeat);
    checkTimes(at);
    settle(at);
    // Last, so that the events it speaks of are under way before it. What its agent said before it knew of
    // this leadership may have been lost: that is not confirmed.
    const bool same = heartbeat.term == shared.term;
    shared.counters.otherTerm += same ? 0 : 1;
    shared.transmits.push_back({from, HeartbeatAck{shared.term, same ? heartbeat.number : 0}});
}

/// Nothing may run that no run knows: left over from a leader before, or from a run that was given up.
void Coordinator::State::killStrays(const Heartbeat& heartbeat) {
    for (const TaskKey& key : heartbeat.tasks) {
        const auto machine = machines.find(key.run);
        if (machine == machines.end() || !machine->second->owns(key, heartbeat.node)) {
            shared.transmits.push_back(
                {heartbeat.node, KillTask{shared.term, key, "no active run has this task"}});
        }
    }
}

void Coordinator::State::lose(const NodeTable::Loss& loss, Moment at) {
    for (const auto& [run, machine] : machines) {
        machine->nodeLost(loss, at);
    }
}

void Coordinator::handleRefused(const NodeId& node, TimePoint now, UtcTime wallTime) {
    const Moment at{now, wallTime};
    if (const auto loss = m_state->shared.nodes.refused(node, now)) {
        m_state->lose(*loss, at);
    }
    m_state->settle(at);
}

void Coordinator::handleTimeout(TimePoint now, UtcTime wallTime) {
    const Moment at{now, wallTime};
    m_state->checkTimes(at);
    m_state->settle(at);
}

void Coordinator::State::checkTimes(Moment at) {
    for (const NodeTable::Loss& loss : shared.nodes.expire(at.now)) {
        lose(loss, at);
    }
    for (const auto& [run, machine] : machines) {
        machine->handleTimeout(at);
    }
}

/// What follows from any change: ended runs leave, queued ones start.
void Coordinator::State::settle(Moment at) {
    retireEnded();
    startQueued(at);
}

void Coordinator::State::retireEnded() {
    for (auto it = machines.begin(); it != machines.end();) {
        if (it->second->phase() != RunPhase::Gone) {
            ++it;
            continue;
        }
        std::erase(queue, it->first);
        it = machines.erase(it);
    }
    forgetOldest();
}

void Coordinator::State::forgetOldest() {
    std::size_t finished = runs.size() - machines.size();
    for (auto it = runs.begin(); it != runs.end() && finished > kFinishedRunsMax;) {
        // Ids begin with the time, so the first is the oldest.
        if (isTerminal(it->second.state) && !machines.contains(it->first)) {
            it = runs.erase(it);
            --finished;
        } else {
            ++it;
        }
    }
}

void Coordinator::State::startQueued(Moment at) {
    while (!queue.empty() && machines.size() - queue.size() < kActiveRunsMax) {
        const bool someLeave = std::any_of(machines.begin(), machines.end(), [](const auto& entry) {
            return entry.second->phase() == RunPhase::Leaving;
        });
        if (someLeave) {
            return;  // Their nodes are about to be free: better all of them than the first.
        }
        RunMachine& machine = *machines.at(queue.front());
        const PlacementWish wish{machine.job().workers, serversOf(machine.job())};
        const Placement placement = choosePlacement(wish, slots(at.now));
        if (placement.nodes.empty()) {
            return;
        }
        queue.pop_front();
        machine.place(placement, at);
    }
}

std::vector<SlotView> Coordinator::State::slots(TimePoint now) const {
    std::vector<SlotView> slots;
    for (const NodeId& node : options.nodes) {
        const bool taken = std::any_of(machines.begin(), machines.end(),
                                       [&](const auto& entry) { return entry.second->holdsSlotOn(node); });
        if (!shared.drained.contains(node)) {
            slots.push_back({node, shared.nodes.stateOf(node, now), taken});
        }
    }
    return slots;
}

std::optional<Coordinator::Outgoing> Coordinator::pollTransmit() {
    std::deque<Outgoing>& transmits = m_state->shared.transmits;
    if (transmits.empty()) {
        return std::nullopt;
    }
    std::optional<Outgoing> next(std::move(transmits.front()));
    transmits.pop_front();
    return next;
}

std::optional<RunEvent> Coordinator::pollEvent() {
    std::deque<RunEvent>& events = m_state->shared.events;
    if (events.empty()) {
        return std::nullopt;
    }
    std::optional<RunEvent> next(std::move(events.front()));
    events.pop_front();
    return next;
}

std::optional<TimePoint> Coordinator::nextTimeout() const {
    std::optional<TimePoint> next = m_state->shared.nodes.nextTimeout();
    for (const auto& [run, machine] : m_state->machines) {
        const std::optional<TimePoint> due = machine->nextTimeout();
        if (due && (!next || *due < *next)) {
            next = due;
        }
    }
    return next;
}

const std::map<RunId, RunSnapshot>& Coordinator::runs() const {
    return m_state->runs;
}

std::vector<NodeView> Coordinator::nodes(TimePoint now) const {
    std::vector<NodeView> views = m_state->shared.nodes.views(now);
    for (NodeView& view : views) {
        view.drained = m_state->shared.drained.contains(view.node);
    }
    return views;
}

const std::set<NodeId>& Coordinator::drained() const {
    return m_state->shared.drained;
}

Term Coordinator::term() const {
    return m_state->shared.term;
}

const Coordinator::Counters& Coordinator::counters() const {
    return m_state->shared.counters;
}

}  // namespace longship
