// The part of AgentMachine that supervises workers.
#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "core/domain/task_kind.h"
#include "core/protocol/agent_state.h"
#include "core/protocol/limits.h"

namespace longship {

namespace {

std::chrono::milliseconds toMilliseconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

/// Of a worker's own words: which task they are about.
const TaskKey* keyIn(const Message& message) {
    return std::visit(
        [](const auto& m) -> const TaskKey* {
            using M = std::decay_t<decltype(m)>;
            constexpr bool report = std::is_same_v<M, WorkerReady> || std::is_same_v<M, MembershipEntered> ||
                                    std::is_same_v<M, StepsDone> || std::is_same_v<M, EvaluationDone> ||
                                    std::is_same_v<M, PhaseChanged> || std::is_same_v<M, WorkerFinished> ||
                                    std::is_same_v<M, WorkerFailed> || std::is_same_v<M, Frozen> ||
                                    std::is_same_v<M, MembershipBroken> ||
                                    std::is_same_v<M, CheckpointWritten>;
            if constexpr (report) {
                return &m.key;
            } else {
                return nullptr;
            }
        },
        message);
}

}  // namespace

/// The transition table (core/protocol/README.md, "Agent"). A process that is gone is no longer in it.
bool AgentMachine::State::advance(Worker& worker, TaskTrigger trigger) {
    struct Line {
        TaskPhase from;
        TaskTrigger trigger;
        TaskPhase to;
    };
    using enum TaskPhase;
    static constexpr std::array kTable = {
        Line{Starting, TaskTrigger::Spawned, Running}, Line{Starting, TaskTrigger::SaidHello, Connected},
        Line{Starting, TaskTrigger::Killed, Ending},   Line{Running, TaskTrigger::SaidHello, Connected},
        Line{Running, TaskTrigger::Killed, Ending},    Line{Connected, TaskTrigger::Killed, Ending},
    };
    const auto line = std::find_if(kTable.begin(), kTable.end(), [&](const Line& candidate) {
        return candidate.from == worker.phase && candidate.trigger == trigger;
    });
    if (line == kTable.end()) {
        return false;
    }
    worker.phase = line->to;
    return true;
}

void AgentMachine::State::toWorker(Worker& worker, Message message) {
    if (worker.phase == TaskPhase::Connected) {
        transmits.push_back({worker.key, std::move(message)});
    } else if (worker.phase != TaskPhase::Ending) {
        worker.waiting.push_back(std::move(message));
    }
}

void AgentMachine::State::start(const StartTask& order) {
    if (workers.contains(order.key)) {
        return;  // Given again because the first one seemed lost.
    }
    if (departed.contains(order.key)) {
        report(TaskExited{order.key, "it has ended before", true, ""});
        return;
    }
    if (shutdownReason) {
        report(TaskExited{order.key, "not started: " + *shutdownReason, false, ""});
        return;
    }
    workers.emplace(order.key, Worker{.key = order.key});
    actions.push_back(SpawnWorker{order.key, order.jobYaml, order.checkpoints});
}

void AgentMachine::State::kill(const KillTask& order, TimePoint now) {
    const auto worker = workers.find(order.key);
    if (worker != workers.end()) {
        end(worker->second, order.reason, now);
        return;
    }
    // Remembered, so that a StartTask that comes after it does not bring the task to life. Said each time:
    // the leader asks until it knows.
    markDeparted(order.key);
    report(TaskExited{order.key, "it is not running", true, ""});
}

void AgentMachine::State::end(Worker& worker, const std::string& reason, TimePoint now) {
    const bool connected = worker.phase == TaskPhase::Connected;
    if (!advance(worker, TaskTrigger::Killed)) {
        return;
    }
    if (connected) {
        transmits.push_back({worker.key, KillTask{term, worker.key, reason}});
    }
    worker.endReason = reason;
    worker.killDue = now + 2 * times.killGrace;
    actions.push_back(KillWorker{worker.key, toMilliseconds(times.killGrace), reason});
}

void AgentMachine::State::endAll(const std::string& reason, TimePoint now) {
    for (auto& [key, worker] : workers) {
        end(worker, reason, now);
    }
}

void AgentMachine::State::assign(const AssignMembership& assignment) {
    bool seated = false;
    for (auto& entry : workers) {
        const TaskKey& key = entry.first;  // Older clangs cannot capture a structured binding.
        Worker& worker = entry.second;
        const bool here = key.run == assignment.run &&
                          std::any_of(assignment.seats.begin(), assignment.seats.end(), [&](const Seat& s) {
                              return s.member.task == key.task && s.member.generation == key.generation;
                          });
        if (!here) {
            continue;
        }
        seated = true;
        if (assignment.number <= worker.membership) {
            ++counters.oldMembership;
            continue;
        }
        worker.membership = assignment.number;
        worker.finished = false;
        toWorker(worker, assignment);
    }
    counters.unknownTask += seated ? 0 : 1;
}

void AgentMachine::State::freeze(const Freeze& order) {
    for (auto& [key, worker] : workers) {
        if (key.run == order.run) {
            toWorker(worker, order);
        }
    }
}

/// A server works until it is told to end: the others come to their last step with it.
void AgentMachine::State::stopWork(const StopWork& order) {
    for (auto& [key, worker] : workers) {
        if (key.run == order.run && !isServer(key.task)) {
            toWorker(worker, order);
        }
    }
}

void AgentMachine::workerStarted(const TaskKey& key, TimePoint) {
    const auto worker = m_state->workers.find(key);
    if (worker != m_state->workers.end()) {
        m_state->advance(worker->second, State::TaskTrigger::Spawned);
    }
}

void AgentMachine::spawnFailed(const TaskKey& key, const Error& error, TimePoint) {
    m_state->depart(key, "it could not be started: " + error.text, "", false);
}

void AgentMachine::workerConnected(const TaskKey& key, TimePoint now) {
    State& s = *m_state;
    const auto found = s.workers.find(key);
    if (found == s.workers.end()) {
        ++s.counters.unknownTask;
        return;
    }
    State::Worker& worker = found->second;
    if (!s.advance(worker, State::TaskTrigger::SaidHello)) {
        if (worker.phase == TaskPhase::Ending) {
            s.transmits.push_back({key, KillTask{s.term, key, worker.endReason}});
        }
        return;
    }
    worker.nextPing = now + s.times.ping;
    for (Message& message : std::exchange(worker.waiting, {})) {
        s.transmits.push_back({key, std::move(message)});
    }
}

void AgentMachine::workerExited(const TaskKey& key, const std::string& detail, const std::string& lastLog,
                                TimePoint) {
    const auto worker = m_state->workers.find(key);
    const bool expected = worker != m_state->workers.end() &&
                          (worker->second.finished || worker->second.phase == TaskPhase::Ending);
    m_state->depart(key, detail, lastLog, expected);
}

void AgentMachine::State::depart(const TaskKey& key, const std::string& detail, const std::string& lastLog,
                                 bool expected) {
    if (workers.erase(key) == 0) {
        ++counters.unknownTask;
        return;
    }
    markDeparted(key);
    report(TaskExited{key, detail, expected, lastLog});
}

void AgentMachine::State::markDeparted(const TaskKey& key) {
    departed.insert(key);
    if (departed.size() > kDepartedTasksMax) {
        departed.erase(departed.begin());  // Run ids begin with the time.
    }
}

void AgentMachine::handleWorker(const TaskKey& from, const Message& message, TimePoint) {
    const auto worker = m_state->workers.find(from);
    if (worker == m_state->workers.end()) {
        ++m_state->counters.unknownTask;
        return;
    }
    m_state->hear(worker->second, message);
}

void AgentMachine::State::hear(Worker& worker, const Message& message) {
    if (const auto* pong = std::get_if<Pong>(&message)) {
        worker.progress = *pong;
        worker.pingsUnanswered = 0;
        worker.unansweredSince.reset();
        return;
    }
    const TaskKey* key = keyIn(message);
    if (key == nullptr || *key != worker.key) {
        ++counters.unexpected;
        return;
    }
    const auto* entered = std::get_if<MembershipEntered>(&message);
    if (entered != nullptr && entered->number != worker.membership) {
        ++counters.oldMembership;
        return;
    }
    if (const auto* ready = std::get_if<WorkerReady>(&message)) {
        worker.ready = *ready;
    }
    if (const auto* frozen = std::get_if<Frozen>(&message); frozen != nullptr && worker.ready) {
        worker.ready->endpoint = frozen->endpoint;
        worker.ready->publicKey = frozen->publicKey;
    }
    if (const auto* steps = std::get_if<StepsDone>(&message)) {
        rows.push_back({worker.key.run, steps->rows});
    }
    if (const auto* finished = std::get_if<WorkerFinished>(&message)) {
        worker.finished = true;
        WorkerFinished signedHere = *finished;
        if (signedHere.model) {
            signedHere.model->node = options.self;
        }
        report(std::move(signedHere));
        return;
    }
    report(message);
}

/// Pings a connected worker and notices one that hangs; kills one that would not end.
void AgentMachine::State::watch(Worker& worker, TimePoint now) {
    if (worker.killDue && now >= *worker.killDue) {
        worker.killDue = now + 2 * times.killGrace;
        actions.push_back(KillWorker{worker.key, std::chrono::milliseconds(0), worker.endReason});
    }
    if (worker.phase != TaskPhase::Connected || !worker.nextPing || now < *worker.nextPing) {
        return;
    }
    // Counted as well as timed: an agent that was itself suspended must hear the answers that wait for it.
    const auto pingsMin = static_cast<std::uint64_t>((times.hung + times.ping - Duration(1)) / times.ping);
    if (worker.pingsUnanswered >= pingsMin && now - *worker.unansweredSince >= times.hung) {
        char text[96];
        std::snprintf(text, sizeof text, "It hangs: it has not answered its agent for %.1f s.",
                      toSeconds(now - *worker.unansweredSince));
        report(WorkerFailed{worker.key, Error{ErrorKind::Internal, text}});
        end(worker, "it hangs", now);
        return;
    }
    worker.nextPing = now + times.ping;
    worker.unansweredSince = worker.unansweredSince.value_or(now);
    ++worker.pingsUnanswered;
    transmits.push_back({worker.key, Ping{++pingNumber}});
}

std::optional<TimePoint> AgentMachine::State::nextWatch(const Worker& worker) const {
    return worker.phase == TaskPhase::Connected ? worker.nextPing : worker.killDue;
}

}  // namespace longship
