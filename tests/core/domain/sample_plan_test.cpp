#include "core/domain/sample_plan.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "core/domain/sample_digest.h"

namespace longship {
namespace {

std::vector<std::uint64_t> epochOf(SamplePlan& plan, std::uint64_t epoch) {
    std::vector<std::uint64_t> all;
    for (Step step = 0; step < plan.stepsPerEpoch(); ++step) {
        const auto part = plan.samplesOf(epoch * plan.stepsPerEpoch() + step);
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

RC_GTEST_PROP(SamplePlan, EveryEpochUsesEverySampleOnce, (std::uint64_t seed)) {
    const auto samples = *rc::gen::inRange<std::uint64_t>(1, 400);
    const auto batch = *rc::gen::inRange<std::uint64_t>(1, 500);
    const auto epoch = *rc::gen::inRange<std::uint64_t>(0, 5);
    SamplePlan plan(samples, batch, seed);
    auto all = epochOf(plan, epoch);
    std::sort(all.begin(), all.end());
    std::vector<std::uint64_t> expected(samples);
    std::iota(expected.begin(), expected.end(), std::uint64_t{0});
    RC_ASSERT(all == expected);
}

TEST(SamplePlan, TheLastStepIsShorter) {
    SamplePlan plan(60'000, 256, 1);
    EXPECT_EQ(plan.stepsPerEpoch(), 235u);
    EXPECT_EQ(plan.positionsOf(0), (Range{0, 256}));
    EXPECT_EQ(plan.positionsOf(234), (Range{59'904, 60'000}));
    EXPECT_EQ(plan.positionsOf(235), (Range{0, 256}));
    EXPECT_EQ(plan.epochOf(234), 0u);
    EXPECT_EQ(plan.epochOf(235), 1u);
}

TEST(SamplePlan, EpochsAndSeedsHaveOrdersOfTheirOwn) {
    SamplePlan one(1'000, 100, 1);
    SamplePlan two(1'000, 100, 2);
    EXPECT_NE(epochOf(one, 0), epochOf(one, 1));
    EXPECT_NE(epochOf(one, 0), epochOf(two, 0));
}

TEST(SamplePlan, AStepIsTheSameWhateverWasAskedBefore) {
    SamplePlan wandering(1'000, 64, 7);
    SamplePlan straight(1'000, 64, 7);
    wandering.samplesOf(40);
    wandering.samplesOf(3);
    EXPECT_EQ(wandering.samplesOf(17), straight.samplesOf(17));
}

// The order is part of what a job means: a run must be repeatable with a later version.
TEST(SamplePlan, TheOrderIsPinned) {
    SamplePlan plan(10, 10, 1);
    const std::vector<std::uint64_t> expected{0, 7, 1, 6, 8, 3, 4, 2, 9, 5};
    EXPECT_EQ(plan.samplesOf(0), expected);
}

TEST(SamplePlan, ABatchAboveTheDatasetIsOneStep) {
    SamplePlan plan(10, ~std::uint64_t{0}, 1);
    EXPECT_EQ(plan.stepsPerEpoch(), 1u);
    EXPECT_EQ(plan.samplesOf(5).size(), 10u);
}

RC_GTEST_PROP(DivideMicroBatches, SlicesCoverAllAndAreFair, ()) {
    const auto count = *rc::gen::inRange<std::uint64_t>(0, 1'000);
    auto shares = *rc::gen::nonEmpty(
        rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange<std::uint32_t>(0, 1'000)));
    shares.front() += 1;
    const auto slices = divideMicroBatches(count, shares);
    RC_ASSERT(slices.size() == shares.size());
    const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
    std::uint64_t position = 0;
    for (std::size_t i = 0; i < slices.size(); ++i) {
        RC_ASSERT(slices[i].begin == position);
        position = slices[i].end;
        const double exact = static_cast<double>(count) * shares[i] / sum;
        RC_ASSERT(std::abs(static_cast<double>(slices[i].size()) - exact) < 1.0);
        RC_ASSERT(shares[i] > 0 || slices[i].empty());
    }
    RC_ASSERT(position == count);
}

TEST(DivideMicroBatches, EqualSharesDifferByAtMostOneAndTheFirstGetMore) {
    const std::vector<std::uint32_t> shares{1, 1, 1};
    EXPECT_EQ(divideMicroBatches(8, shares), (std::vector<Range>{{0, 3}, {3, 6}, {6, 8}}));
    EXPECT_EQ(divideMicroBatches(1, shares), (std::vector<Range>{{0, 1}, {1, 1}, {1, 1}}));
}

TEST(SampleDigest, OrderAndPartsDoNotMatter) {
    const std::vector<std::uint64_t> forward{5, 9, 7};
    const std::vector<std::uint64_t> backward{7, 9, 5};
    EXPECT_EQ(digestOf(forward), digestOf(backward));
    SampleDigest sum = digestOf(std::vector<std::uint64_t>{9});
    sum += digestOf(std::vector<std::uint64_t>{7, 5});
    EXPECT_EQ(sum, digestOf(forward));
}

RC_GTEST_PROP(SampleDigest, AnExchangedSampleIsSeen,
              (std::vector<std::uint64_t> samples, std::uint64_t other)) {
    RC_PRE(!samples.empty());
    const SampleDigest before = digestOf(samples);
    const auto at = *rc::gen::inRange<std::size_t>(0, samples.size());
    RC_PRE(samples[at] != other);
    samples[at] = other;
    RC_ASSERT(digestOf(samples) != before);
}

}  // namespace
}  // namespace longship
