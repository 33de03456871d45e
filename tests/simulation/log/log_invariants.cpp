#include "tests/simulation/log/log_invariants.h"

#include <algorithm>
#include <functional>

#include "core/base/random.h"

namespace longship::test {
namespace {

std::uint64_t digestOf(const LogEntry& entry, Term previousTerm) {
    std::uint64_t key = keyOf({entry.index, entry.term, static_cast<std::uint64_t>(entry.kind), previousTerm,
                               std::hash<std::string>{}(entry.payload)});
    for (const VoterWeights* voters : {&entry.voting.now, &entry.voting.before}) {
        for (const auto& [node, voter] : *voters) {
            key = keyOf({key, std::hash<NodeId>{}(node), voter.incarnation, voter.weight});
        }
    }
    return key;
}

std::string at(LogIndex index, Term term) {
    return std::to_string(index) + " of term " + std::to_string(term);
}

}  // namespace

std::uint64_t LogInvariants::committed() const {
    return m_branches.empty() ? 0 : m_branches.rbegin()->second.applied.size();
}

LogIndex LogInvariants::lastCommitted(Lineage branch) const {
    const auto known = m_branches.find(branch);
    return known == m_branches.end() || known->second.committed.empty()
               ? 0
               : known->second.committed.rbegin()->first;
}

void LogInvariants::onTakeover(const NodeId& node, Lineage before, const ReplicatedLog& log, LogIndex known) {
    if (m_branches.contains(log.lineage())) {
        broken("two takeovers began the same branch");
    }
    Branch& branch = m_branches[log.lineage()];
    for (const auto& [index, term] : m_branches[before].committed) {
        if (index > log.entries().base().index && log.entries().termAt(index) != term) {
            if (index <= known) {
                broken(node.value + " took over without the committed entry " + at(index, term) +
                       " that one knew of whom it had asked");
            }
            break;
        }
        branch.committed.emplace(index, term);
    }
    for (const auto& [index, fold] : m_branches[before].applied) {
        const LogIndex last = branch.committed.empty() ? 0 : branch.committed.rbegin()->first;
        if (index <= std::max(last, log.applied())) {
            branch.applied.emplace(index, fold);
        }
    }
}

void LogInvariants::broken(const std::string& what) {
    if (m_problem.empty()) {
        m_problem = what;
    }
}

bool LogInvariants::majority(const VoterWeights& voters, const std::set<VoterName>& who) const {
    unsigned all = 0;
    unsigned with = 0;
    for (const auto& [node, voter] : voters) {
        all += voter.weight;
        if (who.contains({node, voter.incarnation})) {
            with += voter.weight;
        }
    }
    return with > all / 2;
}

bool LogInvariants::holds(const VotingConfig& voting, const std::set<VoterName>& who) const {
    return majority(voting.now, who) && (voting.before.empty() || majority(voting.before, who));
}

/// Log matching: the same index and term mean the same entry after the same entry.
void LogInvariants::noteEntry(const NodeId& node, const LogEntry& entry, Term previousTerm) {
    const auto [known, isNew] =
        m_contents.try_emplace({entry.index, entry.term}, digestOf(entry, previousTerm));
    if (!isNew && known->second != digestOf(entry, previousTerm)) {
        broken("log matching: " + node.value + " has another entry " + at(entry.index, entry.term));
    }
}

void LogInvariants::onDisk(const NodeId& node, const LogWrite& write, const StoredLog& before,
                           const StoredLog& after) {
    const VoterName name{node, after.incarnation};
    if (before.incarnation == after.incarnation && after.term < before.term) {
        broken("the term of " + node.value + " fell on its disk");
    }
    if (!after.votedFor.empty()) {
        const auto [vote, isNew] = m_votes.try_emplace({name, after.term}, after.votedFor);
        if (vote->second != after.votedFor) {
            broken(node.value + " voted twice in term " + std::to_string(after.term));
        }
    }
    Term previous = after.entries.size() > write.entries.size()
                        ? after.entries[after.entries.size() - write.entries.size() - 1].term
                        : after.base.term;
    for (const LogEntry& entry : write.entries) {
        noteEntry(node, entry, previous);
        previous = entry.term;
        m_holders[{entry.index, entry.term}].insert(name);
    }
    const Term last = after.entries.empty() ? after.base.term : after.entries.back().term;
    if (write.base && last >= firstTermOf(after.lineage)) {
        const auto& known = m_branches[after.lineage].committed;
        const auto committed = known.find(write.base->index);
        if (committed != known.end() && committed->second != write.base->term) {
            broken("the base of " + node.value + " is not the committed entry " +
                   at(write.base->index, write.base->term));
        }
    }
}

/// What is promised or confirmed must be on the disk already.
void LogInvariants::onSent(const NodeId& from, const LogMessage& message) {
    const auto* vote = std::get_if<VoteAnswer>(&message);
    if (vote != nullptr && vote->granted && !vote->prevote &&
        !m_votes.contains({{from, vote->incarnation}, vote->asked})) {
        broken(from.value + " granted a vote that is not on its disk");
    }
    const auto* ask = std::get_if<VoteRequest>(&message);
    if (ask != nullptr && !ask->prevote && ask->lineage != 0) {
        bool durable = false;
        for (const auto& [key, votedFor] : m_votes) {
            durable |= key.first.first == from && key.second == ask->term && votedFor == from;
        }
        if (!durable) {
            broken(from.value + " stands for a term that is not on its disk");
        }
    }
}

void LogInvariants::onLeader(const NodeId& node, const ReplicatedLog& log) {
    const auto [leader, isNew] = m_leaders.try_emplace(log.term(), node);
    if (leader->second != node) {
        broken("election safety: " + leader->second.value + " and " + node.value + " both lead term " +
               std::to_string(log.term()));
    }
    std::set<VoterName> voters;
    for (const auto& [key, votedFor] : m_votes) {
        if (key.second == log.term() && votedFor == node) {
            voters.insert(key.first);
        }
    }
    if (!holds(log.voting(), voters)) {
        broken(node.value + " leads term " + std::to_string(log.term()) + " without a majority of votes");
    }
    const auto& committed = m_branches[log.lineage()].committed;
    for (auto entry = committed.upper_bound(log.entries().base().index); entry != committed.end(); ++entry) {
        if (log.entries().termAt(entry->first) != entry->second) {
            broken("leader completeness: " + node.value + " leads term " + std::to_string(log.term()) +
                   " without the committed entry " + at(entry->first, entry->second));
            return;
        }
    }
}

void LogInvariants::onTwoLeases(const NodeId& one, const NodeId& other) {
    broken(one.value + " and " + other.value + " have a lease at the same time");
}

void LogInvariants::onCommitted(const NodeId& leader, const ReplicatedLog& log, const VotingConfig& before,
                                LogIndex index) {
    const auto term = log.entries().termAt(index);
    if (!term) {
        return;  // Compacted already: it was looked at when it was applied.
    }
    const auto [known, isNew] = m_branches[log.lineage()].committed.try_emplace(index, *term);
    if (known->second != *term) {
        broken("two entries were committed as " + std::to_string(index));
    }
    if (isNew && index == log.committed()) {
        if (*term != log.term()) {
            broken(leader.value + " committed by counting copies of " + at(index, *term));
        }
        if (!holds(log.voting(), m_holders[{index, *term}]) && !holds(before, m_holders[{index, *term}])) {
            broken(leader.value + " committed " + at(index, *term) + " without a majority of disks");
        }
    }
}

void LogInvariants::onApplying(const NodeId& node, const LogEntry& entry, const StoredLog& disk) {
    if (entry.index > disk.base.index + disk.entries.size()) {
        broken(node.value + " applied an entry that is not on its disk");
    }
}

void LogInvariants::onApplied(const NodeId& node, Lineage branch, LogIndex index, std::uint64_t fold,
                              bool snapshot) {
    if (branch == 0) {
        return;  // It started with what it has of a branch that was given up, and knows that.
    }
    auto& applied = m_branches[branch].applied;
    if (snapshot) {
        auto known = applied.upper_bound(index);
        const std::uint64_t expected = known == applied.begin() ? 0 : std::prev(known)->second;
        if (fold != expected) {
            broken("the snapshot up to " + std::to_string(index) + " that " + node.value +
                   " applied is not what was committed");
        }
        return;
    }
    const auto [known, isNew] = applied.try_emplace(index, fold);
    if (known->second != fold) {
        broken("state machine safety: " + node.value + " applied something else at " + std::to_string(index));
    }
}

void LogInvariants::onCounters(const NodeId& node, const ReplicatedLog::Counters& counters) {
    if (counters.unexpected > 0 || counters.otherLineage > 0) {
        broken(node.value + " met a message that cannot be");
    }
}

}  // namespace longship::test
