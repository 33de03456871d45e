#include "tests/simulation/simulated_workers.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace longship::test {

using std::chrono::milliseconds;

namespace {

constexpr std::uint64_t kBatch = 256;

RunPrepared preparedData(WorkerFault fault) {
    RunPrepared prepared;
    prepared.trainingSamples = fault == WorkerFault::OtherData ? 59'999 : 60'000;
    prepared.testSamples = 10'000;
    prepared.parameters = 1000;
    prepared.microBatch = 1;
    prepared.device = "cpu";
    return prepared;
}

StepRow rowOf(MembershipNumber membership, Step step) {
    StepRow row;
    row.key = {membership, step};
    row.digest.count = kBatch;
    return row;
}

}  // namespace

Duration SimulatedWorkers::upTo(int ms) {
    return std::chrono::microseconds(1 + m_random.below(static_cast<std::uint64_t>(ms) * 1000));
}

/// Acts on the same process only: not on one that was started after it under the same name.
void SimulatedWorkers::later(const TaskKey& key, Duration delay, std::function<void(Process&)> action) {
    const std::uint64_t number = m_processes.at(key)->number;
    m_time.after(delay, [this, key, number, action = std::move(action)] {
        const auto found = m_processes.find(key);
        if (found != m_processes.end() && found->second->number == number && !found->second->hangs) {
            action(*found->second);
            drain(key);
        }
    });
}

void SimulatedWorkers::spawn(const NodeId& node, const TaskKey& key, WorkerFault fault, Callbacks callbacks) {
    LONGSHIP_CHECK(!m_processes.contains(key), "a task must not be started twice");
    m_processes[key] = std::make_unique<Process>(
        Process{node, WorkerMachine(key), fault, std::move(callbacks), false, ++m_count});
    later(key, upTo(5), [key](Process& p) { p.callbacks.started(key); });
    later(key, milliseconds(5) + upTo(100), [key](Process& p) { p.callbacks.connected(key); });
    later(key, milliseconds(110) + upTo(600), [key](Process& p) {
        if (p.fault == WorkerFault::FailsToLoad) {
            p.machine.failed({ErrorKind::Io, "the data set cannot be read"});
        } else if (p.fault != WorkerFault::NeverReady) {
            p.machine.ready("tcp://" + p.node.value, "key of " + p.machine.key().task.value,
                            preparedData(p.fault));
        }
    });
}

void SimulatedWorkers::deliver(const TaskKey& key, const Message& message) {
    const auto found = m_processes.find(key);
    if (found != m_processes.end() && !found->second->hangs) {
        found->second->machine.handle(message, {});
        drain(key);
    }
}

void SimulatedWorkers::drain(const TaskKey& key) {
    const auto found = m_processes.find(key);
    if (found == m_processes.end()) {
        return;
    }
    Process& process = *found->second;
    const Callbacks callbacks = process.callbacks;
    while (std::optional<Message> message = process.machine.pollTransmit()) {
        callbacks.said(key, *message);
        if (!m_processes.contains(key)) {
            return;
        }
    }
    while (std::optional<WorkerCommand> command = process.machine.pollCommand()) {
        obey(key, *command);
        if (!m_processes.contains(key)) {
            return;
        }
    }
}

void SimulatedWorkers::obey(const TaskKey& key, const WorkerCommand& command) {
    if (const auto* seat = std::get_if<EnterMembership>(&command)) {
        enter(key, *seat);
    } else if (std::holds_alternative<RequestStop>(command)) {
        m_groups[key.run].stopping = true;
    } else if (m_processes.at(key)->fault != WorkerFault::IgnoresTerm) {
        const int status = std::get<ExitWorker>(command).status;
        later(key, upTo(20),
              [this, key, status](Process&) { end(key, "exit status " + std::to_string(status), true); });
    }
}

