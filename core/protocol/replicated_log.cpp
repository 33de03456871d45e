#include "core/protocol/replicated_log.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/protocol/limits.h"

namespace longship {
namespace {

std::uint64_t lineageOf(const LogMessage& message) {
    return std::visit([](const auto& m) { return m.lineage; }, message);
}

bool isFromLeader(const LogMessage& message) {
    return std::holds_alternative<AppendEntries>(message) || std::holds_alternative<InstallSnapshot>(message);
}

/// Never 0.
std::uint64_t newName(std::uint64_t seed, std::uint64_t what) {
    return keyOf({seed, what}) | 1;
}

}  // namespace

ReplicatedLog::ReplicatedLog(Options options, StoredLog stored, TimePoint now)
    : m_options(std::move(options)),
      m_times(LogTimes::from(m_options.tolerateSilence)),
      m_entries(std::move(stored.base), std::move(stored.entries)),
      m_outbox(m_entries.lastIndex()),
      m_election(m_times, keyOf({m_options.seed, 1}), now),
      m_lineage(stored.lineage),
      m_incarnation(stored.incarnation),
      m_term(stored.term),
      m_votedFor(std::move(stored.votedFor)),
      m_commit(m_entries.base().index),
      m_now(now),
      m_heartbeatAt(now) {
    if (m_incarnation == 0) {
        m_incarnation = newName(m_options.seed, 2);
        m_outbox.writeIdentity({m_lineage, m_incarnation});
    }
    if (m_lineage == 0 && m_options.founds) {
        m_role = Role::Founder;
        probeOthers();
    }
}

void ReplicatedLog::handle(const NodeId& from, const LogMessage& message, TimePoint now) {
    m_now = now;
    if (from == m_options.self || !isKnown(from)) {
        ++m_counters.unknownNode;
    } else if (m_refused.erase(from); belongs(from, message)) {
        std::visit([&](const auto& m) { on(from, m); }, message);
    }
    lead();
}

void ReplicatedLog::handleRefused(const NodeId& node, TimePoint now) {
    m_now = now;
    m_refused.insert(node);
    if (m_replication) {
        m_replication->refused(node);
        lead();
    } else {
        handleNotLeading(node, now);
    }
}

void ReplicatedLog::handleNotLeading(const NodeId& node, TimePoint now) {
    m_now = now;
    if (node == m_leader && node != m_options.self) {
        m_leader = NodeId();
        m_election.leaderGone(now);
    }
}

void ReplicatedLog::handleTimeout(TimePoint now) {
    m_now = now;
    if (m_role == Role::Founder) {
        if (now >= m_election.deadline()) {
            m_election.wait(now);
            found();
        } else if (now >= m_heartbeatAt) {
            probeOthers();
        }
    } else if (m_role != Role::Leader && now >= m_election.deadline()) {
        m_leader = NodeId();
        if (mayLead()) {
            standForElection();
        } else {
            m_election.wait(now);
            askAround();
        }
    }
    lead();
}

std::optional<TimePoint> ReplicatedLog::nextTimeout() const {
    if (m_role == Role::Leader) {
        return m_heartbeatAt;
    }
    if (m_role == Role::Founder) {
        return std::min(m_heartbeatAt, m_election.deadline());
    }
    return m_election.deadline();
}

Result<LogIndex> ReplicatedLog::propose(std::string payload, TimePoint now) {
    m_now = now;
    if (!leads()) {
        return failure(ErrorKind::Refused, "This node (" + m_options.self.value + ") does not lead. " +
                                               (m_leader.empty() ? "No leader is known now; try again soon."
                                                                 : "Ask " + m_leader.value + "."));
    }
    if (payload.size() > kLogEntryBytesMax) {
        return failure(ErrorKind::BadInput, "A log entry of " + std::to_string(payload.size()) +
                                                " bytes is too long: the most is " +
                                                std::to_string(kLogEntryBytesMax) + ".");
    }
    if (m_entries.lastIndex() - m_commit >= kUncommittedEntriesMax || m_entries.bytes() >= kLogBytesMax) {
        return failure(ErrorKind::Exhausted,
                       "The replicated log takes no more entries until a majority of "
                       "the agents has stored those it has; check that they run.");
    }
    append(EntryKind::Payload, std::move(payload), {});
    const LogIndex index = m_entries.lastIndex();
    lead();
    return index;
}

void ReplicatedLog::setDrained(std::set<NodeId> nodes, TimePoint now) {
    m_now = now;
    m_drained = std::move(nodes);
    lead();
}

std::optional<ReplicatedLog::Write> ReplicatedLog::pollWrite() {
    return m_outbox.takeWrite(m_entries.lastIndex());
}

void ReplicatedLog::written(std::uint64_t number, TimePoint now) {
    m_now = now;
    m_outbox.written(number);
    if (m_role == Role::Candidate && m_outbox.lastWritten() >= m_ownVoteIn) {
        m_election.grant(m_term, false, m_options.self, m_incarnation);
        countVotes();
    }
    lead();
}

std::optional<ReplicatedLog::Outgoing> ReplicatedLog::pollTransmit() {
    return m_outbox.takeMessage();
}

std::optional<ReplicatedLog::Committed> ReplicatedLog::pollCommitted() {
    if (std::exchange(m_startsOver, false)) {
        return Committed(LogSnapshot{});
    }
    const LogIndex upTo = std::min(m_commit, m_outbox.durable());
    if (m_applied < m_entries.base().index) {
        if (upTo < m_entries.base().index) {
            return std::nullopt;
        }
        m_applied = m_entries.base().index;
        return Committed(m_entries.base());
    }
    while (m_applied < upTo) {
        const LogEntry& entry = m_entries.at(++m_applied);
        if (entry.kind == EntryKind::Payload) {
            return Committed(entry);
        }
    }
    return std::nullopt;
}

/// Earlier than it must be when every live node holds everything: then nobody will ask for what is dropped.
bool ReplicatedLog::compactionDue() const {
    const LogIndex kept = m_applied - std::min(m_applied, m_entries.base().index);
    if (kept >= m_options.entriesUntilCompaction || m_entries.bytes() >= kLogBytesUntilCompaction) {
        return kept > 0;
    }
    return kept >= m_options.entriesUntilCompaction / 4 && m_replication &&
           m_replication->heldByAllLive(m_outbox.durable(), m_now) >= m_applied;
}

Result<void> ReplicatedLog::compact(std::string state, TimePoint now) {
    m_now = now;
    if (state.size() > kSnapshotBytesMax) {
        return failure(ErrorKind::Exhausted, "A snapshot of " + std::to_string(state.size()) +
                                                 " bytes is too long: the most is " +
                                                 std::to_string(kSnapshotBytesMax) + ".");
    }
    if (m_applied > m_entries.base().index) {
        m_entries.compact(m_applied, std::move(state));
        m_outbox.writeCompaction(m_entries.base());
    }
    return {};
}

bool ReplicatedLog::isReady() const {
    return leads() && m_applied >= m_termStart;
}

bool ReplicatedLog::hasLease(TimePoint now) const {
    return leads() && now - m_replication->majorityHeardAt(voting(), m_incarnation, now) < m_times.lease;
}

/// Only words about this log go on. A node without one takes the first that a leader offers; one with a
/// branch that was given up takes what superseded it.
bool ReplicatedLog::belongs(const NodeId& from, const LogMessage& message) {
    const std::uint64_t theirs = lineageOf(message);
    if (theirs == m_lineage && m_lineage != 0) {
        return true;
    }
    if (m_lineage == 0 && theirs != 0) {
        if (m_role == Role::Founder) {
            m_role = Role::Follower;
        }
        if (isFromLeader(message)) {
            adopt(theirs);
            return true;
        }
        return false;
    }
    if (supersedes(theirs, m_lineage) && isFromLeader(message)) {
        adopt(theirs);  // Its terms are higher than any that this node can know.
        return true;
    }
    const auto* answer = std::get_if<VoteAnswer>(&message);
    if (answer != nullptr && m_role == Role::Founder && answer->asked == m_incarnation) {
        m_withoutLog.insert(from);
        return false;
    }
    const auto* question = std::get_if<VoteRequest>(&message);
    if (question != nullptr && theirs == 0) {
        to(from, VoteAnswer{m_lineage, m_term, question->term, question->prevote, false, m_incarnation});
    } else if (isSameLog(theirs, m_lineage)) {
        ++m_counters.otherBranch;
    } else if (theirs != 0) {
        ++m_counters.otherLineage;
    }
    return false;
}

void ReplicatedLog::adopt(Lineage lineage) {
    m_lineage = lineage;
    m_outbox.writeIdentity({m_lineage, m_incarnation});
}

/// The first entry of all: this node alone votes. It gives the others their votes when they are level. Not
/// before most nodes have said that they know of no log: this one may have lost its disk.
void ReplicatedLog::found() {
    if (2 * (m_withoutLog.size() + 1) <= m_options.nodes.size()) {
        return;
    }
    m_role = Role::Follower;
    adopt(newLineage(keyOf({m_options.seed, 3})));
    LogEntry first{1, 0, EntryKind::Voting, {}, {{{m_options.self, {m_incarnation, 1}}}, {}}};
    m_entries.append(first);
    m_outbox.writeEntry(first);
    standForElection();
}

void ReplicatedLog::probeOthers() {
    m_heartbeatAt = m_now + m_times.heartbeat;
    toAll(VoteRequest{0, m_incarnation, true, 0, 0});  // Answers to an earlier life do not count.
    if (m_withoutLog.size() + 1 == m_options.nodes.size()) {
        found();
    }
}

bool ReplicatedLog::isKnown(const NodeId& node) const {
    return std::find(m_options.nodes.begin(), m_options.nodes.end(), node) != m_options.nodes.end();
}

/// Of this term, which may be a new one, as somebody who does not lead it.
void ReplicatedLog::follow(Term term, const NodeId& leader) {
    LONGSHIP_CHECK(term >= m_term, "terms never fall");
    if (term > m_term) {
        m_term = term;
        m_votedFor = NodeId();
        m_outbox.writeBallot({m_term, m_votedFor});
    }
    if (m_role == Role::Leader) {
        m_replication.reset();
        m_election.wait(m_now);
    }
    m_role = Role::Follower;
    m_leader = leader;
}

void ReplicatedLog::toAll(const LogMessage& message) {
    for (const NodeId& node : m_options.nodes) {
        if (node != m_options.self) {
            m_outbox.send(node, message);
        }
    }
}

void ReplicatedLog::to(const NodeId& node, LogMessage message) {
    m_outbox.send(node, std::move(message));
}

}  // namespace longship
