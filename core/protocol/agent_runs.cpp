// The part of AgentMachine that keeps what the leader tells of the runs, and notices what it lacks.
#include <algorithm>
#include <utility>

#include "core/protocol/agent_state.h"
#include "core/protocol/limits.h"

namespace longship {

void AgentMachine::restore(const RunSnapshot& run) {
    if (isTerminal(run.state)) {
        m_state->markEnded(run.run);
    } else if (!m_state->leads()) {
        m_state->runs[run.run].snapshot = run;
    }
}

bool AgentMachine::State::hasEnded(const RunId& run) const {
    return std::find(endedRuns.begin(), endedRuns.end(), run) != endedRuns.end();
}

void AgentMachine::State::markEnded(const RunId& run) {
    runs.erase(run);
    pulls.erase(run);
    if (hasEnded(run)) {
        return;
    }
    endedRuns.push_back(run);
    if (endedRuns.size() > kFinishedRunsMax) {
        endedRuns.pop_front();
    }
}

void AgentMachine::State::take(const std::vector<RunEvent>& batch, TimePoint now) {
    for (const RunEvent& event : batch) {
        if (leads() || hasEnded(event.run)) {
            continue;
        }
        const std::uint64_t known = runs[event.run].snapshot.sequence;
        if (event.sequence == known + 1) {
            keep(event);
        } else if (event.sequence > known) {
            pull(event.run, now);
        }
    }
}

void AgentMachine::State::keep(const RunEvent& event) {
    RunSnapshot& snapshot = runs[event.run].snapshot;
    apply(snapshot, event);
    events.push_back(event);
    if (isTerminal(snapshot.state)) {
        markEnded(event.run);
    }
}

/// Links keep the order, so what an acknowledgement speaks of and is not here was lost with a connection.
void AgentMachine::State::compare(const std::vector<RunHead>& heads, TimePoint now) {
    if (leads()) {
        return;
    }
    for (const RunHead& head : heads) {
        if (!hasEnded(head.run) && runs[head.run].snapshot.sequence < head.sequence) {
            pull(head.run, now);
        }
    }
    for (auto& [id, known] : runs) {
        const RunId& run = id;  // Older clangs cannot capture a structured binding.
        known.announced =
            std::any_of(heads.begin(), heads.end(), [&](const RunHead& head) { return head.run == run; });
        if (!known.announced) {
            pull(run, now);  // It must have ended while this agent was away.
        }
    }
}

void AgentMachine::State::pull(const RunId& run, TimePoint now) {
    const auto asked = pulls.find(run);
    if (!linkUp || (asked != pulls.end() && now - asked->second < times.resend)) {
        return;
    }
    pulls[run] = now;
    PullRequest request;
    request.request = ++pullNumber;
    request.run = run;
    request.afterSequence = runs[run].snapshot.sequence;
    request.rowsMax = 0;
    toLeader(std::move(request));
}

void AgentMachine::State::answer(const PullAnswer& pulled, TimePoint now) {
    if (pulls.erase(pulled.run) == 0) {
        ++counters.unexpected;
        return;
    }
    const auto known = runs.find(pulled.run);
    if (pulled.events.empty() && !pulled.more && known != runs.end() && !known->second.announced) {
        // The leader knows nothing of it, and an agent ends no run of its own accord.
        runs.erase(known);
        return;
    }
    take(pulled.events, now);
    if (pulled.more && !hasEnded(pulled.run)) {
        pull(pulled.run, now);
    }
}

}  // namespace longship
