#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "core/protocol/replicated_log.h"

namespace longship::test {

/// Watches all nodes of a simulated cluster from outside and remembers the first thing that must never
/// happen. Knows nothing of how the machine counts: it looks at disks, messages and what is applied.
class LogInvariants {
public:
    const std::string& problem() const { return m_problem; }
    std::uint64_t committed() const;  ///< In the branch that supersedes all others.
    LogIndex lastCommitted(Lineage branch) const;

    /// The node begins a branch of `before` with the log that it has now. `known`: how far those that it had
    /// asked knew that nothing can be taken back.
    void onTakeover(const NodeId& node, Lineage before, const ReplicatedLog& log, LogIndex known);
    /// A write reached a node's disk, which holds `after` now.
    void onDisk(const NodeId& node, const LogWrite& write, const StoredLog& before, const StoredLog& after);
    void onSent(const NodeId& from, const LogMessage& message);
    void onLeader(const NodeId& node, const ReplicatedLog& log);
    /// Two nodes believe at the same instant that a majority just heard them.
    void onTwoLeases(const NodeId& one, const NodeId& other);
    /// The leader's commit index reached `index`, when `before` or what it has now was in force.
    void onCommitted(const NodeId& leader, const ReplicatedLog& log, const VotingConfig& before,
                     LogIndex index);
    /// A node is about to apply an entry: it must have it.
    void onApplying(const NodeId& node, const LogEntry& entry, const StoredLog& disk);
    /// A node applied an entry, or a snapshot that stands for all up to `index`; `fold`: of all payloads so
    /// far.
    void onApplied(const NodeId& node, Lineage branch, LogIndex index, std::uint64_t fold, bool snapshot);
    void onCounters(const NodeId& node, const ReplicatedLog::Counters& counters);

private:
    using VoterName = std::pair<NodeId, std::uint64_t>;  ///< Node and incarnation.

    void broken(const std::string& what);
    void noteEntry(const NodeId& node, const LogEntry& entry, Term previousTerm);
    bool majority(const VoterWeights& voters, const std::set<VoterName>& who) const;
    bool holds(const VotingConfig& voting, const std::set<VoterName>& who) const;

    std::string m_problem;
    std::map<Term, NodeId> m_leaders;
    std::map<std::pair<VoterName, Term>, NodeId> m_votes;                ///< On disk, ever.
    std::map<std::pair<LogIndex, Term>, std::uint64_t> m_contents;       ///< Of entry and the term before it.
    std::map<std::pair<LogIndex, Term>, std::set<VoterName>> m_holders;  ///< Who ever had it on disk.
    struct Branch {
        std::map<LogIndex, Term> committed;
        std::map<LogIndex, std::uint64_t> applied;
    };
    std::map<Lineage, Branch> m_branches;
};

}  // namespace longship::test
