#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/protocol/log_times.h"
#include "core/protocol/voter_weights.h"

namespace longship {

/// When a node stands for election, whether it wants another leader at all, and the votes it got.
class Election {
public:
    Election(const LogTimes& times, std::uint64_t seed, TimePoint now);

    /// A leader spoke, or is taken for granted.
    void leaderHeard(TimePoint now);
    /// The leader's machine refuses connections: nobody has to wait for it.
    void leaderGone(TimePoint now);
    /// Heard a leader a moment ago.
    bool isSticky(TimePoint now) const;

    /// The next attempt begins after a full random time from now.
    void wait(TimePoint now);
    TimePoint deadline() const { return m_deadline; }

    /// Asks for votes in this term; what was granted before is forgotten.
    void begin(Term term, bool prevote);
    void grant(Term term, bool prevote, const NodeId& voter, std::uint64_t incarnation);
    bool isWon(const VotingConfig& voting) const;

private:
    const LogTimes m_times;
    SeededRandom m_random;
    std::optional<TimePoint> m_heardAt;
    TimePoint m_deadline;
    Term m_term = 0;
    bool m_prevote = false;
    std::map<NodeId, std::uint64_t> m_granted;  ///< With the incarnation that did.
};

}  // namespace longship
