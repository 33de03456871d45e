#include <algorithm>

#include "core/protocol/replicated_log.h"

/// ReplicatedLog: how entries spread, as one who follows and as the one who leads.
namespace longship {

/// A leader of this or a later term spoke. False, and it was told so, when it is one of an earlier term.
bool ReplicatedLog::heardFrom(const NodeId& from, Term term, std::uint64_t number) {
    if (term < m_term) {
        ++m_counters.oldTerm;
        to(from, AppendAnswer{m_lineage, m_term, number, m_incarnation, false, 0});
        return false;
    }
    if (m_role == Role::Leader && term == m_term) {
        ++m_counters.unexpected;  // There is one leader in a term.
        return false;
    }
    follow(term, from);
    m_election.leaderHeard(m_now);
    m_leaderlessSince.reset();
    return true;
}

void ReplicatedLog::on(const NodeId& from, const AppendEntries& message) {
    if (!heardFrom(from, message.term, message.number)) {
        return;
    }
    if (contradicts(message)) {
        discard();
    }
    // Entries of the base are committed, and equal everywhere: no need to look at their terms.
    const bool known = message.previousIndex < m_entries.base().index ||
                       m_entries.termAt(message.previousIndex) == message.previousTerm;
    AppendAnswer answer{m_lineage, m_term, message.number, m_incarnation, known, 0};
    if (known) {
        if (!take(message.previousIndex, message.entries)) {
            ++m_counters.unexpected;
            return;
        }
        answer.index = message.previousIndex + message.entries.size();
        commitUpTo(std::min(message.commit, answer.index));
    } else {
        answer.index = whereToTry(message.previousIndex);
    }
    to(from, answer);
}

/// Skips the whole term that does not fit, but nothing that is committed.
LogIndex ReplicatedLog::whereToTry(LogIndex previous) const {
    if (previous > m_entries.lastIndex()) {
        return m_entries.lastIndex() + 1;
    }
    const std::optional<Term> term = m_entries.termAt(previous);
    LogIndex index = previous;
    while (index > m_commit + 1 && m_entries.termAt(index - 1) == term) {
        --index;
    }
    return index;
}

/// Entries that are there already stay; what contradicts the leader's goes, with all after it. False for
/// entries that no leader can have: with a gap, or against what is committed.
bool ReplicatedLog::take(LogIndex previous, const std::vector<LogEntry>& entries) {
    for (const LogEntry& entry : entries) {
        if (entry.index != ++previous) {
            return false;
        }
        if (entry.index <= m_entries.base().index) {
            continue;
        }
        if (entry.index <= m_entries.lastIndex()) {
            if (m_entries.termAt(entry.index) == entry.term) {
                continue;
            }
            if (entry.index <= m_commit) {
                return false;
            }
            m_entries.truncateAfter(entry.index - 1);
            m_outbox.writeTruncation(entry.index - 1);
        }
        m_entries.append(entry);
        m_outbox.writeEntry(entry);
    }
    return true;
}

void ReplicatedLog::commitUpTo(LogIndex index) {
    m_commit = std::max(m_commit, std::min(index, m_entries.lastIndex()));
}

void ReplicatedLog::on(const NodeId& from, const InstallSnapshot& message) {
    if (!heardFrom(from, message.term, message.number)) {
        return;
    }
    const LogSnapshot& snapshot = message.snapshot;
    if (contradicts(snapshot)) {
        discard();
    }
    if (snapshot.index > m_commit) {
        if (m_entries.termAt(snapshot.index) == snapshot.term) {
            // What follows may have been promised to the leader since this snapshot was sent.
            m_entries.compact(snapshot.index, snapshot.state);
            m_outbox.writeCompaction(m_entries.base());
        } else {
            m_outbox.writeReplacement(snapshot, m_commit);
            m_entries.replace(snapshot);
        }
        m_commit = snapshot.index;
    }
    to(from, AppendAnswer{m_lineage, m_term, message.number, m_incarnation, true, snapshot.index});
}

void ReplicatedLog::on(const NodeId& from, const AppendAnswer& answer) {
    if (answer.term > m_term) {
        follow(answer.term, NodeId());
    } else if (m_role != Role::Leader || answer.term < m_term) {
        ++m_counters.oldTerm;
    } else {
        m_replication->answered(from, answer, m_entries.lastIndex(), m_now);
    }
}

void ReplicatedLog::append(EntryKind kind, std::string payload, VotingConfig voting) {
    LogEntry entry{m_entries.lastIndex() + 1, m_term, kind, std::move(payload), std::move(voting)};
    m_outbox.writeEntry(entry);
    m_entries.append(std::move(entry));
}

/// All that a leader has to do now. Called after everything that can have changed something.
void ReplicatedLog::lead() {
    if (m_role != Role::Leader) {
        return;
    }
    if (m_now - m_replication->majorityHeardAt(voting(), m_incarnation, m_now) >= m_times.stepDown) {
        follow(m_term, NodeId());
        return;
    }
    const LogIndex before = m_commit;
    advanceCommit();
    keepVoters();
    if (m_role != Role::Leader) {
        return;
    }
    if (m_now >= m_heartbeatAt || m_commit > before) {
        sendHeartbeats();
    }
    for (const NodeId& node : m_options.nodes) {
        if (node != m_options.self) {
            sendEntries(node);
        }
    }
}

void ReplicatedLog::sendEntries(const NodeId& node) {
    auto message = m_replication->nextFor(node, m_entries, m_commit, m_now);
    if (message) {
        std::visit(
            [&](auto& m) {
                m.lineage = m_lineage;
                m.term = m_term;
            },
            *message);
        to(node, std::move(*message));
    }
}

void ReplicatedLog::sendHeartbeats() {
    m_heartbeatAt = m_now + m_times.heartbeat;
    for (const NodeId& node : m_options.nodes) {
        if (node != m_options.self) {
            AppendEntries heartbeat = m_replication->heartbeatFor(node, m_entries, m_commit, m_now);
            heartbeat.lineage = m_lineage;
            heartbeat.term = m_term;
            to(node, std::move(heartbeat));
        }
    }
}

/// Only an entry of its own term tells a leader that what came before can never be taken back
/// (section 5.4.2).
void ReplicatedLog::advanceCommit() {
    const LogIndex held = m_replication->heldByMajority(voting(), m_incarnation, m_outbox.durable());
    if (held > m_commit && m_entries.termAt(held) == m_term) {
        m_commit = held;
    }
}

/// Moves votes from those that died or are drained to those that live: one change at a time.
void ReplicatedLog::keepVoters() {
    if (m_commit < m_termStart || m_commit < m_entries.votingIndex()) {
        return;
    }
    if (voting().isJoint()) {
        append(EntryKind::Voting, {}, {voting().now, {}});
        return;
    }
    if (!votes()) {
        follow(m_term, NodeId());
        return;
    }
    VoterWeights wanted = chooseVoters(voting().now, candidates(), m_options.self);
    if (!wanted.empty() && wanted != voting().now) {
        append(EntryKind::Voting, {}, {std::move(wanted), voting().now});
    }
}

std::vector<VoterCandidate> ReplicatedLog::candidates() const {
    std::vector<VoterCandidate> all;
    for (const NodeId& node : m_options.nodes) {
        all.push_back(node == m_options.self ? VoterCandidate{node, m_incarnation, true, true, true, false}
                                             : m_replication->candidate(node, m_commit, m_now));
        all.back().drained = m_drained.contains(node);
    }
    return all;
}

}  // namespace longship
