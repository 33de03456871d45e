#include "core/protocol/agent_machine.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "core/protocol/agent_state.h"
#include "core/protocol/mutation.h"

namespace longship {

AgentMachine::State::State(Options given, TimePoint now)
    : options(std::move(given)),
      times(Timeouts::from(options.tolerateSilence)),
      heardAt(now),
      nextHeartbeat(now) {}

AgentMachine::AgentMachine(Options options, TimePoint now)
    : m_state(std::make_unique<State>(std::move(options), now)) {}

AgentMachine::~AgentMachine() = default;

void AgentMachine::State::toLeader(Message message) {
    if (linkUp) {
        transmits.push_back({std::nullopt, std::move(message)});
    }
}

/// Kept until the leader answers a heartbeat that was sent after it on the same link: links keep the order.
void AgentMachine::State::report(Message message) {
    reports.push_back({heartbeatNumber + 1, message});
    toLeader(std::move(message));
}

void AgentMachine::leaderConnected(TimePoint now) {
    State& s = *m_state;
    s.linkUp = true;
    if (LONGSHIP_MUTANT("agent-says-nothing-again")) {
        s.reports.clear();
    }
    for (State::Report& report : s.reports) {
        // An answer to a heartbeat of the link before says nothing about what is sent on this one.
        report.before = s.heartbeatNumber + 1;
        s.toLeader(report.message);
    }
    s.sendHeartbeat(now);
}

void AgentMachine::leaderDisconnected(TimePoint) {
    m_state->linkUp = false;
}

void AgentMachine::leaderChanged(const NodeId& leader, Term term, TimePoint now) {
    State& s = *m_state;
    if (!s.takesTerm(term)) {
        return;
    }
    s.options.leader = leader;
    s.forgetLink();
    for (const auto& [key, worker] : s.workers) {
        if (worker.ready && worker.phase != TaskPhase::Ending) {
            std::erase_if(s.reports, [&](const State::Report& report) {
                const auto* ready = std::get_if<WorkerReady>(&report.message);
                return ready != nullptr && ready->key == worker.key;
            });
            s.report(*worker.ready);
        }
    }
    s.heardAt = now;  // A majority just heard it.
    s.leaderLost = false;
    s.orphaned = false;
}

void AgentMachine::leadershipLost(const std::string& why, TimePoint now) {
    State& s = *m_state;
    s.forgetLink();
    s.heardAt = now;
    s.leaderLost = false;
    s.loseLeader(why);
    s.options.leader = NodeId();
}

void AgentMachine::State::forgetLink() {
    linkUp = false;
    std::erase_if(transmits, [](const Outgoing& outgoing) { return !outgoing.worker; });
}

void AgentMachine::leaderRefused(TimePoint, UtcTime) {
    State& s = *m_state;
    s.linkUp = false;
    // A leader that was never heard may just not be up yet; handleTimeout() has the last word on that.
    if (s.everHeard && !s.leads()) {
        s.loseLeader("the connection to it was refused");
    }
}

void AgentMachine::State::sendHeartbeat(TimePoint now) {
    nextHeartbeat = now + times.heartbeat;
    Heartbeat beat;
    beat.node = options.self;
    beat.term = term;
    beat.number = ++heartbeatNumber;
    for (const auto& [key, worker] : workers) {
        beat.tasks.push_back(key);
    }
    beat.sample = std::exchange(sample, std::nullopt);
    beat.version = options.version;
    toLeader(std::move(beat));
}

bool AgentMachine::State::takesTerm(Term given) {
    if (given < term && !LONGSHIP_MUTANT("agent-obeys-old-terms")) {
        ++counters.oldTerm;
        return false;
    }
    term = given;
    return true;
}

void AgentMachine::handleLeader(const Message& message, TimePoint now, UtcTime) {
    State& s = *m_state;
    const auto* ack = std::get_if<HeartbeatAck>(&message);
    const auto* startTask = std::get_if<StartTask>(&message);
    const auto* killTask = std::get_if<KillTask>(&message);
    const auto* assignment = std::get_if<AssignMembership>(&message);
    const auto* freezing = std::get_if<Freeze>(&message);
    const auto* stop = std::get_if<StopWork>(&message);

    std::optional<Term> given;
    const auto note = [&](const auto* order) {
        if (order != nullptr) {
            given = order->term;
        }
    };
    note(ack), note(startTask), note(killTask), note(assignment), note(freezing), note(stop);
    if (!given) {
        ++s.counters.unexpected;
        return;
    }
    if (!s.takesTerm(*given)) {
        return;
    }
    s.heardAt = now;
    s.everHeard = true;
    s.leaderLost = false;
    s.orphaned = false;
    if (ack != nullptr) {
        s.onAck(*ack);
    } else if (startTask != nullptr) {
        s.start(*startTask);
    } else if (killTask != nullptr) {
        s.kill(*killTask, now);
    } else if (assignment != nullptr) {
        s.assign(*assignment);
    } else if (freezing != nullptr) {
        s.freeze(*freezing);
    } else {
        s.stopWork(*stop);
    }
}

void AgentMachine::State::onAck(const HeartbeatAck& ack) {
    std::erase_if(reports, [&](const Report& report) {
        return report.before <= ack.number || LONGSHIP_MUTANT("agent-forgets-its-reports");
    });
}

/// Its workers stop computing, so that a side that is cut off comes to rest by itself, but keep their state:
/// the leader, or another one, may ask for it.
void AgentMachine::State::loseLeader(const std::string& why) {
    if (leaderLost) {
        return;
    }
    leaderLost = true;
    for (auto& [key, worker] : workers) {
        if (worker.membership > 0 && !LONGSHIP_MUTANT("agent-lets-orphans-compute")) {
            toWorker(worker, Freeze{term, key.run, worker.membership + 1,
                                    "leader " + options.leader.value + " was lost: " + why});
        }
    }
}

/// Nobody came back for them.
void AgentMachine::State::endOrphans(TimePoint now) {
    if (!orphaned) {
        orphaned = true;
        endAll("leader " + options.leader.value + " was not heard for " +
                   std::to_string(static_cast<long>(toSeconds(now - heardAt))) + " s",
               now);
    }
}

void AgentMachine::handleTimeout(TimePoint now, UtcTime) {
    State& s = *m_state;
    const Duration silence = now - s.heardAt;
    if (!s.leads() && silence >= s.times.dead) {
        char text[64];
        std::snprintf(text, sizeof text, "nothing was heard from it for %.1f s", toSeconds(silence));
        s.loseLeader(text);
    }
    if (!s.leads() && silence >= s.times.orphan) {
        s.endOrphans(now);
    }
    if (s.linkUp && now >= s.nextHeartbeat) {
        s.sendHeartbeat(now);
    }
    for (auto& [key, worker] : s.workers) {
        s.watch(worker, now);
    }
}

std::optional<TimePoint> AgentMachine::nextTimeout() const {
    const State& s = *m_state;
    std::optional<TimePoint> next;
    const auto consider = [&](std::optional<TimePoint> due) {
        if (due && (!next || *due < *next)) {
            next = due;
        }
    };
    if (s.linkUp) {
        consider(s.nextHeartbeat);
    }
    if (!s.leads() && !s.leaderLost) {
        consider(s.heardAt + s.times.dead);
    }
    if (!s.leads() && !s.orphaned) {
        consider(s.heardAt + s.times.orphan);
    }
    for (const auto& [key, worker] : s.workers) {
        consider(s.nextWatch(worker));
    }
    return next;
}

void AgentMachine::setSample(const NodeSample& sample) {
    m_state->sample = sample;
}

void AgentMachine::shutdown(const std::string& reason, TimePoint now) {
    m_state->shutdownReason = reason;
    m_state->endAll(reason, now);
}

bool AgentMachine::isIdle() const {
    return m_state->workers.empty();
}

namespace {

template <typename T>
std::optional<T> popFront(std::deque<T>& queue) {
    if (queue.empty()) {
        return std::nullopt;
    }
    std::optional<T> value(std::move(queue.front()));
    queue.pop_front();
    return value;
}

}  // namespace

std::optional<AgentMachine::Outgoing> AgentMachine::pollTransmit() {
    return popFront(m_state->transmits);
}

std::optional<AgentAction> AgentMachine::pollAction() {
    return popFront(m_state->actions);
}

std::optional<AgentMachine::RowsToStore> AgentMachine::pollRows() {
    return popFront(m_state->rows);
}

Term AgentMachine::term() const {
    return m_state->term;
}

bool AgentMachine::leaderHeard(TimePoint now) const {
    return m_state->everHeard && !m_state->leaderLost && now - m_state->heardAt < m_state->times.dead;
}

std::vector<TaskKey> AgentMachine::tasks() const {
    std::vector<TaskKey> keys;
    for (const auto& [key, worker] : m_state->workers) {
        keys.push_back(key);
    }
    return keys;
}

std::optional<Pong> AgentMachine::progressOf(const TaskKey& key) const {
    const auto worker = m_state->workers.find(key);
    return worker == m_state->workers.end() ? std::nullopt : worker->second.progress;
}

const AgentMachine::Counters& AgentMachine::counters() const {
    return m_state->counters;
}

}  // namespace longship
