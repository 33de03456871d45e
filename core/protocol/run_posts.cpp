// The part of RunMachine that sees to it that every task has a process where it belongs: starting again,
// coming back with a node, moving, draining.
#include <algorithm>
#include <utility>

#include "core/protocol/incident_text.h"
#include "core/protocol/mutation.h"
#include "core/protocol/run_machine.h"

namespace longship {

void RunMachine::startProcess(const TaskId& task, const NodeId& node, bool successor, Moment at) {
    Post& post = m_posts.at(task);
    // Older processes that are gone have nothing more to say.
    std::erase_if(m_processes,
                  [&](const Process& process) { return process.key.task == task && process.gone; });
    post.generation += LONGSHIP_MUTANT("generations-are-used-again") && post.generation > 0 ? 0 : 1;
    Process process{.key = {m_snapshot.run, task, post.generation}, .node = node, .successor = successor};
    process.orderedAt = at.now;
    if (!successor) {
        post.current = post.generation;
        post.node = node;
        post.wanted = false;
        post.unplaced = false;
        post.goal.reset();
        recordProcess(process, TaskState::Starting, "", at);
    }
    const std::vector<CheckpointRef> checkpoints = checkpointRefs(m_snapshot.checkpoints);
    process.offered = checkpoints.empty() ? 0 : checkpoints.front().step;
    send(node, StartTask{m_shared.term, process.key, m_snapshot.jobYaml, checkpoints});
    m_processes.push_back(std::move(process));
}

/// The slot is free: for the node's agent, for this run and for the others. A server takes none, but no node
/// gets two of a run.
bool RunMachine::mayStartOn(const TaskId& task, const NodeId& node) const {
    const bool serves = isServer(task);
    const bool mine = std::any_of(m_processes.begin(), m_processes.end(), [&](const Process& process) {
        return process.node == node && !process.gone && process.serves() == serves;
    });
    return !mine && !isDrained(node) && m_shared.nodes.hasRoomFor(node, m_snapshot.run, task) &&
           (serves || !m_shared.takenByAnother(node, m_snapshot.run));
}

/// A process is about to be started where its task belongs. Of a task that moves, its successor is all that
/// comes.
bool RunMachine::someCome() const {
    return std::any_of(m_posts.begin(), m_posts.end(), [&](const auto& entry) {
        const Post& post = entry.second;
        return post.wanted && !post.goal && !post.unplaced && !isDrained(post.node);
    });
}

void RunMachine::startMissing(Moment at) {
    const auto all = workers();
    const bool ending =
        m_stopWanted || (m_phase == RunPhase::Training && std::any_of(all.begin(), all.end(), [](auto* p) {
                             return p->finished.has_value();
                         }));
    if (ending || !isLive()) {
        return;
    }
    std::vector<TaskId> due;
    for (const auto& [task, post] : m_posts) {
        if (post.wanted && !post.goal) {
            due.push_back(task);
        }
    }
    for (const TaskId& task : due) {
        const Process* process = presentOf(task);
        const bool over = process == nullptr || process->gone;
        if (over && mayStartOn(task, m_posts.at(task).node)) {
            startProcess(task, m_posts.at(task).node, false, at);
        }
    }
}

void RunMachine::unplace(const TaskId& task, const std::string& why, Moment at) {
    Post& post = m_posts.at(task);
    if (post.unplaced) {
        return;
    }
    post.unplaced = true;
    post.wanted = true;
    recordTask({m_snapshot.run, task, post.current}, post.node, TaskState::Unplaced, why, at);
}

void RunMachine::endProcess(Process& process, const std::string& reason, Moment at) {
    process.doomed = true;
    process.orderedAt = at.now;
    if (m_round) {
        m_round->drop(process.key);
    }
    send(process.node, KillTask{m_shared.term, process.key, reason});
}

/// Its node was lost and is back, and it with it: it kept its state, and is asked what that is worth.
void RunMachine::revive(Process& process, Moment at) {
    Post& post = m_posts.at(process.key.task);
    process.lost = false;
    process.confirmed = true;
    process.missingSince.reset();
    if (post.current != process.key.generation || isDrained(process.node)) {
        endProcess(process, "its task is another's now", at);
        return;
    }
    post.wanted = false;
    post.unplaced = false;
    const bool loads = !process.mustAnswer;
    recordProcess(process, loads ? TaskState::Starting : TaskState::Ready, "its node is back", at);
    if (loads) {
        return;
    }
    const std::string reason = process.node.value + " is back";
    if (m_phase == RunPhase::Paused && m_pauseWanted) {
        process.endpoint.clear();  // It is asked with the others when the pause is over.
    } else if (m_phase == RunPhase::Paused) {
        unpause(reason, at);
    } else if (m_phase == RunPhase::Freezing && m_round) {
        m_round->await(process.key);
        process.orderedAt = at.now;
        send(process.node, Freeze{m_shared.term, m_snapshot.run, m_round->number(), m_round->reason()});
    } else {
        beginChange(reason, at);
    }
}

Result<void> RunMachine::pause(Moment at) {
    if (m_phase == RunPhase::Queued || m_phase == RunPhase::Starting || !hasBegun()) {
        return failure(ErrorKind::Refused, "The run " + m_snapshot.run.value +
                                               " has not begun to train; there is nothing to pause. Stop it "
                                               "instead, and submit it again later.");
    }
    if (!isLive() || m_stopWanted) {
        return failure(ErrorKind::Refused, "The run " + m_snapshot.run.value + " is about to end.");
    }
    m_pauseWanted = true;
    beginChange("paused on request", at);
    settle(at);
    return {};
}

Result<void> RunMachine::resume(Moment at) {
    const std::string name = "The run " + m_snapshot.run.value;
    if (m_phase == RunPhase::Paused && m_waitsForState && canGoBack()) {
        m_goBackWanted = true;
        m_soughtCopies.clear();
        unpause("resumed on request", at);
        settle(at);
        return {};
    }
    if (m_phase == RunPhase::Paused && m_waitsForState) {
        return failure(ErrorKind::Refused,
                       name +
                           " cannot go on: nobody who is there has its state. It goes on by itself when "
                           "one who has it comes back.");
    }
    if (m_phase == RunPhase::Paused) {
        m_losses.forgetStep();
        unpause("resumed on request", at);
        settle(at);
        return {};
    }
    if (m_pauseWanted || m_askWanted) {
        m_pauseWanted = false;
        m_askWanted = false;
        settle(at);
        return {};
    }
    return failure(ErrorKind::Refused, name + " is not paused.");
}

std::optional<std::string> RunMachine::moveProblem(const TaskId& task, const NodeId& node) const {
    const auto post = m_posts.find(task);
    if (post == m_posts.end()) {
        return "The run " + m_snapshot.run.value + " has no task " + task.value + ".";
    }
    if (!isLive() || m_stopWanted) {
        return "The run " + m_snapshot.run.value + " is not training: nothing can be moved.";
    }
    if (!m_shared.nodes.contains(node)) {
        return "There is no node " + node.value + " in this cluster.";
    }
    if (post->second.goal) {
        return task.value + " is being moved to " + post->second.goal->value + " already.";
    }
    const bool isThere = std::any_of(m_processes.begin(), m_processes.end(), [&](const Process& process) {
        return process.key.task == task && process.node == node && process.isThere();
    });
    if (isThere) {
        return task.value + " is on " + node.value + " already.";
    }
    if (isDrained(node)) {
        return node.value + " is drained. Undrain it first, or choose another node.";
    }
    if (m_shared.nodes.isLost(node)) {
        return node.value + " cannot be reached.";
    }
    if (!mayStartOn(task, node)) {
        return isServer(task) ? "Another server of the run is on " + node.value + "."
                              : node.value + " has no free slot: another task is there.";
    }
    return std::nullopt;
}

Result<void> RunMachine::move(const TaskId& task, const NodeId& node, Moment at) {
    if (const std::optional<std::string> problem = moveProblem(task, node)) {
        return failure(ErrorKind::Refused, *problem);
    }
    m_losses.forgive(task);
    sendTo(task, node, at);
    settle(at);
    return {};
}

void RunMachine::sendTo(const TaskId& task, const NodeId& node, Moment at) {
    Post& post = m_posts.at(task);
    const Process* present = presentOf(task);
    const bool replaces = present != nullptr && !present->gone && !present->doomed;
    post.goal = node;
    if (!replaces) {
        post.wanted = false;
        startProcess(task, node, false, at);
    } else {
        startProcess(task, node, true, at);
        recordMove(task, "moves to " + node.value, at);
    }
}

/// Of each kind of task one must be left.
Result<void> RunMachine::canDrain(const NodeId& node) const {
    for (const bool servers : {false, true}) {
        std::optional<TaskId> here;
        bool elsewhere = false;
        for (const Process& process : m_processes) {
            if (!process.isThere() || process.serves() != servers) {
                continue;
            }
            if (process.node == node) {
                here = process.key.task;
            }
            elsewhere = elsewhere || (process.node != node && !isDrained(process.node));
        }
        if (isLive() && here && !elsewhere) {
            return failure(ErrorKind::Refused, "The run " + m_snapshot.run.value + " has no other " +
                                                   (servers ? "server" : "worker") + " than " + here->value +
                                                   " on " + node.value + ". Move " + here->value +
                                                   " to another node, or stop the run, then drain.");
        }
    }
    return {};
}

void RunMachine::drained(const NodeId& node, Moment at) {
    if (!isLive()) {
        return;
    }
    std::vector<TaskKey> loading;
    bool wereMembers = false;
    for (const Process& process : m_processes) {
        if (process.node == node && process.isThere()) {
            wereMembers = wereMembers || process.rank.has_value();
            if (!process.rank) {
                loading.push_back(process.key);
            }
        }
    }
    for (const TaskKey& key : loading) {
        Process& process = *find(key);
        endProcess(process, "its node is drained", at);
        if (process.successor) {
            m_posts.at(key.task).goal.reset();
            recordMove(key.task, "does not move: " + node.value + " is drained", at);
        } else {
            unplace(key.task, "its node is drained", at);
        }
    }
    if (wereMembers) {
        beginChange(node.value + " is drained", at);
    }
    settle(at);
}

void RunMachine::undrained(const NodeId&, Moment at) {
    settle(at);
}

}  // namespace longship
