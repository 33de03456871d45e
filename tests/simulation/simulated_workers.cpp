#include "tests/simulation/simulated_workers.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/domain/task_kind.h"
#include "core/protocol/mutation.h"

namespace longship::test {

using std::chrono::milliseconds;

namespace {

constexpr std::uint64_t kBatch = 256;
constexpr std::uint32_t kReplicas = 2;

RunPrepared preparedData(WorkerFault fault) {
    RunPrepared prepared;
    prepared.trainingSamples = fault == WorkerFault::OtherData ? 59'999 : 60'000;
    prepared.testSamples = 10'000;
    prepared.parameters = 1000;
    prepared.microBatch = 1;
    prepared.device = "cpu";
    return prepared;
}

std::uint64_t initialState(const RunId& run) {
    return keyOf({std::hash<RunId>()(run)});
}

}  // namespace

std::uint64_t SimulatedWorkers::nextState(std::uint64_t state, Step step) {
    return keyOf({state, step});
}

StepRow SimulatedWorkers::rowOf(MembershipNumber membership, Step step) {
    StepRow row;
    row.key = {membership, step};
    row.digest.count = kBatch;
    return row;
}

std::uint64_t SimulatedWorkers::stateAfter(const RunId& run, Step steps) {
    std::vector<std::uint64_t>& states = m_states[run];
    if (states.empty()) {
        states.push_back(initialState(run));
    }
    while (states.size() <= steps) {
        states.push_back(nextState(states.back(), states.size() - 1));
    }
    return states[steps];
}

Step SimulatedWorkers::stepsTotalOf(const RunId& run) {
    const auto [found, isNew] = m_stepsTotal.try_emplace(run, 0);
    if (isNew) {
        const Step some = m_stepsForAll > 0 ? 0 : 60 + m_random.below(200);
        // A step with servers is many more events.
        found->second = m_stepsForAll > 0 ? m_stepsForAll : hasServers(run) ? some / 2 : some;
    }
    return found->second;
}

Duration SimulatedWorkers::upTo(int ms) {
    return std::chrono::microseconds(1 + m_random.below(static_cast<std::uint64_t>(ms) * 1000));
}

SimulatedWorkers::Process* SimulatedWorkers::find(const TaskKey& key) {
    const auto found = m_processes.find(key);
    return found == m_processes.end() ? nullptr : found->second.get();
}

/// Acts on the same process only: not on one that was started after it under the same name.
void SimulatedWorkers::later(const TaskKey& key, Duration delay, std::function<void(Process&)> action) {
    const std::uint64_t number = m_processes.at(key)->number;
    m_time.after(delay, [this, key, number, action = std::move(action)] {
        Process* process = find(key);
        if (process != nullptr && process->number == number && !process->hangs) {
            action(*process);
            drain(key);
        }
    });
}

void SimulatedWorkers::spawn(const NodeId& node, const TaskKey& key, WorkerFault fault,
                             const std::vector<CheckpointRef>& checkpoints, Callbacks callbacks) {
    if (m_processes.contains(key)) {
        m_broken("a task was started twice: " + key.task.value);
        return;
    }
    m_processes[key] = std::make_unique<Process>(
        Process{node, WorkerMachine(key), fault, std::move(callbacks), false, ++m_count});
    later(key, upTo(5), [key](Process& p) { p.callbacks.started(key); });
    later(key, milliseconds(5) + upTo(100), [key](Process& p) { p.callbacks.connected(key); });
    later(key, milliseconds(110) + upTo(600), [this, key, checkpoints](Process& p) {
        if (p.fault == WorkerFault::FailsToLoad) {
            p.machine.failed({ErrorKind::Io, "the data set cannot be read"});
        } else if (p.fault != WorkerFault::NeverReady && isServer(key.task)) {
            p.machine.ready("tcp://" + p.node.value, "key of " + key.task.value, RunPrepared());
        } else if (p.fault != WorkerFault::NeverReady) {
            p.wholeState = true;
            p.state = initialState(key.run);
            const Step held = readCheckpoint(p, key, checkpoints);
            p.machine.ready("tcp://" + p.node.value, "key of " + key.task.value, preparedData(p.fault), held);
        }
    });
}

/// The newest that is on the disk of its node; 0: none is.
Step SimulatedWorkers::readCheckpoint(Process& process, const TaskKey& key,
                                      const std::vector<CheckpointRef>& known) {
    for (const CheckpointRef& checkpoint : known) {
        const std::uint64_t state = stateAfter(key.run, checkpoint.step);
        if (m_files[process.node].contains({key.run, checkpoint.step})) {
            if (checkpoint.sha256 != std::to_string(state)) {
                m_broken("the checkpoint of step " + std::to_string(checkpoint.step) + " is another state");
            }
            process.steps = checkpoint.step;
            process.state = state;
            return checkpoint.step;
        }
    }
    return 0;
}

/// Beside the training, by the lowest ranks on different nodes.
void SimulatedWorkers::writeCheckpoint(const TaskKey& key, const GroupKey& id, Step step) {
    std::vector<Member> members;
    for (const Seat& seat : m_groups.at(id).assignment.seats) {
        members.push_back(seat.member);
    }
    const std::vector<TaskId> writers = checkpointWriters(members, kReplicas);
    if (std::find(writers.begin(), writers.end(), key.task) == writers.end()) {
        return;
    }
    const std::string hash = std::to_string(m_processes.at(key)->state);
    later(key, upTo(300), [this, key, number = id.second, step, hash](Process& p) {
        m_files[p.node].insert({key.run, step});
        p.machine.checkpointWritten({key, number, step, step * kBatch, 4000, hash, std::nullopt});
    });
}

void SimulatedWorkers::deliver(const TaskKey& key, const Message& message) {
    Process* process = find(key);
    if (process != nullptr && !process->hangs) {
        process->machine.handle(message, {});
        drain(key);
    }
}

void SimulatedWorkers::drain(const TaskKey& key) {
    Process* process = find(key);
    if (process == nullptr) {
        return;
    }
    const Callbacks callbacks = process->callbacks;
    while (std::optional<Message> message = process->machine.pollTransmit()) {
        if (const auto* frozen = std::get_if<Frozen>(&*message)) {
            process->saidFrozen = std::max(process->saidFrozen, frozen->number);
        }
        callbacks.said(key, *message);
        if (find(key) != process) {
            return;
        }
    }
    while (std::optional<WorkerCommand> command = process->machine.pollCommand()) {
        obey(key, *command);
        if (find(key) != process) {
            return;
        }
    }
}

void SimulatedWorkers::obey(const TaskKey& key, const WorkerCommand& command) {
    Process& process = *m_processes.at(key);
    if (const auto* seat = std::get_if<EnterMembership>(&command)) {
        enter(key, *seat);
    } else if (std::holds_alternative<RequestStop>(command)) {
        process.stopWanted = true;
    } else if (std::holds_alternative<FreezeTraining>(command)) {
        process.freezing = true;
        // The computation under way is finished first; meanwhile the collectives may still complete a step.
        later(key, upTo(40), [this, key](Process&) { freeze(key); });
    } else if (process.fault != WorkerFault::IgnoresTerm) {
        const int status = std::get<ExitWorker>(command).status;
        later(key, upTo(20),
              [this, key, status](Process&) { end(key, "exit status " + std::to_string(status), true); });
    }
}

void SimulatedWorkers::freeze(const TaskKey& key) {
    Process& process = *m_processes.at(key);
    if (!LONGSHIP_MUTANT("trainer-stays-in-its-mesh")) {
        leave(key, "left");
    }
    process.freezing = false;
    process.stopWanted = false;
    process.finished = false;
    process.machine.frozen(process.steps, process.entered, "tcp://" + process.node.value,
                           "key of " + key.task.value, inventoryOf(process));
}

/// Its sockets close: the others notice, sooner or later.
void SimulatedWorkers::leave(const TaskKey& key, const char* why) {
    Process& process = *m_processes.at(key);
    if (process.inside == 0) {
        return;
    }
    const GroupKey id{key.run, std::exchange(process.inside, 0)};
    Group& group = m_groups.at(id);
    if (std::exchange(group.broken, true)) {
        return;
    }
    for (const TaskKey& other : membersOf(group)) {
        if (other != key && find(other) != nullptr) {
            later(other, upTo(200),
                  [this, other, id, text = key.task.value + " " + why, peer = key.task](Process&) {
                      complain(other, id, text, peer);
                  });
        }
    }
}

void SimulatedWorkers::complain(const TaskKey& key, const GroupKey& id, const std::string& text,
                                const TaskId& peer) {
    Process& process = *m_processes.at(key);
    if (process.inside != id.second || process.freezing || process.finished) {
        return;
    }
    // A link that is cut is silent; a peer that left has closed it.
    process.machine.broken(id.second, process.steps, {ErrorKind::Unavailable, text},
                           {{peer, text == "cut", text == "cut" ? 4096U : 0U}});
    leave(key, "left");
}

std::vector<TaskKey> SimulatedWorkers::membersOf(const Group& group) {
    std::vector<TaskKey> keys;
    for (const Seat& seat : group.assignment.seats) {
        keys.push_back({group.assignment.run, seat.member.task, seat.member.generation});
    }
    return keys;
}

void SimulatedWorkers::enter(const TaskKey& key, const EnterMembership& seat) {
    Process& process = *m_processes.at(key);
    if (process.saidFrozen > seat.assignment.number) {
        m_broken(key.task.value + " takes a seat in a membership that it promised to stay out of");
    }
    const GroupKey id{key.run, seat.assignment.number};
    Group& group = m_groups[id];
    if (group.assignment.seats.empty()) {
        group.assignment = seat.assignment;
    } else if (!(group.assignment == seat.assignment)) {
        m_broken("two different memberships with one number");
    }
    process.inside = id.second;
    process.finished = false;
    group.inside.insert(key);
    m_time.after(upTo(5), [this, id] { tryToBegin(id); });
}

bool SimulatedWorkers::isCut(const NodeId& a, const NodeId& b) const {
    if (m_cuts.empty()) {
        return false;
    }
    const auto cut = m_cuts.find(std::minmax(a, b));
    return cut != m_cuts.end() && m_time.now() < cut->second;
}

std::optional<std::pair<TaskKey, TaskKey>> SimulatedWorkers::cutPair(const Group& group) const {
    const std::vector<TaskKey> keys = membersOf(group);
    for (const TaskKey& a : keys) {
        for (const TaskKey& b : keys) {
            const auto one = m_processes.find(a);
            const auto other = m_processes.find(b);
            if (a < b && one != m_processes.end() && other != m_processes.end() &&
                isCut(one->second->node, other->second->node)) {
                return std::pair(a, b);
            }
        }
    }
    return std::nullopt;
}

/// All are there: they connect, compare and pass on the state.
void SimulatedWorkers::tryToBegin(const GroupKey& id) {
    Group& group = m_groups.at(id);
    const std::vector<TaskKey> keys = membersOf(group);
    if (group.begun || group.broken || group.inside.size() < keys.size()) {
        return;
    }
    if (const auto cut = cutPair(group)) {
        for (const auto& [key, peer] :
             {std::pair(cut->first, cut->second), std::pair(cut->second, cut->first)}) {
            later(key, milliseconds(200) + upTo(800),
                  [this, key = key, id, peer = peer.task](Process&) { complain(key, id, "cut", peer); });
        }
        m_time.after(milliseconds(500), [this, id] { tryToBegin(id); });
        return;
    }
    group.begun = true;
    giveDuties(id);
    for (const Seat& seat : group.assignment.seats) {
        const TaskKey key{id.first, seat.member.task, seat.member.generation};
        const Process* process = find(key);
        if (process == nullptr || process->inside != id.second) {
            group.broken = true;
            return;
        }
        checkSeat(seat, *process, id);
    }
    for (const TaskKey& key : keys) {
        later(key, milliseconds(1) + upTo(30), [this, key, id](Process&) { takeState(key, id); });
    }
}

void SimulatedWorkers::checkSeat(const Seat& seat, const Process& process, const GroupKey& id) {
    if (isServer(seat.member.task)) {
        checkInventory(seat, process, id);
        return;
    }
    const Step base = m_groups.at(id).assignment.baseStep;
    const bool holds = process.steps == base && process.state == stateAfter(id.first, base);
    if (seat.hasState && !holds) {
        m_broken(seat.member.task.value + " has a seat with state, but stands at step " +
                 std::to_string(process.steps) + " of " + std::to_string(base));
    }
    if (seat.member.rank == 0 && !seat.hasState) {
        m_broken("rank 0 has no state to pass on");
    }
}

/// Sent by rank 0 to who lacks it. Nobody trains before all have it: they compare what they hold.
void SimulatedWorkers::takeState(const TaskKey& key, const GroupKey& id) {
    Process& process = *m_processes.at(key);
    Group& group = m_groups.at(id);
    const std::vector<TaskKey> keys = membersOf(group);
    const Process* holder = find(keys.front());
    if (process.inside != id.second || group.broken || holder == nullptr) {
        return;
    }
    const auto seat = std::find_if(
        group.assignment.seats.begin(), group.assignment.seats.end(),
        [&](const Seat& s) { return s.member.task == key.task && s.member.generation == key.generation; });
    if (isServer(key.task)) {
        fillShards(key, id);
    } else if (!seat->hasState) {
        process.wholeState = false;
        const Step base = group.assignment.baseStep;
        if (!LONGSHIP_MUTANT("trainer-enters-without-the-state")) {
            process.state = stateAfter(key.run, base);
        }
        process.steps = base;
        process.course = holder->course;
        // What it last made final comes along: nobody else who is left may know it.
        process.machine.progress(holder->lastFinal, std::nullopt, RunState::Training);
        process.lastFinal = holder->lastFinal;
        process.pending = holder->pending;
    }
    group.level.insert(key);
    if (group.level.size() < keys.size()) {
        return;
    }
    for (const TaskKey& member : keys) {
        // Each completes the start at a moment of its own, unless it is frozen before.
        later(member, upTo(10), [this, member, id](Process&) { begin(member, id); });
    }
}

void SimulatedWorkers::begin(const TaskKey& key, const GroupKey& id) {
    Process& process = *m_processes.at(key);
    if (process.inside != id.second || m_groups.at(id).broken) {
        return;
    }
    process.entered = id.second;
    process.machine.entered(id.second);
    process.wholeState = false;
    if (isServer(key.task)) {
        keepOwnShards(key, id);
        return;
    }
    // The committed base makes the step before it final.
    if (process.pending && !process.freezing) {
        process.lastFinal = {*std::exchange(process.pending, std::nullopt)};
        process.machine.progress(process.lastFinal, std::nullopt, RunState::Training);
    }
    later(key, upTo(20), [this, key, id](Process&) { contribute(key, id); });
}

/// The gradients of one step, sent to all. After the last step an empty one makes that final, too.
void SimulatedWorkers::contribute(const TaskKey& key, const GroupKey& id) {
    Process& process = *m_processes.at(key);
    Group& group = m_groups.at(id);
    if (process.inside != id.second || process.finished) {
        return;
    }
    if (process.saidFrozen > id.second) {
        m_broken(key.task.value + " contributes to a membership that it had left");
    }
    const Step step = process.steps;
    if (process.stopWanted && !group.stopAt) {
        group.stopAt = step + 1;
    }
    if (hasServers(key.run)) {
        push(key, id, step);
        return;
    }
    std::set<TaskKey>& contributed = group.contributed[step];
    contributed.insert(key);
    if (contributed.size() < group.assignment.seats.size()) {
        return;
    }
    if (const auto cut = cutPair(group)) {
        contributed.erase(key);
        for (const auto& [one, peer] :
             {std::pair(cut->first, cut->second), std::pair(cut->second, cut->first)}) {
            later(one, milliseconds(200) + upTo(800),
                  [this, one = one, id, peer = peer.task](Process&) { complain(one, id, "cut", peer); });
        }
        later(key, milliseconds(100), [this, key, id](Process&) { contribute(key, id); });
        return;
    }
    for (const TaskKey& member : membersOf(group)) {
        if (find(member) != nullptr) {
            // What was sent arrives even when its sender is gone by then, or not at all.
            later(member, upTo(30), [this, member, id, step](Process&) { complete(member, id, step); });
        }
    }
}

bool SimulatedWorkers::isHeldUp(const TaskKey& key, const GroupKey& id, Step step) {
    const Process& process = *m_processes.at(key);
    const bool lost = m_groups.at(id).broken && m_random.below(2) == 0;  // The mesh broke before this came.
    return process.inside != id.second || process.steps != step || process.finished || lost;
}

bool SimulatedWorkers::isLast(const GroupKey& id, Step step) {
    const std::optional<Step> stopAt = m_groups.at(id).stopAt;
    return step == stepsTotalOf(id.first) || (stopAt && step == *stopAt);
}

/// `served`: by the servers, where there are any.
void SimulatedWorkers::complete(const TaskKey& key, const GroupKey& id, Step step,
                                const std::optional<Content>& served) {
    if (isHeldUp(key, id, step)) {
        return;
    }
    Process& process = *m_processes.at(key);
    const Step total = stepsTotalOf(key.run);
    const bool ends = isLast(id, step);
    std::vector<StepRow> final;
    if (process.pending) {
        final.push_back(*std::exchange(process.pending, std::nullopt));
        process.lastFinal = final;
    }
    std::optional<EvaluationFinished> evaluation;
    if (!ends) {
        const Content next = following({process.state, process.course}, id, step);
        if (served && !(*served == next)) {
            m_broken(key.task.value + " is served another course than its own after step " +
                     std::to_string(step));
        }
        process.state = served.value_or(next).state;
        process.course = next.course;
        process.steps = step + 1;
        process.pending = rowOf(id.second, step);
        if (process.steps % 20 == 0) {
            evaluation = EvaluationFinished{process.steps, 0, 0.5, 80, 100};
        }
    }
    if (LONGSHIP_MUTANT("rows-are-told-before-they-are-final") && process.pending) {
        final.push_back(*process.pending);
    }
    process.machine.progress(final, evaluation, RunState::Training);
    if (!ends && m_checkpointEvery > 0 && process.steps % m_checkpointEvery == 0) {
        writeCheckpoint(key, id, process.steps);
    }
    if (process.state != stateAfter(key.run, process.steps)) {
        m_broken(key.task.value + " has learned something else by step " + std::to_string(process.steps));
    }
    if (ends) {
        process.finished = true;
        later(key, upTo(50), [this, key, stopped = step < total, id](Process& p) {
            if (p.finished && p.inside == id.second) {
                finish(key, p, stopped);
            }
        });
        return;
    }
    later(key, milliseconds(2) + upTo(60), [this, key, id](Process&) { contribute(key, id); });
}

void SimulatedWorkers::finish(const TaskKey& key, Process& process, bool stopped) {
    WorkerMachine::Finish finish;
    finish.steps = process.steps;
    finish.samples = process.steps * kBatch;
    finish.parameterHash = process.fault == WorkerFault::OtherResult ? "odd" : std::to_string(process.state);
    finish.stopped = stopped;
    if (process.machine.savesModel()) {
        finish.model = ModelSaved{NodeId(), 4000, "abcd"};
    }
    m_results[{key, process.inside}] = finish.parameterHash;
    process.machine.finished(std::move(finish));
}

void SimulatedWorkers::kill(const TaskKey& key, Duration grace) {
    const Process* found = find(key);
    if (found == nullptr) {
        return;
    }
    const std::uint64_t number = found->number;
    const bool obeys = !found->hangs && found->fault != WorkerFault::IgnoresTerm;
    const bool atOnce = grace <= Duration::zero();
    const char* detail = atOnce || !obeys ? "killed by signal 9 (SIGKILL)" : "killed by signal 15 (SIGTERM)";
    m_time.after(obeys && !atOnce ? std::min(grace, upTo(80)) : grace, [this, key, number, detail] {
        const Process* process = find(key);
        if (process != nullptr && process->number == number) {
            end(key, detail, true);
        }
    });
}

void SimulatedWorkers::crash(const TaskKey& key, const std::string& detail) {
    if (m_processes.contains(key)) {
        end(key, detail, true);
    }
}

void SimulatedWorkers::hang(const TaskKey& key) {
    if (Process* process = find(key)) {
        process->hangs = true;
    }
}

void SimulatedWorkers::endAllOf(const NodeId& node) {
    for (const TaskKey& key : runningOn(node)) {
        end(key, "", false);
    }
}

void SimulatedWorkers::cutData(const NodeId& a, const NodeId& b, Duration duration) {
    m_cuts[std::minmax(a, b)] = m_time.now() + duration;
}

void SimulatedWorkers::end(const TaskKey& key, const std::string& detail, bool tell) {
    leave(key, "is gone");
    const std::unique_ptr<Process> process = std::move(m_processes.at(key));
    m_processes.erase(key);
    if (tell) {
        process->callbacks.exited(key, detail);
    }
}

std::string SimulatedWorkers::resultOf(const TaskKey& key, MembershipNumber membership) const {
    const auto found = m_results.find({key, membership});
    return found == m_results.end() ? std::string() : found->second;
}

std::vector<TaskKey> SimulatedWorkers::runningOn(const NodeId& node) const {
    std::vector<TaskKey> keys;
    for (const auto& [key, process] : m_processes) {
        if (process->node == node) {
            keys.push_back(key);
        }
    }
    return keys;
}

std::vector<TaskKey> SimulatedWorkers::running() const {
    std::vector<TaskKey> keys;
    for (const auto& [key, process] : m_processes) {
        keys.push_back(key);
    }
    return keys;
}

}  // namespace longship::test
