#include "core/protocol/mirror.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace longship {

Mirror::Run& Mirror::at(const RunId& run) {
    Run& known = m_runs[run];
    if (m_runs.size() > kRunsMax && m_runs.begin()->first != run) {
        m_runs.erase(m_runs.begin());
    }
    return known;
}

void Mirror::restore(const RunSnapshot& snapshot, Held held, TimePoint now) {
    Run& run = at(snapshot.run);
    run.rows = std::move(held.rows);
    run.logs = std::move(held.logs);
    for (const auto& [id, task] : snapshot.tasks) {
        run.logs.try_emplace({id, task.node}, 0);
    }
    if (snapshot.finished) {
        run.endedAt = now;
        run.steps = snapshot.finished->steps;
    }
    m_next = now;
}

void Mirror::learn(const RunEvent& event, TimePoint now) {
    if (const auto* changed = std::get_if<TaskChanged>(&event.body)) {
        if (!changed->node.empty()) {
            at(event.run).logs.try_emplace({changed->task, changed->node}, 0);
        }
    } else if (const auto* finished = std::get_if<RunFinished>(&event.body)) {
        Run& run = at(event.run);
        run.endedAt = now;
        run.steps = finished->steps;
    } else {
        return;
    }
    m_next = now;
}

void Mirror::stored(const RunId& run, const RowKey& row) {
    if (const auto known = m_runs.find(run); known != m_runs.end()) {
        known->second.rows.add(row);
    }
}

bool Mirror::lacksRows(const Run& run) {
    return run.rows.hasGap() || (run.endedAt && run.rows.next() < run.steps);
}

bool Mirror::isVain(const Run& run, const NodeId& node, TimePoint now) {
    const auto talk = run.talks.find(node);
    return talk != run.talks.end() && talk->second.vain == run.rows.next() &&
           now - talk->second.vainAt < kVain;
}

bool Mirror::wantsRows(const Run& run, const NodeId& from, TimePoint now) const {
    if (from == m_leader) {
        return true;
    }
    return lacksRows(run) && !isVain(run, from, now) && (m_self == m_leader || isVain(run, m_leader, now));
}

std::vector<LogCursor> Mirror::wantedLogs(const Run& run, const NodeId& from) const {
    std::vector<LogCursor> wanted;
    for (const auto& [name, end] : run.logs) {
        const auto& [task, node] = name;
        const bool fromLeader = m_self != m_leader && from == m_leader && node != m_self;
        const bool fromOwner = m_self == m_leader && from == node;
        if (fromLeader || fromOwner) {
            wanted.push_back({task, node, end});
        }
    }
    return wanted;
}

void Mirror::handleTimeout(const NodeId& leader, const std::vector<NodeId>& nodes, TimePoint now) {
    if (m_leader != leader || m_nodes != nodes) {
        m_leader = leader;
        m_nodes = nodes;
        m_next = now;
    }
    if (now < m_next) {
        return;
    }
    m_next = TimePoint::max();
    if (m_leader.empty()) {
        return;
    }
    std::erase_if(m_runs, [&](const auto& run) { return isComplete(run.second, now); });
    for (auto& [id, run] : m_runs) {
        for (const NodeId& node : m_nodes) {
            if (node != m_self) {
                talkWith(node, id, run, now);
            }
        }
    }
}

