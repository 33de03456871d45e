#include "agent/daemon/fixed_seat.h"

#include <algorithm>
#include <variant>

#include "core/base/check.h"

namespace longship {
namespace {

/// Orders and answers of a leader; everything else between agents is meant for a leader.
bool isForFollower(const Message& message) {
    return std::holds_alternative<HeartbeatAck>(message) || std::holds_alternative<StartTask>(message) ||
           std::holds_alternative<KillTask>(message) || std::holds_alternative<AssignMembership>(message) ||
           std::holds_alternative<StopWork>(message) || std::holds_alternative<Freeze>(message) ||
           std::holds_alternative<ReplicateEvents>(message) || std::holds_alternative<PullAnswer>(message);
}

}  // namespace

FixedSeat::FixedSeat(const Options& options, TimePoint now)
    : m_self(options.self), m_leader(options.nodes.front()) {
    AgentMachine::Options machine;
    machine.self = options.self;
    machine.leader = m_leader;
    machine.version = options.version;
    m_machine = std::make_unique<AgentMachine>(machine, now);
    if (m_leader == m_self) {
        Coordinator::Options coordinator;
        coordinator.self = options.self;
        coordinator.cluster = options.cluster;
        coordinator.term = options.term;
        coordinator.nodes = options.nodes;
        coordinator.seed = options.seed;
        m_coordinator = std::make_unique<Coordinator>(coordinator, now);
    }
}

void FixedSeat::restore(const std::vector<RunSnapshot>& runs, UtcTime wallTime) {
    for (const RunSnapshot& run : runs) {
        m_machine->restore(run);
        if (m_coordinator != nullptr) {
            m_coordinator->restore(run, wallTime);
        }
    }
}

void FixedSeat::handleAgent(const NodeId& from, const Message& message, TimePoint now, UtcTime wallTime) {
    if (isForFollower(message)) {
        m_machine->handleLeader(message, now, wallTime);
    } else if (m_coordinator != nullptr) {
        m_coordinator->handle(from, message, now, wallTime);
    }
}

void FixedSeat::handleRefused(const NodeId& node, TimePoint now, UtcTime wallTime) {
    if (m_coordinator != nullptr) {
        m_coordinator->handleRefused(node, now, wallTime);
    } else if (node == m_leader) {
        m_machine->leaderRefused(now, wallTime);
    }
}

void FixedSeat::handleTimeout(TimePoint now, UtcTime wallTime) {
    if (m_coordinator != nullptr) {
        m_coordinator->handleTimeout(now, wallTime);
    }
    m_machine->handleTimeout(now, wallTime);
}

TimePoint FixedSeat::nextTimeout() const {
    TimePoint next = m_machine->nextTimeout().value_or(TimePoint::max());
    if (m_coordinator != nullptr) {
        next = std::min(next, m_coordinator->nextTimeout().value_or(TimePoint::max()));
    }
    return next;
}

FixedSeat::Work FixedSeat::drain(TimePoint now, UtcTime wallTime) {
    // What one says to the other makes it say more; a conversation without an end would be a bug in them.
    constexpr int kRoundsMax = 1000;
    Work work;
    for (int round = 0;; ++round) {
        LONGSHIP_CHECK(round < kRoundsMax, "coordinator and agent of one node talk without end");
        const bool coordinatorSpoke = m_coordinator != nullptr && drainCoordinator(work, now, wallTime);
        const bool machineSpoke = drainMachine(work, now, wallTime);
        if (!coordinatorSpoke && !machineSpoke) {
            return work;
        }
    }
}

bool FixedSeat::drainCoordinator(Work& work, TimePoint now, UtcTime wallTime) {
    bool spoke = false;
    while (auto event = m_coordinator->pollEvent()) {
        work.events.push_back(std::move(*event));
        spoke = true;
    }
    while (auto outgoing = m_coordinator->pollTransmit()) {
        spoke = true;
        if (outgoing->to == m_self) {
            m_machine->handleLeader(outgoing->message, now, wallTime);
        } else {
            work.toNodes.emplace_back(std::move(outgoing->to), std::move(outgoing->message));
        }
    }
    return spoke;
}

bool FixedSeat::drainMachine(Work& work, TimePoint now, UtcTime wallTime) {
    bool spoke = false;
    while (auto event = m_machine->pollEvent()) {
        work.events.push_back(std::move(*event));
        spoke = true;
    }
    while (auto rows = m_machine->pollRows()) {
        work.rows.push_back(std::move(*rows));
        spoke = true;
    }
    while (auto action = m_machine->pollAction()) {
        work.actions.push_back(std::move(*action));
        spoke = true;
    }
    while (auto outgoing = m_machine->pollTransmit()) {
        spoke = true;
        if (outgoing->worker) {
            work.toWorkers.emplace_back(*outgoing->worker, std::move(outgoing->message));
        } else if (m_coordinator != nullptr) {
            m_coordinator->handle(m_self, outgoing->message, now, wallTime);
        } else {
            work.toNodes.emplace_back(m_leader, std::move(outgoing->message));
        }
    }
    return spoke;
}

}  // namespace longship
