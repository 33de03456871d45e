#pragma once

#include "tests/simulation/log/simulated_logs.h"

namespace longship::test {

/// What one seeded history shows in the end.
struct LogHistory {
    std::string problem;  ///< The first broken invariant, or what did not happen in time; empty: none.
    std::uint64_t fingerprint = 0;
    std::uint64_t committed = 0;
    std::uint64_t elections = 0;
    std::uint64_t snapshots = 0;
    std::uint64_t events = 0;
    std::uint64_t lostDisks = 0;
    std::uint64_t takeovers = 0;
    std::uint64_t discards = 0;  ///< Logs dropped for that of a branch which superseded theirs.
    bool lostMajority = false;   ///< Rightly nothing goes on.
};

/// Three to seven nodes, fifteen seconds of all that can go wrong, then calm: within 6 T one leads, all vote,
/// all have applied the same. `tells`: on stderr, what happens when.
LogHistory liveThroughHavoc(std::uint64_t seed, bool tells);

}  // namespace longship::test
