// The part of RunMachine that deals with checkpoints: it commits those that workers have written, and goes
// back to one when nobody has the state of the run any more.
#include <algorithm>
#include <utility>

#include "core/domain/checkpoint.h"
#include "core/protocol/mutation.h"
#include "core/protocol/run_machine.h"

namespace longship {

namespace {

/// Memberships that went back to the same checkpoint without writing a newer one: then a person is asked.
constexpr std::ptrdiff_t kReturnsMax = 3;

std::string stepsText(Step steps) {
    return std::to_string(steps) + (steps == 1 ? " step is" : " steps are");
}

}  // namespace

/// That a copy could not be kept is told once per node, until one can be again: training goes on.
void RunMachine::onCheckpoint(const Process& process, const CheckpointWritten& written, Moment at) {
    const auto trouble = m_unwritten.find(process.node);
    if (written.error && trouble == m_unwritten.end()) {
        record(IncidentRaised{process.node,
                              process.key.task,
                              "the checkpoint of step " + std::to_string(written.step) + " was not kept on " +
                                  process.node.value + ": " + written.error->text,
                              "",
                              "Training goes on; the next checkpoint is tried again.",
                              "",
                              {}},
               at);
        m_unwritten[process.node] = m_snapshot.sequence;
    } else if (!written.error && trouble != m_unwritten.end()) {
        record(
            IncidentResolved{trouble->second,
                             "the checkpoint of step " + std::to_string(written.step) + " was kept", 0, 0, 0},
            at);
        m_unwritten.erase(trouble);
    }
    m_checkpoints.report(process.node, written, m_snapshot.memberships);
}

void RunMachine::commitCheckpoint(Moment at) {
    const auto isThere = [&](const Member& member) {
        const Process* process = find({m_snapshot.run, member.task, member.generation});
        return process != nullptr && process->isThere();
    };
    auto verdict = m_checkpoints.take(m_steps, m_job.checkpoint.replicas, m_snapshot.memberships, isThere);
    if (!verdict) {
        return;
    }
    const std::string step = std::to_string(verdict->checkpoint.step);
    const bool newer =
        m_snapshot.checkpoints.empty() || m_snapshot.checkpoints.back().step < verdict->checkpoint.step;
    if (verdict->agreed && newer) {
        record(std::move(verdict->checkpoint), at);
    } else if (!verdict->agreed) {
        record(IncidentRaised{NodeId(),
                              TaskId(),
                              "the copies of the checkpoint of step " + step + " differ",
                              "Faulty memory or a faulty disk does this; check the machines that wrote it.",
                              "It is not used; the one before stays.",
                              "",
                              {}},
               at);
    }
}

/// The committed checkpoint whose state the process holds, as long as it entered no membership since it read
/// it: by what it says when it is frozen, which another leader may have been told at its start. Of a run with
/// servers it must have read it itself: another worker gives the parameters, and not what servers need.
std::optional<Step> RunMachine::checkpointHeldBy(const Process& process) const {
    if (process.serves()) {
        return std::nullopt;
    }
    Step step = process.checkpoint;
    if (const Frozen* frozen = m_round ? m_round->answerOf(process.key) : nullptr) {
        const bool given = hasServers() && frozen->stepsApplied != process.checkpoint;
        const bool believed = !given || LONGSHIP_MUTANT("leader-believes-who-was-given-a-checkpoint");
        step = frozen->entered == 0 && believed ? frozen->stepsApplied : 0;
    }
    const auto& known = m_snapshot.checkpoints;
    const bool committed =
        std::any_of(known.begin(), known.end(),
                    [&](const CheckpointCommitted& checkpoint) { return checkpoint.step == step; });
    return committed ? std::optional(step) : std::nullopt;
}

/// Nobody has the state of the run, and nobody is waited for to bring it: in the phase Freezing.
void RunMachine::goBack(Moment at) {
    if (askBeforeGoingBack(at)) {
        return;
    }
    startHoldersAgain(at);
    if (waitForStarts(at)) {
        return;
    }
    std::vector<Candidate> all = candidates();
    const std::optional<Step> base = checkpointToTake(all);
    const bool served =
        !hasServers() || std::any_of(all.begin(), all.end(), [](const Candidate& c) { return c.serves(); });
    if (base && served) {
        commitGoingBack(std::move(all), *base, at);
        return;
    }
    if (!base && copiesAreBack()) {
        fail({NodeId(), TaskId(),
              "no worker has the state of the run, and no copy of its checkpoints can be read",
              "The logs of the tasks name the files and what is wrong with them.", ""},
             at);
        return;
    }
    // Who is not ready by now may never be: it is ended, and started again.
    expelLate("did not get ready in time", at, [](const Process& process) { return !process.isReady(); });
    if (!isLive()) {
        return;
    }
    if (!base && sendToCopy(at)) {
        m_goBackBy.reset();
        waitForStarts(at);
        return;
    }
    if (base) {
        waitForServer(at);
    } else {
        waitForCopy(at);
    }
}

void RunMachine::waitForServer(Moment at) {
    if (!m_waitsForServer) {
        raise({NodeId(), TaskId(), "no server of the run is there", "", ""},
              "The run waits for a server, and goes back to its last checkpoint then.",
              {"go-on", "wait", "move", "stop"}, at);
    }
    m_waitsForState = true;
    m_waitsForServer = true;
    enterPause("waits for a server", at);
}

void RunMachine::waitForCopy(Moment at) {
    if (!m_waitsForCopy) {
        const CheckpointCommitted& newest = m_snapshot.checkpoints.back();
        std::string nodes;
        for (const NodeId& node : newest.nodes) {
            nodes += (nodes.empty() ? "" : ", ") + node.value;
        }
        raise({NodeId(), TaskId(), m_whatIsGone,
               "The checkpoint of step " + std::to_string(newest.step) + " is on " + nodes + ".", ""},
              "The run waits for a node that has the checkpoint.", {"go-on", "wait", "move", "stop"}, at);
    }
    m_waitsForState = true;
    m_waitsForCopy = true;
    enterPause("waits for a node that has the checkpoint", at);
}

/// True when a person has to say so first.
bool RunMachine::askBeforeGoingBack(Moment at) {
    const Step step = m_snapshot.checkpoints.back().step;
    const auto returns =
        std::count_if(m_snapshot.memberships.begin(), m_snapshot.memberships.end(),
                      [&](const MembershipCommitted& m) { return m.fromCheckpoint && m.baseStep == step; });
    const bool again = returns > 0 && returns % kReturnsMax == 0;
    if (m_goBackWanted || (!m_pauseWanted && !asks() && !again)) {
        return false;
    }
    if (!m_waitsForState) {
        raise({NodeId(), TaskId(),
               again ? "the run went back to the checkpoint of step " + std::to_string(step) + " " +
                           std::to_string(returns) + " times without getting to the next one"
                     : m_whatIsGone,
               "", ""},
              "The run is paused. It can go back to the checkpoint of step " + std::to_string(step) + ".",
              {"go-on", "stop"}, at);
    }
    m_waitsForState = true;
    enterPause("can go back to a checkpoint", at);
    return true;
}

/// A process that was started before the checkpoint was committed does not know of the copy on its own node,
/// and who has trained since it read the copy does not hold it any more.
void RunMachine::startHoldersAgain(Moment at) {
    const CheckpointCommitted& newest = m_snapshot.checkpoints.back();
    const bool found = std::any_of(m_processes.begin(), m_processes.end(), [&](const Process& process) {
        return process.isReady() && checkpointHeldBy(process) == newest.step;
    });
    std::vector<TaskKey> ignorant;
    for (Process& process : m_processes) {
        const bool hasCopy =
            std::find(newest.nodes.begin(), newest.nodes.end(), process.node) != newest.nodes.end();
        const Frozen* frozen = m_round ? m_round->answerOf(process.key) : nullptr;
        const bool ignores = process.offered < newest.step || (frozen != nullptr && frozen->entered > 0);
        if (process.isReady() && hasCopy && !process.successor && !process.serves() && ignores && !found) {
            ignorant.push_back(process.key);
        }
    }
    for (const TaskKey& key : ignorant) {
        Process& process = *find(key);
        endProcess(process, "it is started again with the checkpoint of its node", at);
    }
    if (!found) {
        stayWithCopies(at);
    }
    for (auto& [task, post] : m_posts) {
        const Process* present = presentOf(task);
        const bool nobody = present == nullptr || present->gone || present->doomed;
        // What died too often stays off, unless a person wants the run to go on.
        const bool again = m_goBackWanted || (present != nullptr && present->doomed);
        post.wanted = post.wanted || (nobody && !post.goal && again);
    }
}

/// A task that moves away from a copy of the checkpoint, and has no process there any more, does not move:
/// where it goes to nobody could read it.
void RunMachine::stayWithCopies(Moment at) {
    const std::vector<NodeId>& nodes = m_snapshot.checkpoints.back().nodes;
    for (auto& [task, post] : m_posts) {
        const Process* present = presentOf(task);
        const bool nobody = present == nullptr || present->gone || present->doomed;
        const bool hasCopy = std::find(nodes.begin(), nodes.end(), post.node) != nodes.end();
        if (!post.goal || !nobody || !hasCopy || isDrained(post.node) || isServer(task)) {
            continue;
        }
        const std::string why = "the checkpoint is on " + post.node.value;
        for (Process& process : m_processes) {
            if (process.key.task == task && process.successor && !process.gone) {
                endProcess(process, why, at);
            }
        }
        post.goal.reset();
        post.wanted = true;
        recordMove(task, "does not move: " + why, at);
    }
}

/// Where a copy of the checkpoint is and no task of the run, one moves there: once for each node, until
/// somebody resumes the run.
bool RunMachine::sendToCopy(Moment at) {
    const std::vector<NodeId>& nodes = m_snapshot.checkpoints.back().nodes;
    const auto hasCopy = [&](const NodeId& node) {
        return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
    };
    for (const NodeId& node : nodes) {
        const bool owned = std::any_of(m_posts.begin(), m_posts.end(), [&](const auto& entry) {
            return entry.second.node == node && !entry.second.goal && !isServer(entry.first);
        });
        if (owned || !mayStartOn(workerTask(0), node) || m_soughtCopies.contains(node)) {
            continue;
        }
        std::optional<TaskId> mover;
        for (const auto& [task, post] : m_posts) {
            if (!post.goal && !isServer(task) && (!mover || !hasCopy(post.node))) {
                mover = task;
            }
        }
        if (mover) {
            m_soughtCopies.insert(node);
            sendTo(*mover, node, at);
            return true;
        }
    }
    return false;
}

/// True while somebody is about to be ready: all begin together, as at the start of the run.
bool RunMachine::waitForStarts(Moment at) {
    const bool someLoad = std::any_of(m_processes.begin(), m_processes.end(), [](const Process& process) {
        return process.isThere() && !process.isReady();
    });
    m_goBackBy = m_goBackBy.value_or(at.now + m_shared.times.start);
    if ((!someLoad && !someCome()) || at.now >= *m_goBackBy) {
        return false;
    }
    if (advance(Trigger::NotReady)) {
        m_waitsForState = false;
        m_waitsForCopy = false;
        m_waitsForServer = false;
        m_round.reset();
        m_deadline = *m_goBackBy;
        if (m_snapshot.state != RunState::Recovering) {
            recordState(RunState::Recovering, at);
        }
    }
    return true;
}

/// A leader that took the run up has no memory of its rows; the nodes have.
void RunMachine::noteLastRow(const RowKey& row) {
    const auto& all = m_snapshot.memberships;
    const bool isVoid = std::any_of(all.begin(), all.end(), [&](const MembershipCommitted& later) {
        return later.number > row.membership && row.step >= later.baseStep;
    });
    if (!isVoid) {
        m_stepsSeen = std::max(m_stepsSeen, row.step + 1);
    }
}

/// Whether all nodes that have a copy of the newest checkpoint have a worker again.
bool RunMachine::copiesAreBack() const {
    const std::vector<NodeId>& nodes = m_snapshot.checkpoints.back().nodes;
    return std::all_of(nodes.begin(), nodes.end(), [&](const NodeId& node) {
        return std::any_of(m_processes.begin(), m_processes.end(), [&](const Process& process) {
            return process.node == node && process.isReady() && !process.serves();
        });
    });
}

/// The newest one that somebody holds. An older one than the newest committed only when the copies of that
/// cannot be read, or a person does not want to wait for them.
std::optional<Step> RunMachine::checkpointToTake(const std::vector<Candidate>& all) const {
    std::optional<Step> best;
    for (const Candidate& candidate : all) {
        const std::optional<Step> held = checkpointHeldBy(*candidate.process);
        best = held && (!best || *held > *best) ? held : best;
    }
    const bool newest = best == m_snapshot.checkpoints.back().step;
    return newest || m_goBackWanted || copiesAreBack() ? best : std::nullopt;
}

void RunMachine::commitGoingBack(std::vector<Candidate> all, Step base, Moment at) {
    for (Candidate& candidate : all) {
        const bool holds = checkpointHeldBy(*candidate.process) == base;
        candidate.standing = holds ? Standing::Counts : Standing::Nothing;
    }
    // Who leaves is needed where nobody else holds the checkpoint, or serves.
    bool heirs = false;
    bool servers = false;
    for (const Candidate& candidate : all) {
        heirs = heirs || (!candidate.leaves && candidate.counts());
        servers = servers || (!candidate.leaves && candidate.serves());
    }
    std::erase_if(all, [&](const Candidate& candidate) {
        return candidate.leaves && (candidate.serves() ? servers : heirs);
    });
    const Step known = std::max(m_steps, m_stepsSeen);
    const Step redone = known - std::min(known, base);
    raise({NodeId(), TaskId(), m_whatIsGone, "", ""},
          "The run went back to the checkpoint of step " + std::to_string(base) +
              (redone == 0 ? "." : "; " + stepsText(redone) + " computed again."),
          {}, at);
    m_open.back().stepsRedone = redone;
    forgetGoingBack();
    m_stepsSeen = 0;
    m_askWanted = false;
    m_lostWhileComputing = false;
    for (const CheckpointCommitted& checkpoint : m_snapshot.checkpoints) {
        m_samples = checkpoint.step == base ? checkpoint.samples : m_samples;
    }
    commit(std::move(all), base, at, true);
}

/// Out of a pause in which the state was waited for: nobody is left who may bring it, or a copy of the
/// checkpoint has come.
void RunMachine::goBackWhenPossible(Moment at) {
    if (m_phase != RunPhase::Paused || !m_waitsForState || !canGoBack()) {
        return;
    }
    const Step newest = m_snapshot.checkpoints.back().step;
    const bool copy = std::any_of(m_processes.begin(), m_processes.end(), [&](const Process& process) {
        return process.isReady() && checkpointHeldBy(process) == newest;
    });
    if ((m_pauseWanted || asks()) && !m_goBackWanted) {
        return;
    }
    const bool served =
        !hasServers() || std::any_of(m_processes.begin(), m_processes.end(),
                                     [](const Process& p) { return p.isReady() && p.serves(); });
    if (m_waitsForCopy && !copy) {
        stayWithCopies(at);
        sendToCopy(at);
    }
    const bool found = m_waitsForServer || copy || copiesAreBack();
    const bool waits = m_waitsForCopy || m_waitsForServer;
    if (waits ? found && served : !mayBringState()) {
        decideFromPause(at);
    }
}

void RunMachine::decideFromPause(Moment at) {
    if (advance(Trigger::GoOn)) {
        decide(at);
    }
}

/// Somebody who was lost may come back with the state, and is waited for: a server where shards are missing.
bool RunMachine::mayBringState() const {
    return !m_hopeIsOver && !m_goBackWanted &&
           std::any_of(m_processes.begin(), m_processes.end(), [&](const Process& process) {
               return process.lost && !process.gone && process.serves() == !m_missing.empty();
           });
}

void RunMachine::forgetGoingBack() {
    m_missing.clear();
    m_whatIsGone.clear();
    m_waitsForState = false;
    m_waitsForCopy = false;
    m_waitsForServer = false;
    m_goBackWanted = false;
    m_hopeIsOver = false;
    m_goBackBy.reset();
    m_soughtCopies.clear();
}

}  // namespace longship
