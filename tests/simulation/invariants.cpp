// What must hold after every event of a simulation, and what the tests ask at its end.
#include <algorithm>
#include <utility>

#include "tests/simulation/simulated_cluster.h"

namespace longship::test {

namespace {

bool isTerminalEvent(const RunEvent& event) {
    return std::holds_alternative<RunFinished>(event.body);
}

/// Made by an agent that lost its leader, not by the leader.
bool isLocalEnd(const RunEvent& event, const NodeId& leader) {
    const auto* finished = std::get_if<RunFinished>(&event.body);
    return finished != nullptr && finished->cause.starts_with("leader " + leader.value);
}

}  // namespace

void SimulatedCluster::store(Node& n, const RunEvent& event) {
    std::vector<RunEvent>& log = n.history[event.run];
    const std::string where = n.id.value + ", run " + event.run.value + ": ";
    if (event.sequence != log.size() + 1) {
        broken(where + "event " + std::to_string(event.sequence) + " follows " + std::to_string(log.size()));
    }
    if (!log.empty() && isTerminalEvent(log.back())) {
        broken(where + "an event after the run's end");
    }
    if (const auto* membership = std::get_if<MembershipCommitted>(&event.body)) {
        MembershipNumber last = 0;
        for (const RunEvent& earlier : log) {
            const auto* before = std::get_if<MembershipCommitted>(&earlier.body);
            last = before != nullptr ? before->number : last;
        }
        if (membership->number != last + 1) {
            broken(where + "membership numbers do not grow by one");
        }
    }
    if (!n.coordinator && !isLocalEnd(event, leader()) &&
        !std::holds_alternative<IncidentRaised>(event.body)) {
        const std::vector<RunEvent>& truth = node(leader()).history[event.run];
        if (truth.size() < event.sequence || !(truth[event.sequence - 1] == event)) {
            broken(where + "an event that the leader did not store first");
        }
    }
    note(event.sequence);
    log.push_back(event);
}

/// Persist before send: whoever is told of a membership can rely on its being in the log.
void SimulatedCluster::checkTransmit(const Node& leaderNode, const Message& message) {
    const auto* assignment = std::get_if<AssignMembership>(&message);
    if (assignment == nullptr) {
        return;
    }
    const std::vector<RunEvent>& events = leaderNode.history.at(assignment->run);
    const bool stored = std::any_of(events.begin(), events.end(), [&](const RunEvent& event) {
        const auto* membership = std::get_if<MembershipCommitted>(&event.body);
        return membership != nullptr && membership->number == assignment->number &&
               membership->members.size() == assignment->seats.size();
    });
    if (!stored) {
        broken("a membership was assigned before it was committed");
    }
    if (assignment->token.size() != 32) {
        broken("a membership without a token");
    }
}

void SimulatedCluster::checkSnapshot(const Node& n, const RunId& run) {
    const auto snapshot = n.coordinator->runs().find(run);
    if (snapshot == n.coordinator->runs().end() || !(snapshot->second == foldEvents(n.history.at(run)))) {
        broken("the snapshot of run " + run.value + " is not the fold of its events");
    }
}

bool SimulatedCluster::isAlive(const NodeId& id) const {
    return node(id).alive;
}

const std::vector<RunEvent>& SimulatedCluster::log(const NodeId& id, const RunId& run) const {
    static const std::vector<RunEvent> kNothing;
    const auto found = node(id).history.find(run);
    return found == node(id).history.end() ? kNothing : found->second;
}

std::vector<RunId> SimulatedCluster::runsOf(const NodeId& id) const {
    std::vector<RunId> runs;
    for (const auto& [run, events] : node(id).history) {
        runs.push_back(run);
    }
    return runs;
}

RunSnapshot SimulatedCluster::snapshot(const NodeId& id, const RunId& run) const {
    return foldEvents(log(id, run));
}

std::vector<NodeView> SimulatedCluster::nodeViews() const {
    const Node& n = node(leader());
    return n.coordinator ? n.coordinator->nodes(m_time.now()) : std::vector<NodeView>();
}

bool SimulatedCluster::allRunsEnded() const {
    for (const auto& [id, n] : m_nodes) {
        for (const auto& [run, events] : n.history) {
            if (n.alive && !isTerminalEvent(events.back())) {
                return false;
            }
        }
    }
    return true;
}

bool SimulatedCluster::closedLocally(const NodeId& id, const RunId& run) const {
    const std::vector<RunEvent>& events = log(id, run);
    return !events.empty() && isLocalEnd(events.back(), leader());
}

bool SimulatedCluster::allLogsEqual() const {
    for (const auto& [run, events] : node(leader()).history) {
        for (const NodeId& id : m_ids) {
            if (isAlive(id) && !closedLocally(id, run) && log(id, run) != events) {
                return false;
            }
        }
    }
    return true;
}

std::uint64_t SimulatedCluster::rowsStored(const NodeId& id, const RunId& run) const {
    const auto found = node(id).rows.find(run);
    return found == node(id).rows.end() ? 0 : found->second;
}

}  // namespace longship::test
