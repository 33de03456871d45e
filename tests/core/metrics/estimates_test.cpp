#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "core/metrics/eta_estimator.h"
#include "core/metrics/rate_meter.h"
#include "core/metrics/smoothing.h"

namespace longship {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

UtcTime at(double seconds) {
    return UtcTime{1'767'225'600'000'000 + static_cast<std::int64_t>(seconds * 1e6)};
}

TEST(Smoother, AConstantStaysFromTheFirstValueOn) {
    Smoother smoother(0.99);
    for (int i = 0; i < 1'000; ++i) {
        EXPECT_NEAR(smoother.add(3.5), 3.5, 1e-9);
    }
}

RC_GTEST_PROP(Smoother, EqualsTheWeightedMean, (std::uint64_t seed)) {
    const auto count = *rc::gen::inRange<std::size_t>(1, 60);
    const double weight = static_cast<double>(seed % 99) / 100;
    Smoother smoother(weight);
    std::vector<double> values;
    double average = 0;
    for (std::size_t i = 0; i < count; ++i) {
        values.push_back(std::sin(static_cast<double>(seed % 1'000 + i * i)));
        average = smoother.add(values.back());
    }
    double sum = 0;
    double weights = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const double share = std::pow(weight, static_cast<double>(count - 1 - i));
        sum += share * values[i];
        weights += share;
    }
    RC_ASSERT(std::abs(average - sum / weights) < 1e-9);
}

TEST(Smoother, AGapIsNotAveraged) {
    Smoother smoother(0.5);
    smoother.add(1);
    EXPECT_TRUE(std::isnan(smoother.add(kNan)));
    EXPECT_TRUE(std::isnan(smoother.add(std::numeric_limits<double>::infinity())));
    EXPECT_NEAR(smoother.add(1), 1, 1e-12);
}

TEST(Smoother, WeightsOutOfRangeAreTamed) {
    EXPECT_EQ(Smoother(-1).weight(), 0);
    EXPECT_EQ(Smoother(kNan).weight(), 0);
    EXPECT_LT(Smoother(2).weight(), 1);
    Smoother none(0);
    EXPECT_EQ(none.add(4), 4);
    EXPECT_EQ(none.add(7), 7);
}

TEST(RateMeter, MeasuresWhatComes) {
    RateMeter meter(std::chrono::seconds(5));
    EXPECT_FALSE(meter.perSecond(at(0)));
    for (int i = 0; i <= 100; ++i) {
        meter.add(at(i * 0.1), 256);
    }
    EXPECT_NEAR(meter.perSecond(at(10)).value(), 2'560, 1);
    EXPECT_NEAR(meter.perSecond(at(10.15)).value(), 2'560, 1) << "between two steps the figure stands";
}

TEST(RateMeter, FollowsAChangeWithinItsWindow) {
    RateMeter meter(std::chrono::seconds(5));
    for (int i = 0; i <= 100; ++i) {
        meter.add(at(i * 0.1), 256);
    }
    for (int i = 1; i <= 60; ++i) {
        meter.add(at(10 + i * 0.1), 128);
    }
    EXPECT_NEAR(meter.perSecond(at(16)).value(), 1'280, 1);
}

TEST(RateMeter, FallsToZeroWhenNothingComes) {
    RateMeter meter(std::chrono::seconds(5));
    for (int i = 0; i <= 20; ++i) {
        meter.add(at(i * 0.1), 256);
    }
    EXPECT_LT(meter.perSecond(at(5)).value(), 2'560 / 2.0);
    EXPECT_EQ(meter.perSecond(at(8)).value(), 0);
}

TEST(RateMeter, StaysCorrectOverVeryManySteps) {
    RateMeter meter(std::chrono::seconds(5));
    for (int i = 0; i <= 200'000; ++i) {
        meter.add(at(i * 1e-4), 32);
    }
    EXPECT_NEAR(meter.perSecond(at(20)).value(), 320'000, 100);
}

TEST(EtaEstimator, CountsDownAtASteadyPace) {
    EtaEstimator eta(1'000);
    for (int i = 0; i <= 400; ++i) {
        eta.update(static_cast<std::uint64_t>(i), at(i * 0.05));
    }
    EXPECT_NEAR(static_cast<double>(eta.remaining(at(20)).value().count()), 30'000, 100);
    EXPECT_NEAR(static_cast<double>(eta.remaining(at(20.08)).value().count()), 29'920, 100);
    EXPECT_DOUBLE_EQ(eta.fraction(), 0.4);
}

TEST(EtaEstimator, SaysNothingBeforeItKnowsAndWhenNothingMoves) {
    EtaEstimator eta(1'000);
    EXPECT_FALSE(eta.remaining(at(0)));
    eta.update(0, at(0));
    eta.update(3, at(0.2));
    EXPECT_FALSE(eta.remaining(at(0.2)));
    eta.update(20, at(1));
    EXPECT_TRUE(eta.remaining(at(1)));
    EXPECT_FALSE(eta.remaining(at(100)));
    eta.update(1'000, at(101));
    EXPECT_EQ(eta.remaining(at(101)), std::chrono::milliseconds(0));
}

}  // namespace
}  // namespace longship
