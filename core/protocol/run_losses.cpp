// The part of RunMachine that deals with what went wrong: who was lost, what a person is told, and when a run
// cannot go on.
#include <algorithm>
#include <utility>

#include "core/protocol/incident_text.h"
#include "core/protocol/mutation.h"
#include "core/protocol/run_machine.h"

namespace longship {

/// A process is gone, or is being ended for what it did.
void RunMachine::lose(Process& process, const Cause& cause, Moment at) {
    const TaskKey key = process.key;
    const bool wasMember = process.rank.has_value();
    const std::optional<std::string> failure = process.failure;
    Post& post = m_posts.at(key.task);
    process.rank.reset();
    if (m_round && !LONGSHIP_MUTANT("leader-counts-the-dead")) {
        m_round->drop(key);
    }
    m_links.forget(key.task);
    if (process.successor) {
        post.goal.reset();
        raise(cause, "The task stays where it is.", {}, at);
        const Process* present = presentOf(key.task);
        post.wanted = post.wanted || present == nullptr || !present->isThere();
        recordMove(key.task, "", at);
        if (wasMember) {  // It was about to take over from one who is a member, too.
            beginChange(cause.what, at);
        }
        return;
    }
    recordProcess(process, TaskState::Exited, cause.detail.empty() ? cause.what : cause.detail, at);
    m_lastCause = cause;
    if (m_phase == RunPhase::Training || m_phase == RunPhase::Stopping) {
        m_lostWhileComputing = m_lostWhileComputing || (wasMember && !process.serves());
    }
    const bool tooOften = m_losses.died(key.task, failure, at.now);
    const bool mustAsk = asks() && wasMember;
    m_askWanted = m_askWanted || mustAsk;
    post.wanted = !tooOften && !asks();
    m_fruitless = 0;
    if (isHopeless()) {
        fail(cause, at);
        return;
    }
    if (mustAsk) {
        raise(cause, "The run is paused. It waits for your decision.", {"go-on", "move", "stop"}, at);
    } else if (tooOften) {
        raise(cause,
              "It died " + std::to_string(LossRecord::kDeathsMax) +
                  " times in a minute and stays off. Move it to another node when the cause is removed.",
              {}, at);
    } else {
        raise(cause,
              post.wanted ? "The others go on; it is started again."
                          : "The others go on without it; it is not started again.",
              {}, at);
    }
    if (wasMember) {
        beginChange(cause.what, at);
    }
}

bool RunMachine::isHopeless() const {
    return isHopelessFor(false) || (hasServers() && isHopelessFor(true));
}

/// All workers of the run, or all of its servers, failed, each with words of its own: starting them again
/// would only repeat it. Or none of them has, or will get, a process.
bool RunMachine::isHopelessFor(bool servers) const {
    const bool somebody = std::any_of(m_processes.begin(), m_processes.end(), [&](const Process& process) {
        return !process.gone && !process.doomed && process.serves() == servers;
    });
    bool someoneComes = false;
    std::set<TaskId> tasks;
    for (const auto& [task, post] : m_posts) {
        if (isServer(task) == servers) {
            tasks.insert(task);
            someoneComes = someoneComes || post.wanted || post.goal.has_value();
        }
    }
    const bool allFailed = m_losses.sharedFailure(tasks).has_value();
    // With a checkpoint the loss of the last worker is not the end; under `ask` a person says how to go on.
    const bool stateIsGone = hasBegun() && !somebody && !canGoBack();
    const bool nobodyComes = !somebody && !someoneComes && !(canGoBack() && asks());
    return allFailed || stateIsGone || nobodyComes;
}

/// Of whatever is missing now, as far as this leader knows.
RunMachine::Cause RunMachine::lastCause() const {
    const char* lost = m_missing.empty() ? "all workers were lost" : "servers were lost";
    return m_lastCause.value_or(Cause{NodeId(), TaskId(), lost, "", ""});
}

/// A complaint whose cause did not show. While a member's node is silent, that may still be it.
void RunMachine::pursueSuspicion(Moment at) {
    const bool awaited = std::any_of(m_processes.begin(), m_processes.end(), [&](const Process& process) {
        return process.rank && process.isThere() &&
               m_shared.nodes.stateOf(process.node, at.now) == NodeState::Silent;
    });
    if (awaited) {
        m_suspicion->since = at.now + m_shared.times.heartbeat - m_shared.times.collect;
        return;
    }
    const std::string reason = m_suspicion->reason;
    m_suspicion.reset();
    tellBrokenLinks(at);
    beginChange(reason, at);
}

/// Members that cannot reach each other while both are heard: once for each pair, until it works again.
void RunMachine::tellBrokenLinks(Moment at) {
    std::vector<TaskId> tasks;
    for (const Process* member : members()) {
        tasks.push_back(member->key.task);
    }
    for (const auto& [one, other] : m_links.brokenAmong(tasks, at.now)) {
        if (!m_toldLinks.insert({one, other}).second) {
            continue;
        }
        const auto name = [&](const TaskId& task) {
            return task.value + " on " + m_posts.at(task).node.value;
        };
        raise({m_posts.at(other).node, other, name(one) + " and " + name(other) + " cannot reach each other",
               "Both are heard, but nothing that one sends arrives at the other: a cable, a switch or a "
               "firewall between the two.",
               ""},
              "The others go on with one of them; the other one is tried again later.", {}, at);
    }
}

/// Ends every process that is late for something, as if it had died.
void RunMachine::expelLate(const char* what, Moment at, const std::function<bool(const Process&)>& isLate) {
    std::vector<TaskKey> late;
    for (const Process& process : m_processes) {
        if (process.isThere() && isLate(process)) {
            late.push_back(process.key);
        }
    }
    for (const TaskKey& key : late) {
        Process& process = *find(key);
        if (!process.isThere()) {
            continue;  // Something that followed from the one before ended it.
        }
        const Cause cause{process.node, key.task, key.task.value + " on " + process.node.value + " " + what,
                          "The end of its log may tell what it waited for.", ""};
        endProcess(process, cause.what, at);
        lose(process, cause, at);
        if (!isLive()) {
            return;
        }
    }
}

void RunMachine::nodeLost(const NodeTable::Loss& loss, Moment at) {
    if (m_phase == RunPhase::Leaving) {
        for (Process& process : m_processes) {
            process.gone = process.gone || process.node == loss.node;
        }
        goWhenEmpty();
        return;
    }
    const bool holds = std::any_of(m_processes.begin(), m_processes.end(), [&](const Process& process) {
        return process.node == loss.node && !process.gone && !process.lost;
    });
    if (!holds || !isLive()) {
        return;
    }
    const Cause cause{loss.node, TaskId(), loss.node.value + " was lost: " + loss.why,
                      "The machine may be off, unreachable or suspended, or its agent was ended.", ""};
    m_lastCause = cause;
    bool wereMembers = false;
    std::vector<TaskKey> failedMoves;
    for (Process& process : m_processes) {
        if (process.node != loss.node || process.gone || process.lost) {
            continue;
        }
        wereMembers = wereMembers || process.rank.has_value();
        m_links.forget(process.key.task);
        process.rank.reset();
        process.finished.reset();
        if (m_round) {
            m_round->drop(process.key);
        }
        if (process.doomed) {
            process.gone = true;  // Killed as nobody's when the node is back.
        } else if (process.successor) {
            failedMoves.push_back(process.key);
        } else {
            process.lost = true;
            process.entered = false;
        }
    }
    const bool mustAsk = asks() && wereMembers;
    m_askWanted = m_askWanted || mustAsk;
    m_fruitless = 0;
    if (mustAsk) {
        raise(cause, "The run is paused. It waits for your decision.", {"go-on", "wait", "move", "stop"}, at);
    } else {
        raise(cause, "The others go on without it. Its work comes back with it.", {}, at);
    }
    for (const auto& [task, post] : m_posts) {
        if (post.node == loss.node) {
            unplace(task, loss.why, at);
        }
    }
    for (const TaskKey& key : failedMoves) {
        Process& process = *find(key);
        process.gone = true;
        lose(process, cause, at);
    }
    if (wereMembers) {
        beginChange(cause.what, at);
    }
    settle(at);
}

void RunMachine::raise(const Cause& cause, const std::string& action, std::vector<std::string> choices,
                       Moment at) {
    record(IncidentRaised{cause.node, cause.task, cause.what, cause.why, action, cause.lastLog,
                          std::move(choices)},
           at);
    const bool redoes = m_phase == RunPhase::Training && m_reported == RunState::Training;
    m_open.push_back({m_snapshot.sequence, at.wallTime, redoes ? std::uint64_t{1} : std::uint64_t{0}});
}

void RunMachine::resolveIncidents(std::optional<UtcTime> over, Moment at) {
    const std::size_t count = workers().size();
    const std::string action =
        "training goes on with " + std::to_string(count) + (count == 1 ? " worker" : " workers");
    for (const OpenIncident& incident : std::exchange(m_open, {})) {
        record(IncidentResolved{incident.sequence, action, lostSince(incident, over, at),
                                incident.stepsRedone, current()},
               at);
    }
    m_losses.forgetStep();
}

/// From the last step before to the first one after, on the clocks of those who computed them; so it does not
/// matter who led meanwhile. Where that is not known, or their clocks differ too much: from the incident on,
/// on the leader's clock.
double RunMachine::lostSince(const OpenIncident& incident, std::optional<UtcTime> over, Moment at) const {
    const bool resumed = m_gap.membership == current();
    const UtcTime since = resumed ? m_gap.since : m_gap.lastStep;
    const UtcTime until = resumed ? m_gap.until : over.value_or(at.wallTime);
    if (since.microseconds > 0 && since < until) {
        return static_cast<double>(until.microseconds - since.microseconds) / 1e6;
    }
    const auto lost = over.value_or(at.wallTime).microseconds - incident.raisedAt.microseconds;
    return std::max(0.0, static_cast<double>(lost) / 1e6);
}

void RunMachine::fail(const Cause& cause, Moment at) {
    if (!isLive()) {
        return;
    }
    const bool told = std::any_of(m_open.begin(), m_open.end(), [&](const OpenIncident& open) {
        return std::any_of(
            m_snapshot.incidents.begin(), m_snapshot.incidents.end(), [&](const TimedIncident& incident) {
                return incident.sequence == open.sequence && incident.incident.what == cause.what;
            });
    });
    if (!told || m_open.empty()) {
        raise(cause, "The run was ended and its other tasks were stopped.", {}, at);
    }
    if (m_stopWanted) {
        finishRun(RunState::Stopped, std::string(kStoppedOnRequest) + ", without a model: " + cause.what, "",
                  at);
    } else {
        finishRun(RunState::Failed, cause.what, "", at);
    }
    leave("the run has ended: " + cause.what, at);
}

}  // namespace longship
