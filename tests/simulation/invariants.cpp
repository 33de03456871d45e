// What must hold after every event of a simulation, and what the tests ask at its end.
#include <algorithm>
#include <iostream>
#include <utility>

#include "core/domain/job_yaml.h"
#include "core/domain/phrase.h"
#include "core/domain/task_kind.h"
#include "tests/core/protocol/render.h"
#include "tests/simulation/simulated_cluster.h"

namespace longship::test {

namespace {

constexpr std::uint64_t kEventsMax = 5000;  ///< Of one run: far more than any history has.

bool isTerminalEvent(const RunEvent& event) {
    return std::holds_alternative<RunFinished>(event.body);
}

}  // namespace

/// A node puts an event that it was told is committed into its history.
void SimulatedCluster::store(Node& n, const RunEvent& event) {
    std::vector<RunEvent>& history = n.history[event.run];
    if (event.sequence != history.size() + 1) {
        broken(n.id.value + ", run " + event.run.value + ": event " + std::to_string(event.sequence) +
               " follows " + std::to_string(history.size()));
    }
    commit(n.id, event);
    history.push_back(event);
}

/// Whoever is first decides; everybody else has the same there.
void SimulatedCluster::commit(const NodeId& by, const RunEvent& event) {
    Committed& run = m_committed[event.run];
    const std::string where = by.value + ", run " + event.run.value + ": ";
    if (event.sequence <= run.events.size()) {
        if (!(run.events[event.sequence - 1] == event)) {
            broken(where + "event " + std::to_string(event.sequence) + " is another one than elsewhere");
        }
        return;
    }
    if (m_tells) {
        std::cerr << toIso8601(m_time.wallTime()) << " " << event.run.value << " " << render(event.body)
                  << "\n";
    }
    if (event.sequence != run.events.size() + 1) {
        broken(where + "event " + std::to_string(event.sequence) + " follows " +
               std::to_string(run.events.size()));
    }
    if (event.sequence > kEventsMax) {
        broken(where + "the same happens again and again");
    }
    if (!run.events.empty() && isTerminalEvent(run.events.back())) {
        broken(where + "an event after the run's end");
    }
    checkWords(event);
    const auto* membership = std::get_if<MembershipCommitted>(&event.body);
    const std::vector<MembershipCommitted>& before = run.snapshot.memberships;
    if (membership != nullptr && membership->number != (before.empty() ? 1 : before.back().number + 1)) {
        broken(where + "membership numbers do not grow by one");
    }
    note(event.sequence);
    run.events.push_back(event);
    apply(run.snapshot, event);
    if (run.snapshot.state == RunState::Completed) {
        checkResults(run.snapshot);
    }
    if (membership != nullptr && membership->fromCheckpoint) {
        checkReturn(event.run, run, *membership);
    }
    if (membership != nullptr) {
        for (const RowKey& row : run.rows) {
            checkVoid(event.run, row);
        }
    }
}

/// Other languages than English need every sentence as data.
void SimulatedCluster::checkWords(const RunEvent& event) {
    const auto* incident = std::get_if<IncidentRaised>(&event.body);
    if (incident == nullptr) {
        return;
    }
    for (const std::string& text : {incident->what, incident->why, incident->action}) {
        if (!text.empty() && phraseOf(text).empty()) {
            broken("no phrase says \"" + text + "\"");
        }
    }
}

/// Only to a checkpoint that was committed; what was learned since then is learned again.
void SimulatedCluster::checkReturn(const RunId& id, Committed& run, const MembershipCommitted& membership) {
    const bool known = std::any_of(run.events.begin(), run.events.end(), [&](const RunEvent& event) {
        const auto* checkpoint = std::get_if<CheckpointCommitted>(&event.body);
        return checkpoint != nullptr && checkpoint->step == membership.baseStep;
    });
    if (!known) {
        broken("run " + id.value + " went back to step " + std::to_string(membership.baseStep) +
               ", of which no checkpoint was committed");
    }
    std::erase_if(run.rows, [&](const RowKey& row) { return row.step >= membership.baseStep; });
}

/// The run went back to before this step: who still tells of it does no harm.
bool SimulatedCluster::isUndone(const RunId& id, const RowKey& row) const {
    const auto& memberships = m_committed.at(id).snapshot.memberships;
    return std::any_of(memberships.begin(), memberships.end(), [&](const MembershipCommitted& membership) {
        return membership.fromCheckpoint && membership.number > row.membership &&
               row.step >= membership.baseStep;
    });
}

bool SimulatedCluster::hasRowsBelow(const RunId& run, Step step) const {
    std::set<Step> steps;
    for (const RowKey& row : rows(run)) {
        if (row.step < step) {
            steps.insert(row.step);
        }
    }
    return steps.size() == step;
}

void SimulatedCluster::storeRows(const RunId& run, const std::vector<StepRow>& rows) {
    for (const StepRow& row : rows) {
        m_committed.try_emplace(run);
        if (!isUndone(run, row.key) && m_committed[run].rows.insert(row.key).second) {
            checkVoid(run, row.key);
        }
    }
}

/// A row at or above the base of a later membership is void: it must never have been published, by nobody.
void SimulatedCluster::checkVoid(const RunId& run, const RowKey& row) {
    for (const MembershipCommitted& membership : m_committed.at(run).snapshot.memberships) {
        if (membership.number > row.membership && row.step >= membership.baseStep) {
            broken("step " + std::to_string(row.step) + " of membership " + std::to_string(row.membership) +
                   " was published, and membership " + std::to_string(membership.number) + " begins at " +
                   std::to_string(membership.baseStep));
        }
    }
}

/// A run is complete when all workers of its last membership came to its end with the same model.
void SimulatedCluster::checkResults(const RunSnapshot& run) {
    const MembershipCommitted& last = run.memberships.back();
    const auto resultOf = [&](const Member& member) {
        return m_workers.resultOf({run.run, member.task, member.generation}, last.number);
    };
    for (const Member& member : last.members) {
        const std::string result = resultOf(member);
        if (!isServer(member.task) && (result.empty() || result != resultOf(last.members.front()))) {
            broken("run " + run.run.value + " is complete, but " + member.task.value +
                   " did not end with the same model");
        }
    }
}

void SimulatedCluster::checkLeader(const Node& n) {
    if (!n.seat->leads()) {
        return;
    }
    const Term term = n.seat->coordinator()->term();
    const auto [known, isNew] = m_leaders.try_emplace(term, n.id);
    if (known->second != n.id) {
        broken("two leaders in term " + std::to_string(term));
    }
}

std::string SimulatedCluster::ledgerProblem(const RunId& run) const {
    std::map<Step, int> times;
    for (const RowKey& row : rows(run)) {
        ++times[row.step];
    }
    const Step steps = snapshot(run).finished->steps;
    for (Step step = 0; step < steps; ++step) {
        if (times[step] != 1) {
            return "step " + std::to_string(step) + " has " + std::to_string(times[step]) + " rows";
        }
    }
    return times.size() == steps ? "" : "there are rows beyond the last step";
}

std::string SimulatedCluster::requestProblem() const {
    std::map<std::string, std::vector<RunId>> runsByName;
    for (const auto& [id, run] : m_committed) {
        if (run.snapshot.jobYaml.empty()) {
            continue;
        }
        const auto job = parseJob(run.snapshot.jobYaml);
        runsByName[job ? job->name : "?"].push_back(id);
    }
    for (std::size_t i = 0; i < m_requests.size(); ++i) {
        const std::string name = "request-" + std::to_string(i);
        const std::vector<RunId>& made = runsByName[name];
        const auto& answer = m_requests[i].answer;
        if (made.size() > 1) {
            return name + " was carried out " + std::to_string(made.size()) + " times";
        }
        const bool submits = std::holds_alternative<SubmitRun>(m_requests[i].body);
        if (submits && answer && !answer->error && (made.empty() || made[0] != answer->run)) {
            return name + " was acknowledged, and its run is not there";
        }
        if (submits && answer && answer->error && !made.empty()) {
            return name + " was refused, and its run is there";
        }
    }
    return {};
}

void SimulatedCluster::countTransitions(const Node& n) {
    const auto add = [&](const std::map<std::string, std::uint64_t>& counts) {
        for (const auto& [name, count] : counts) {
            m_transitions[name] += count;
        }
    };
    add(n.seat->counters().transitions);
    if (n.seat->leads()) {
        add(n.seat->coordinator()->counters().transitions);
    }
}

void SimulatedCluster::countAllTransitions() {
    for (const auto& [id, n] : m_nodes) {
        if (n.alive) {
            countTransitions(n);
        }
    }
}

/// Whoever is told of a membership can rely on its being committed.
void SimulatedCluster::checkTransmit(const Message& message) {
    const auto* assignment = std::get_if<AssignMembership>(&message);
    if (assignment == nullptr) {
        return;
    }
    const auto& memberships = m_committed[assignment->run].snapshot.memberships;
    const bool committed =
        std::any_of(memberships.begin(), memberships.end(), [&](const MembershipCommitted& membership) {
            return membership.number == assignment->number && membership.term == assignment->term &&
                   membership.members.size() == assignment->seats.size();
        });
    if (!committed) {
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

/// Where a leader's picture is not ahead of what is committed, it is the same.
void SimulatedCluster::checkSnapshot(const Node& n, const RunId& run) {
    const RunSnapshot& committed = m_committed.at(run).snapshot;
    if (n.seat->leads()) {
        const auto mine = n.seat->coordinator()->runs().find(run);
        if (mine != n.seat->coordinator()->runs().end() && mine->second.sequence == committed.sequence &&
            !(mine->second == committed)) {
            broken("the snapshot of run " + run.value + " is not the fold of its events");
        }
    }
}

const NodeId& SimulatedCluster::leader() const {
    const NodeId* best = &m_ids[0];
    std::optional<Term> highest;
    for (const auto& [id, n] : m_nodes) {
        if (n.alive && n.seat->leads() && (!highest || n.seat->coordinator()->term() > *highest)) {
            highest = n.seat->coordinator()->term();
            best = &id;
        }
    }
    return highest || m_leaders.empty() ? *best : m_leaders.rbegin()->second;
}

bool SimulatedCluster::isLed() const {
    return node(leader()).alive && node(leader()).seat->leads();
}

bool SimulatedCluster::isAlive(const NodeId& id) const {
    return node(id).alive;
}

std::vector<RunId> SimulatedCluster::runs() const {
    std::vector<RunId> runs;
    for (const auto& [id, run] : m_committed) {
        if (!run.events.empty()) {
            runs.push_back(id);
        }
    }
    return runs;
}

const std::vector<RunEvent>& SimulatedCluster::events(const RunId& run) const {
    return m_committed.at(run).events;
}

const RunSnapshot& SimulatedCluster::snapshot(const RunId& run) const {
    static const RunSnapshot kNothing;
    const auto found = m_committed.find(run);
    return found == m_committed.end() ? kNothing : found->second.snapshot;
}

const std::set<RowKey>& SimulatedCluster::rows(const RunId& run) const {
    static const std::set<RowKey> kNothing;
    const auto found = m_committed.find(run);
    return found == m_committed.end() ? kNothing : found->second.rows;
}

std::vector<NodeView> SimulatedCluster::nodeViews() const {
    return isLed() ? node(leader()).seat->coordinator()->nodes(m_time.now()) : std::vector<NodeView>();
}

bool SimulatedCluster::isAtRest() const {
    const bool allAnswered = std::all_of(m_requests.begin(), m_requests.end(),
                                         [](const Asked& asked) { return asked.answer.has_value(); });
    if (!allAnswered) {
        return false;
    }
    for (const auto& [run, committed] : m_committed) {
        if (committed.events.empty()) {
            continue;
        }
        if (!isTerminal(committed.snapshot.state)) {
            return false;
        }
        for (const auto& [id, n] : m_nodes) {
            const auto known = n.history.find(run);
            if (n.alive && (known == n.history.end() || known->second.size() != committed.events.size())) {
                return false;
            }
        }
    }
    return true;
}

std::string SimulatedCluster::describe() const {
    std::string text;
    for (const auto& [id, n] : m_nodes) {
        text += id.value;
        if (!n.alive) {
            text += " (down)\n";
            continue;
        }
        const ReplicatedLog& log = n.seat->log();
        text += (n.seat->leads() ? " leads" : "") + std::string(" term ") + std::to_string(log.term()) +
                " leader " + log.leader().value + " committed " + std::to_string(log.committed()) + "/" +
                std::to_string(log.entries().lastIndex()) + ", votes:";
        for (const auto& [voter, vote] : log.voting().now) {
            text += " " + voter.value + "*" + std::to_string(vote.weight);
        }
        for (const auto& [voter, vote] : log.voting().before) {
            text += " before " + voter.value + "*" + std::to_string(vote.weight);
        }
        text += ";";
        for (const auto& [run, events] : n.history) {
            text += " " + run.value + "/" + std::to_string(events.size());
        }
        text += "\n";
    }
    for (const auto& [id, run] : m_committed) {
        text += id.value + " " + std::string(toString(run.snapshot.state)) + "/" +
                std::to_string(run.snapshot.sequence) +
                (run.snapshot.finished ? " (" + run.snapshot.finished->cause + ")" : "") + "\n";
    }
    for (std::size_t i = 0; i < m_requests.size(); ++i) {
        text += m_requests[i].answer ? "" : "request " + std::to_string(i) + " is not answered\n";
    }
    return text;
}

}  // namespace longship::test
