#include "core/parameter_server/shard_plan.h"

#include <gtest/gtest.h>

namespace longship {
namespace {

TEST(ShardPlan, ComesBackAsItWasSent) {
    const ShardPlan plan{3, 8, GradientSums::FixedPoint, true, {{0, 10}, {16, 16}, {16, 5000}}};
    EXPECT_EQ(shardPlanFrom(encode(plan)), plan);
}

TEST(ShardPlan, RefusesNumbersThatAreNone) {
    const auto numbers = encode({3, 8, GradientSums::Float, false, {{0, 10}, {16, 5000}}});
    ASSERT_TRUE(shardPlanFrom(numbers));
    for (std::size_t length = 0; length < numbers.size(); ++length) {
        const auto cut = shardPlanFrom(std::span(numbers).first(length));
        EXPECT_EQ(cut.has_value(), length == 4 || length == 6) << length;
    }
    const auto with = [&](std::size_t place, std::uint64_t number) {
        auto changed = numbers;
        changed[place] = number;
        return shardPlanFrom(changed);
    };
    EXPECT_FALSE(with(0, 0)) << "no shards";
    EXPECT_FALSE(with(0, 1ULL << 40)) << "more shards than there can be";
    EXPECT_FALSE(with(2, 2)) << "no kind of sum";
    EXPECT_FALSE(with(5, 20)) << "buckets that overlap";
    EXPECT_FALSE(with(7, 3)) << "a bucket that ends before it begins";
}

}  // namespace
}  // namespace longship
