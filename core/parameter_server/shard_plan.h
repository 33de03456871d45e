#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/parameter_server/shard_map.h"

namespace longship {

/// What workers send: their gradients' own numbers, added in the order of the ranks, or fixed-point sums
/// (core/optimizer/fixed_point.h), whose order does not matter.
enum class GradientSums : std::uint8_t { Float, FixedPoint };

/// What servers learn from a worker, which alone knows the model.
struct ShardPlan {
    std::uint32_t shards = 1;
    std::uint32_t realBytes = sizeof(float);
    GradientSums sums = GradientSums::Float;
    /// The worker can give the optimizer's state of the base step, too. False at step 0, where it is zero,
    /// and where no server will need it.
    bool hasState = false;
    std::vector<Stretch> buckets;

    bool operator==(const ShardPlan&) const = default;
};

std::vector<std::uint64_t> encode(const ShardPlan& plan);
/// None when the numbers are no plan.
std::optional<ShardPlan> shardPlanFrom(std::span<const std::uint64_t> numbers);

}  // namespace longship
