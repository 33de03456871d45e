#include "core/protocol/replicated_log.h"

/// ReplicatedLog: who leads.
namespace longship {

/// A node that lost its votes may be the only one that knows of it: it leads until that is committed. One
/// that has nothing yet of its branch of the log knows of voters who count no more.
bool ReplicatedLog::mayLead() const {
    const bool unsure = m_entries.votingIndex() > m_commit;
    return hasJoined() &&
           (votes() || (unsure && m_entries.votingBefore().contains(m_options.self, m_incarnation)));
}

/// Whoever has seen less may not lead: it would lack something that was committed.
bool ReplicatedLog::mayVoteFor(const VoteRequest& request) const {
    if (request.lastTerm != m_entries.lastTerm()) {
        return request.lastTerm > m_entries.lastTerm();
    }
    return request.lastIndex >= m_entries.lastIndex();
}

/// Asks first whether others would agree: a node that was cut off must not end a leadership that works.
void ReplicatedLog::standForElection() {
    m_role = Role::PreCandidate;
    m_election.wait(m_now);
    m_election.begin(m_term + 1, true);
    m_election.grant(m_term + 1, true, m_options.self, m_incarnation);
    askAround();
    countVotes();
}

void ReplicatedLog::becomeCandidate() {
    m_role = Role::Candidate;
    ++m_term;
    m_votedFor = m_options.self;
    m_outbox.writeBallot({m_term, m_votedFor});
    m_ownVoteIn = m_outbox.writeOfNow();
    m_askedAt = m_now;
    m_election.leaderHeard(m_now);  // Itself, if all goes well.
    m_election.begin(m_term, false);
    toAll(VoteRequest{m_lineage, m_term, false, m_entries.lastIndex(), m_entries.lastTerm()});
}

void ReplicatedLog::becomeLeader() {
    m_role = Role::Leader;
    m_leader = m_options.self;
    m_leaderlessSince.reset();
    m_replication.emplace(m_options.self, m_options.nodes, m_times, m_entries.lastIndex(), m_askedAt);
    for (const NodeId& node : m_refused) {
        m_replication->refused(node);
    }
    append(EntryKind::TermStart, {}, {});
    m_termStart = m_entries.lastIndex();
    sendHeartbeats();
}

void ReplicatedLog::on(const NodeId& from, const VoteRequest& request) {
    bool granted = false;
    if (request.term < m_term) {
        ++m_counters.oldTerm;
    } else if (m_role == Role::Leader || m_election.isSticky(m_now)) {
        ++m_counters.sticky;
    } else if (request.prevote) {
        granted = request.term > m_term && mayVoteFor(request);
    } else {
        if (request.term > m_term) {
            follow(request.term, NodeId());
        }
        granted = (m_votedFor.empty() || m_votedFor == from) && mayVoteFor(request);
        if (granted) {
            m_role = Role::Follower;
            m_votedFor = from;
            m_outbox.writeBallot({m_term, m_votedFor});
            m_election.leaderHeard(m_now);
        }
    }
    to(from, VoteAnswer{m_lineage,
                        m_term,
                        request.term,
                        request.prevote,
                        granted,
                        m_incarnation,
                        {m_entries.lastIndex(), m_entries.lastTerm(), m_commit},
                        m_leader});
}

void ReplicatedLog::on(const NodeId& from, const VoteAnswer& answer) {
    noteStanding(from, answer);
    if (answer.term > m_term && !answer.granted) {
        follow(answer.term, NodeId());
        return;
    }
    if (answer.granted) {
        m_election.grant(answer.asked, answer.prevote, from, answer.incarnation);
        countVotes();
    }
}

void ReplicatedLog::countVotes() {
    if (m_role == Role::PreCandidate && m_election.isWon(voting())) {
        becomeCandidate();
    } else if (m_role == Role::Candidate && m_election.isWon(voting())) {
        becomeLeader();
    }
}

}  // namespace longship