void SimulatedWorkers::enter(const TaskKey& key, const EnterMembership& seat) {
    Group& group = m_groups[key.run];
    if (group.members.empty()) {
        group.stepsTotal = 5 + m_random.below(60);
        for (const Seat& member : seat.assignment.seats) {
            group.members.insert({key.run, member.member.task, member.member.generation});
        }
    }
    group.inside.insert(key);
    if (group.inside != group.members || group.broken) {
        return;
    }
    for (const TaskKey& member : group.members) {
        if (m_processes.contains(member)) {
            later(member, upTo(20), [](Process& p) { p.machine.entered(1); });
        }
    }
    m_time.after(milliseconds(25), [this, run = key.run] { stepGroup(run); });
}

/// One step of all members, or nothing any more when one of them is gone.
void SimulatedWorkers::stepGroup(const RunId& run) {
    Group& group = m_groups[run];
    const bool whole = std::all_of(group.members.begin(), group.members.end(), [&](const TaskKey& key) {
        const auto found = m_processes.find(key);
        return found != m_processes.end() && !found->second->hangs;
    });
    if (!whole || group.broken) {
        return;
    }
    ++group.steps;
    const bool evaluates = group.steps % 20 == 0;
    for (const TaskKey& key : group.members) {
        const Step step = group.steps - 1;
        later(key, upTo(3), [step, evaluates](Process& p) {
            std::optional<EvaluationFinished> evaluation;
            if (evaluates) {
                p.machine.progress({}, std::nullopt, RunState::Evaluating);
                evaluation = EvaluationFinished{step + 1, 0, 0.5, 80, 100};
            }
            p.machine.progress({rowOf(1, step)}, evaluation, RunState::Training);
        });
    }
    if (group.stopping || group.steps >= group.stepsTotal) {
        m_time.after(milliseconds(10), [this, run] { finishGroup(run); });
    } else {
        m_time.after(milliseconds(10) + upTo(60), [this, run] { stepGroup(run); });
    }
}

void SimulatedWorkers::finishGroup(const RunId& run) {
    const Group& group = m_groups[run];
    const bool stopped = group.steps < group.stepsTotal;
    for (const TaskKey& key : group.members) {
        if (!m_processes.contains(key)) {
            continue;
        }
        later(key, upTo(50), [steps = group.steps, stopped](Process& p) {
            WorkerMachine::Finish finish;
            finish.steps = steps;
            finish.samples = steps * kBatch;
            finish.parameterHash = p.fault == WorkerFault::OtherResult ? "odd" : "even";
            finish.stopped = stopped;
            if (p.machine.savesModel()) {
                finish.model = ModelSaved{NodeId(), 4000, "abcd"};
            }
            p.machine.finished(std::move(finish));
        });
    }
}

void SimulatedWorkers::kill(const TaskKey& key, Duration grace) {
    const auto found = m_processes.find(key);
    if (found == m_processes.end()) {
        return;
    }
    const std::uint64_t number = found->second->number;
    const bool obeys = !found->second->hangs && found->second->fault != WorkerFault::IgnoresTerm;
    const bool atOnce = grace <= Duration::zero();
    const char* detail = atOnce || !obeys ? "killed by signal 9 (SIGKILL)" : "killed by signal 15 (SIGTERM)";
    m_time.after(obeys && !atOnce ? std::min(grace, upTo(80)) : grace, [this, key, number, detail] {
        const auto process = m_processes.find(key);
        if (process != m_processes.end() && process->second->number == number) {
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
    const auto found = m_processes.find(key);
    if (found != m_processes.end()) {
        found->second->hangs = true;
    }
}

void SimulatedWorkers::endAllOf(const NodeId& node) {
    for (const TaskKey& key : runningOn(node)) {
        end(key, "", false);
    }
}

void SimulatedWorkers::end(const TaskKey& key, const std::string& detail, bool tell) {
    const std::unique_ptr<Process> process = std::move(m_processes.at(key));
    m_processes.erase(key);
    Group& group = m_groups[key.run];
    if (group.members.contains(key)) {
        group.broken = true;
        for (const TaskKey& other : group.members) {
            if (m_processes.contains(other)) {
                later(other, upTo(30), [key](Process& p) {
                    p.machine.failed({ErrorKind::Unavailable, "the link to " + key.task.value + " broke"});
                });
            }
        }
    }
    if (tell) {
        process->callbacks.exited(key, detail);
    }
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
