// What must hold after every event of a simulation, and what the tests ask at its end.
#include <algorithm>
#include <iostream>
#include <utility>

#include "tests/core/protocol/render.h"
#include "tests/simulation/simulated_cluster.h"

namespace longship::test {

namespace {

bool isTerminalEvent(const RunEvent& event) {
    return std::holds_alternative<RunFinished>(event.body);
}

}  // namespace

void SimulatedCluster::store(Node& n, const RunEvent& event) {
    std::vector<RunEvent>& log = n.history[event.run];
    if (m_tells && n.coordinator) {
        std::cerr << toIso8601(m_time.wallTime()) << " " << event.run.value << " " << render(event.body)
                  << "\n";
    }
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
        if (n.coordinator) {
            log.push_back(event);
            for (const auto& [id, other] : m_nodes) {
                const auto rows = other.rows.find(event.run);
                for (auto row = rows == other.rows.end() ? std::set<RowKey>::const_iterator()
                                                         : rows->second.begin();
                     rows != other.rows.end() && row != rows->second.end(); ++row) {
                    checkVoid(event.run, *row);
                }
            }
            note(event.sequence);
            return;
        }
    }
    if (!n.coordinator) {
        const std::vector<RunEvent>& truth = node(leader()).history[event.run];
        if (truth.size() < event.sequence || !(truth[event.sequence - 1] == event)) {
            broken(where + "an event that the leader did not store first");
        }
    }
    note(event.sequence);
    log.push_back(event);
}

void SimulatedCluster::storeRows(Node& n, const RunId& run, const std::vector<StepRow>& rows) {
    for (const StepRow& row : rows) {
        if (n.rows[run].insert(row.key).second) {
            checkVoid(run, row.key);
        }
    }
}

/// A row at or above the base of a later membership is void: it must never have been published.
void SimulatedCluster::checkVoid(const RunId& run, const RowKey& row) {
    for (const RunEvent& event : node(leader()).history[run]) {
        const auto* membership = std::get_if<MembershipCommitted>(&event.body);
        if (membership != nullptr && membership->number > row.membership &&
            row.step >= membership->baseStep) {
            broken("step " + std::to_string(row.step) + " of membership " + std::to_string(row.membership) +
                   " was published, and membership " + std::to_string(membership->number) + " begins at " +
                   std::to_string(membership->baseStep));
        }
    }
}

std::string SimulatedCluster::ledgerProblem(const RunId& run) const {
    const RunSnapshot snapshot = this->snapshot(leader(), run);
    std::map<Step, int> times;
    for (const RowKey& row : rows(leader(), run)) {
        ++times[row.step];
    }
    for (Step step = 0; step < snapshot.finished->steps; ++step) {
        if (times[step] != 1) {
            return "step " + std::to_string(step) + " has " + std::to_string(times[step]) + " rows";
        }
    }
    return times.size() == snapshot.finished->steps ? "" : "there are rows beyond the last step";
}

void SimulatedCluster::countTransitions(Node& n) {
    if (n.coordinator) {
        for (const auto& [name, count] : n.coordinator->counters().transitions) {
            m_transitions[name] += count;
        }
    }
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
    const auto [known, isNew] = m_assigned.try_emplace({assignment->run, assignment->number}, *assignment);
    if (!isNew && !(known->second == *assignment)) {
        broken("membership " + std::to_string(assignment->number) + " was given out twice, differently");
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

bool SimulatedCluster::allLogsEqual() const {
    for (const auto& [run, events] : node(leader()).history) {
        for (const NodeId& id : m_ids) {
            if (isAlive(id) && log(id, run) != events) {
                return false;
            }
        }
    }
    return true;
}

const std::set<RowKey>& SimulatedCluster::rows(const NodeId& id, const RunId& run) const {
    static const std::set<RowKey> kNothing;
    const auto found = node(id).rows.find(run);
    return found == node(id).rows.end() ? kNothing : found->second;
}

}  // namespace longship::test
