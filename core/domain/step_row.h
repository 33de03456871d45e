#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/domain/sample_digest.h"

namespace longship {

/// Position of a row in a run's metric stream: the same on every node that keeps it, so a client can pull
/// from any of them with one cursor. Ordered by membership, then step.
struct RowKey {
    MembershipNumber membership = 0;
    Step step = 0;

    auto operator<=>(const RowKey&) const = default;
};

/// Where one member's time of a step went, on its own clock.
struct MemberTiming {
    Rank rank = 0;
    double computeMs = 0;  ///< Forward and backward.
    double waitMs = 0;     ///< From the end of backward until the last bucket was reduced.
    double totalMs = 0;    ///< Whole step.

    bool operator==(const MemberTiming&) const = default;
};

/// The public part of one step record (design: one small allgather per step): what the members really did.
/// Loss is the mean over `digest.count` samples, computed from sums.
struct StepRow {
    RowKey key;
    std::uint64_t epoch = 0;
    UtcTime appliedAt;
    double loss = 0;
    std::uint64_t correct = 0;
    double durationMs = 0;      ///< Of the slowest member.
    SampleDigest digest;        ///< Of the samples really read, over all members.
    std::string parameterHash;  ///< SHA-256 every K steps and at the end of an epoch, else empty.
    std::vector<MemberTiming> members;

    bool operator==(const StepRow&) const = default;
};

}  // namespace longship
