// The part of RunMachine that tells servers from workers: who has the shards of the run's parameters, and
// whether there are enough of each kind.
#include <algorithm>
#include <set>

#include "core/protocol/mutation.h"
#include "core/protocol/run_machine.h"
#include "core/protocol/shard_standing.h"

namespace longship {

/// The shards that nobody has at the base; what each server has is judged with it. Before the first step that
/// is what every worker begins with: any server can be filled with it, also when the first try was left
/// before all were.
std::vector<std::uint32_t> RunMachine::judgeServers(std::vector<Candidate>& all, Step base) const {
    std::vector<ShardClaim> claims;
    std::vector<Candidate*> servers;
    for (Candidate& candidate : all) {
        const Frozen* frozen = m_round ? m_round->answerOf(candidate.process->key) : nullptr;
        if (candidate.serves() && frozen != nullptr) {
            const TaskKey& key = candidate.process->key;
            claims.push_back({key.task, key.generation, frozen->entered, frozen->shards});
            servers.push_back(&candidate);
        }
    }
    const ShardStandings standings = judgeShards(serversOf(m_job), base, claims, m_snapshot.memberships);
    for (std::size_t i = 0; i < servers.size(); ++i) {
        servers[i]->standing = standings.counts[i] ? Standing::Counts : Standing::Nothing;
    }
    const bool initial =
        base == 0 && std::any_of(all.begin(), all.end(), [](const Candidate& c) { return c.serves(); });
    const bool blind = LONGSHIP_MUTANT("leader-does-not-ask-for-all-shards");
    return initial || blind ? std::vector<std::uint32_t>() : standings.missing;
}

/// Whether these have all shards at the base, and one of them stays to serve them.
bool RunMachine::isServed(const std::vector<Candidate>& chosen, Step base) const {
    std::set<std::uint32_t> held;
    bool stays = !hasServers();
    for (const Candidate& candidate : chosen) {
        stays = stays || (candidate.serves() && !candidate.leaves);
        const Frozen* frozen = m_round ? m_round->answerOf(candidate.process->key) : nullptr;
        if (!candidate.serves() || !candidate.counts() || frozen == nullptr) {
            continue;
        }
        for (const ShardHeld& shard : frozen->shards) {
            if (shard.isAt(base) && shard.shard < serversOf(m_job)) {
                held.insert(shard.shard);
            }
        }
    }
    const bool all =
        base == 0 || held.size() == serversOf(m_job) || LONGSHIP_MUTANT("leaver-takes-its-shards-with-it");
    return stays && all;
}

/// Its task's next process is ready to take over.
bool RunMachine::isReplaced(const Process& process) const {
    return !process.successor &&
           std::any_of(m_processes.begin(), m_processes.end(), [&](const Process& other) {
               return other.key.task == process.key.task && other.successor && other.isReady();
           });
}

/// Of this kind somebody who is to leave is still a member, and so is somebody who stays and has what it has:
/// when a membership is entered all servers that stay do.
bool RunMachine::haveHeirs(bool servers) const {
    bool leaver = false;
    bool heir = false;
    for (const Process& process : m_processes) {
        if (!process.rank || !process.isThere() || process.serves() != servers) {
            continue;
        }
        const bool leaves = isDrained(process.node) || isReplaced(process);
        leaver = leaver || leaves;
        heir = heir || (!leaves && !process.follows);
    }
    return leaver && heir;
}

/// The kind of task of which none is ready, though a run needs one of each to begin.
std::optional<std::string> RunMachine::kindMissing() const {
    bool works = false;
    bool serves = !hasServers();
    for (const Process& process : m_processes) {
        if (process.isReady()) {
            (process.serves() ? serves : works) = true;
        }
    }
    return !works    ? std::optional<std::string>("worker")
           : !serves ? std::optional<std::string>("server")
                     : std::nullopt;
}

std::string RunMachine::joinerKind() const {
    const bool worker = std::any_of(m_processes.begin(), m_processes.end(), [](const Process& process) {
        return process.isReady() && !process.rank && !process.serves();
    });
    return worker ? "worker" : "server";
}

/// To the nodes of these processes: each agent passes it on to all tasks of the run that it has.
void RunMachine::sendOnce(const std::vector<const Process*>& to, const Message& message) {
    std::set<NodeId> told;
    for (const Process* process : to) {
        if (told.insert(process->node).second) {
            send(process->node, message);
        }
    }
}

}  // namespace longship
