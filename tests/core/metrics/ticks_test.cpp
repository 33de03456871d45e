#include "core/metrics/ticks.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

namespace longship {
namespace {

using Values = std::vector<double>;

TEST(Ticks, LinearOnesAreRound) {
    EXPECT_EQ(linearTicks(0, 1, 6), (Ticks{{0, 0.2, 0.4, 0.6, 0.8, 1}, 0.2, 1}));
    EXPECT_EQ(linearTicks(2, 302, 5).values, (Values{100, 200, 300}));
    EXPECT_EQ(linearTicks(-0.3, 0.3, 7), (Ticks{{-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3}, 0.1, 1}));
    EXPECT_EQ(linearTicks(0, 60'000, 7).values, (Values{0, 10'000, 20'000, 30'000, 40'000, 50'000, 60'000}));
    EXPECT_EQ(linearTicks(0.0101, 0.0129, 4).decimals, 3);
}

TEST(Ticks, OddRangesHaveAnAnswer) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    EXPECT_TRUE(linearTicks(nan, 1, 5).values.empty());
    EXPECT_TRUE(linearTicks(0, infinity, 5).values.empty());
    EXPECT_TRUE(linearTicks(2, 1, 5).values.empty());
    EXPECT_EQ(linearTicks(7, 7, 5).values, Values{7});
    EXPECT_EQ(linearTicks(0, 0, 5).values, Values{0});
    EXPECT_TRUE(logarithmicTicks(0, 1, 5).values.empty());
    EXPECT_TRUE(logarithmicTicks(-1, 1, 5).values.empty());
    EXPECT_FALSE(linearTicks(0, 1, 0).values.empty());
    EXPECT_FALSE(logarithmicTicks(1, 1e9, 0).values.empty());
}

TEST(Ticks, LogarithmicOnesFollowTheDecades) {
    EXPECT_EQ(logarithmicTicks(0.1, 10, 8).values, (Values{0.1, 0.2, 0.5, 1, 2, 5, 10}));
    EXPECT_EQ(logarithmicTicks(1e-4, 1, 5).values, (Values{1e-4, 1e-3, 1e-2, 1e-1, 1}));
    EXPECT_EQ(logarithmicTicks(2.1, 2.4, 5).values, linearTicks(2.1, 2.4, 5).values);
    EXPECT_LE(logarithmicTicks(1e-200, 1e200, 6).values.size(), 12u);
}

RC_GTEST_PROP(Ticks, AreWithinTheRangeEvenlySpacedAndOfFairNumber, ()) {
    const double scale = std::pow(10.0, *rc::gen::inRange(-12, 12));
    const double low = *rc::gen::inRange(-100'000, 100'000) * scale;
    const double high = low + *rc::gen::inRange(1, 100'000) * scale;
    const auto wanted = *rc::gen::inRange<std::size_t>(2, 20);
    const Ticks ticks = linearTicks(low, high, wanted);
    RC_ASSERT(!ticks.values.empty());
    RC_ASSERT(ticks.values.size() <= 2 * wanted);
    const double slack = ticks.step * 1e-6;
    for (std::size_t i = 0; i < ticks.values.size(); ++i) {
        RC_ASSERT(ticks.values[i] >= low - slack && ticks.values[i] <= high + slack);
        // RC_ASSERT evaluates both sides of an "or": the first value has none before it.
        if (i > 0) {
            RC_ASSERT(std::abs(ticks.values[i] - ticks.values[i - 1] - ticks.step) < slack);
        }
    }
    const AxisRange range = niceRange(low, high, wanted);
    RC_ASSERT(range.min <= low + slack && range.max >= high - slack);
    // At most one step more on both sides, and a step is at most 2.5 times the length of a part.
    const double room = 2 * 2.5 / static_cast<double>(wanted - 1);
    RC_ASSERT(range.max - range.min <= (high - low) * (1 + room) * (1 + 1e-6));
}

TEST(Ticks, ANiceRangeHoldsItsData) {
    EXPECT_EQ(niceRange(0.13, 2.31, 6), (AxisRange{0, 2.5}));
    EXPECT_EQ(niceRange(0, 0, 5), (AxisRange{-1, 1}));
    EXPECT_LT(niceRange(5, 5, 5).min, 5);
}

TEST(DurationTicks, AreRoundAsClocksAre) {
    EXPECT_EQ(durationTicks(0, 100, 5).values, (std::vector<double>{0, 30, 60, 90}));
    EXPECT_EQ(durationTicks(10, 3700, 4).values, (std::vector<double>{1800, 3600}));
    EXPECT_EQ(durationTicks(0, 7 * 86400, 4).step, 172'800);
    // Shorter and longer than clocks tell: plain round numbers.
    EXPECT_EQ(durationTicks(0, 2, 4).step, linearTicks(0, 2, 4).step);
    EXPECT_EQ(durationTicks(0, 1e9, 4).step, linearTicks(0, 1e9, 4).step);
}

}  // namespace
}  // namespace longship
