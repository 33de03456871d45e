#include "core/parameter_server/shard_plan.h"

namespace longship {
namespace {

constexpr std::size_t kHead = 4;
constexpr std::uint64_t kShardsMax = 1U << 16;

}  // namespace

std::vector<std::uint64_t> encode(const ShardPlan& plan) {
    std::vector<std::uint64_t> numbers{plan.shards, plan.realBytes, static_cast<std::uint64_t>(plan.sums),
                                       plan.hasState ? 1U : 0U};
    for (const Stretch& bucket : plan.buckets) {
        numbers.push_back(bucket.begin);
        numbers.push_back(bucket.end);
    }
    return numbers;
}

std::optional<ShardPlan> shardPlanFrom(std::span<const std::uint64_t> numbers) {
    const bool isWhole = numbers.size() >= kHead && numbers.size() % 2 == 0;
    if (!isWhole || numbers[0] == 0 || numbers[0] > kShardsMax || numbers[2] > 1 || numbers[3] > 1) {
        return std::nullopt;
    }
    ShardPlan plan{static_cast<std::uint32_t>(numbers[0]),
                   static_cast<std::uint32_t>(numbers[1]),
                   static_cast<GradientSums>(numbers[2]),
                   numbers[3] == 1,
                   {}};
    std::uint64_t at = 0;
    for (std::size_t i = kHead; i < numbers.size(); i += 2) {
        if (numbers[i] < at || numbers[i + 1] < numbers[i]) {
            return std::nullopt;
        }
        at = numbers[i + 1];
        plan.buckets.push_back({numbers[i], at});
    }
    return plan;
}

}  // namespace longship
