#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/ids.h"

namespace longship {

/// Names a replicated log: the cluster's (38 bits, random) and its branch (26 bits): how often a person told
/// an agent to go on without a majority (6 bits), and by which of several such orders (20 bits: the place of
/// the agent in the roster, and a random number). 0: none. Of two branches of one log the one with the higher
/// number supersedes the other. Terms begin with the branch, so no two branches ever share one, and whoever
/// knows a term of a branch refuses all terms of those it supersedes.
using Lineage = std::uint64_t;

inline constexpr unsigned kBranchBits = 26;
inline constexpr unsigned kTakeoverNameBits = 20;
inline constexpr std::uint64_t kTakeoversMax = 63;

/// Of a new log. Never 0.
constexpr Lineage newLineage(std::uint64_t random) {
    return ((random << kBranchBits) | (std::uint64_t{1} << 63));
}
constexpr bool isSameLog(Lineage one, Lineage other) {
    return one != 0 && other != 0 && one >> kBranchBits == other >> kBranchBits;
}
constexpr bool supersedes(Lineage one, Lineage other) {
    return isSameLog(one, other) && one > other;
}
constexpr std::uint64_t takeoversOf(Lineage lineage) {
    return (lineage >> kTakeoverNameBits) & kTakeoversMax;
}
/// A new branch of this log, which supersedes it. None after kTakeoversMax.
constexpr std::optional<Lineage> branchOf(Lineage lineage, std::size_t placeInRoster, std::uint64_t random) {
    if (takeoversOf(lineage) == kTakeoversMax) {
        return std::nullopt;
    }
    const std::uint64_t name = ((placeInRoster & 63) << 14) | (random & 0x3fff);
    return (lineage >> kBranchBits << kBranchBits) | (takeoversOf(lineage) + 1) << kTakeoverNameBits | name;
}
/// All terms in which a lineage has leaders are higher, and lower than this of any that supersedes it.
constexpr Term firstTermOf(Lineage lineage) {
    return (lineage & ((std::uint64_t{1} << kBranchBits) - 1)) << kBranchBits;
}
/// How many takeovers came before this term.
constexpr std::uint64_t takeoversBefore(Term term) {
    return term >> (kBranchBits + kTakeoverNameBits);
}

}  // namespace longship