void Mirror::talkWith(const NodeId& node, const RunId& id, Run& run, TimePoint now) {
    Talk& talk = run.talks[node];
    if (talk.request != 0 && now - talk.sentAt >= kPatience) {
        talk.request = 0;
        if (talk.askedRows) {
            talk.vain = talk.wanted;
            talk.vainAt = now;
        }
    }
    if (talk.request != 0 || now < talk.dueAt) {
        m_next = std::min(m_next, talk.request != 0 ? talk.sentAt + kPatience : talk.dueAt);
        return;
    }
    const bool rows = wantsRows(run, node, now);
    std::vector<LogCursor> logs = wantedLogs(run, node);
    if (!rows && logs.empty()) {
        if (lacksRows(run)) {
            m_next = std::min(m_next, now + kPause);  // Somebody else may turn out not to have them.
        }
        return;
    }
    talk.request = ++m_lastRequest;
    talk.sentAt = now;
    talk.askedRows = rows;
    talk.wanted = run.rows.next();
    m_next = std::min(m_next, now + kPatience);
    MirrorRequest request{talk.request, id, {}, rows ? kRowsMax : 0, std::move(logs)};
    request.afterRow = isVain(run, node, now) ? run.rows.last() : run.rows.frontier();
    m_outgoing.push_back({node, std::move(request)});
}

std::optional<Mirror::Outgoing> Mirror::pollTransmit() {
    if (m_outgoing.empty()) {
        return std::nullopt;
    }
    Outgoing next = std::move(m_outgoing.front());
    m_outgoing.pop_front();
    return next;
}

void Mirror::take(const NodeId& from, MirrorAnswer& answer, TimePoint now) {
    const auto known = m_runs.find(answer.run);
    const auto talked =
        known == m_runs.end() ? decltype(known->second.talks.end()){} : known->second.talks.find(from);
    if (known == m_runs.end() || talked == known->second.talks.end() || answer.request == 0 ||
        talked->second.request != answer.request) {
        answer.rows.clear();
        answer.logs.clear();
        return;
    }
    auto& [id, run] = *known;
    Talk& talk = talked->second;
    talk.request = 0;
    talk.dueAt = answer.more ? now : now + kPause;
    m_next = std::min(m_next, talk.dueAt);
    // From a node whose own log it is anything counts, also that it begins anew; from others only more.
    std::erase_if(answer.logs, [&, &logs = run.logs](const LogPart& part) {
        const auto log = logs.find({part.task, part.node});
        const std::uint64_t end = part.begin + part.bytes.size();
        return log == logs.end() || (part.node != from && end <= log->second);
    });
    for (const LogPart& part : answer.logs) {
        run.logs[{part.task, part.node}] = part.begin + part.bytes.size();
    }
    if (talk.askedRows && lacksRows(run)) {
        const bool helped = std::any_of(answer.rows.begin(), answer.rows.end(),
                                        [&](const StepRow& row) { return row.key.step == talk.wanted; });
        talk.vain = helped ? std::nullopt : std::optional(talk.wanted);
        talk.vainAt = now;
    }
    const bool nothing = answer.rows.empty() && answer.logs.empty() && !answer.more;
    talk.quiet = nothing && run.endedAt && talk.sentAt - *run.endedAt >= kAftermath;
}

/// All who may know more have said that they do not.
bool Mirror::isComplete(const Run& run, TimePoint now) const {
    if (!run.endedAt || now - *run.endedAt < kAftermath) {
        return false;
    }
    if (now - *run.endedAt >= kGiveUp) {
        return true;
    }
    return std::all_of(m_nodes.begin(), m_nodes.end(), [&](const NodeId& node) {
        const auto talk = run.talks.find(node);
        const bool said = talk != run.talks.end() && (talk->second.quiet || isVain(run, node, now));
        return node == m_self || said || (!wantsRows(run, node, now) && wantedLogs(run, node).empty());
    });
}

std::optional<Step> Mirror::heldBack(const RunId& id, TimePoint now) const {
    const auto known = m_runs.find(id);
    if (known == m_runs.end() || !known->second.rows.hasGap()) {
        return std::nullopt;
    }
    const Run& run = known->second;
    const bool hope = std::any_of(m_nodes.begin(), m_nodes.end(), [&](const NodeId& node) {
        return node != m_self && !isVain(run, node, now);
    });
    return hope ? std::optional(run.rows.next()) : std::nullopt;
}

}  // namespace longship
