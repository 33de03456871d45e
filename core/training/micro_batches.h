#pragma once

#include <cstdint>
#include <vector>

#include "core/domain/sample_plan.h"

namespace longship {

/// Whether a forward pass may span several micro-batches: yes where samples do not influence each other and
/// sums are floats anyway.
enum class Fusing { Allowed, Forbidden };

/// Forward passes of one member in one step: ranges of positions within the step's samples.
struct StepShare {
    std::uint64_t microBatches = 0;  ///< Of the whole step, over all members.
    std::vector<Range> passes;       ///< Empty for a member that owns none.
};

/// What member `rank` computes of a step of `samples` samples. A fused pass is bounded too: a member that
/// inherits the work of others must not need more memory than before.
StepShare shareOf(std::uint64_t samples, std::uint64_t microBatch, std::span<const std::uint32_t> shares,
                  Rank rank, Fusing fusing);

}  // namespace longship
