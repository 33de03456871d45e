#include "core/protocol/election.h"

namespace longship {
namespace {

Duration upTo(SeededRandom& random, Duration most) {
    return Duration(static_cast<Duration::rep>(
        random.below(static_cast<std::uint64_t>(std::max<Duration::rep>(most.count(), 1)))));
}

}  // namespace

/// Who starts may have forgotten a leader that it heard a moment ago: it takes one for granted.
Election::Election(const LogTimes& times, std::uint64_t seed, TimePoint now)
    : m_times(times), m_random(seed), m_heardAt(now) {
    wait(now);
}

void Election::leaderHeard(TimePoint now) {
    m_heardAt = now;
    wait(now);
}

void Election::leaderGone(TimePoint now) {
    m_heardAt.reset();
    m_deadline = now + upTo(m_random, m_times.hurry);
}

bool Election::isSticky(TimePoint now) const {
    return m_heardAt && now - *m_heardAt < m_times.sticky;
}

void Election::wait(TimePoint now) {
    m_deadline = now + m_times.electionMin + upTo(m_random, m_times.electionMax - m_times.electionMin);
}

void Election::begin(Term term, bool prevote) {
    m_term = term;
    m_prevote = prevote;
    m_granted.clear();
}

void Election::grant(Term term, bool prevote, const NodeId& voter, std::uint64_t incarnation) {
    if (term == m_term && prevote == m_prevote) {
        m_granted[voter] = incarnation;
    }
}

bool Election::isWon(const VotingConfig& voting) const {
    return isMajority(voting, [&](const NodeId& node, const Voter& voter) {
        const auto granted = m_granted.find(node);
        return granted != m_granted.end() && granted->second == voter.incarnation;
    });
}

}  // namespace longship
