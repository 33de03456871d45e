#include "core/parameter_server/push_sums.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numeric>

#include "core/base/random.h"
#include "core/optimizer/fixed_point.h"
#include "tests/core/parameter_server/push_frame.h"

namespace longship {
namespace {

using test::pushOf;

constexpr std::uint32_t kWorkers = 3;

std::shared_ptr<const ShardMap> onePiece(std::size_t elements) {
    const std::vector<Stretch> buckets{{0, elements}};
    return std::make_shared<ShardMap>(ShardMap::make(buckets, 1));
}

std::vector<float> gradient(Step step, Rank worker, std::size_t elements = 2) {
    SeededRandom random(keyOf({step, worker}));
    std::vector<float> values(elements);
    std::ranges::generate(values, [&] { return static_cast<float>(random.unit() - 0.5); });
    return values;
}

std::vector<float> sumOf(Step step) {
    std::vector<float> sum = gradient(step, 0);
    for (Rank worker = 1; worker < kWorkers; ++worker) {
        std::ranges::transform(sum, gradient(step, worker), sum.begin(), std::plus<>());
    }
    return sum;
}

/// Pushes of several steps, each worker's in order but said again at any later moment: every sum comes once,
/// of the right step, and in the order of the ranks.
RC_GTEST_PROP(PushSumsProperties, EverySumComesOnceWhateverIsSaidAgain, ()) {
    PushSums<float> sums(onePiece(2), 0, GradientSums::Float, kWorkers, 5);
    Step done = 5;
    std::vector<Step> next(kWorkers, 5);
    for (int i = 0; i < 60; ++i) {
        const auto worker = *rc::gen::inRange(0U, kWorkers);
        const bool again = next[worker] > 5 && *rc::gen::inRange(0, 3) == 0;
        // A worker goes on when it has the parameters of the step before.
        if (!again && next[worker] > done) {
            continue;
        }
        const Step step = again ? *rc::gen::inRange<Step>(5, next[worker]) : next[worker]++;
        const auto sum = sums.take(pushOf(worker, step, 0, 0, gradient(step, worker)));
        RC_ASSERT(sum.has_value());
        const bool isLast = !again && *std::ranges::min_element(next) > done;
        RC_ASSERT(sum->has_value() == isLast);
        if (isLast) {
            RC_ASSERT(**sum == sumOf(done));
            ++done;
        }
    }
}

TEST(PushSums, FixedPointSumsAreExactInAnyOrder) {
    const double limit = fixedPointLimit(kWorkers);
    const auto fixed = [&](Rank worker) {
        std::vector<std::int64_t> values(2);
        EXPECT_TRUE(addFixedPoint<float>(gradient(0, worker), values, kGradientBits, limit, true));
        return values;
    };
    std::vector<std::vector<float>> all;
    for (const auto& order : {std::vector<Rank>{0, 1, 2}, std::vector<Rank>{2, 0, 1}}) {
        PushSums<float> sums(onePiece(2), 0, GradientSums::FixedPoint, kWorkers, 0);
        std::optional<std::vector<float>> sum;
        for (const Rank worker : order) {
            sum = sums.take(pushOf(worker, 0, 0, 0, fixed(worker))).value();
        }
        ASSERT_TRUE(sum);
        all.push_back(*sum);
    }
    EXPECT_EQ(all[0], all[1]);
    EXPECT_NEAR(all[0][0], sumOf(0)[0], 1e-5);
}

TEST(PushSums, RefusesWhatNoWorkerCouldHaveSent) {
    PushSums<float> sums(onePiece(2), 0, GradientSums::Float, 2, 3);
    const auto kindOf = [&](std::unique_ptr<Frame> push) { return sums.take(std::move(push)).error().kind; };
    const std::vector<float> good(2);
    EXPECT_EQ(kindOf(pushOf(0, 4, 0, 0, good)), ErrorKind::Corrupt) << "of a step that was not begun";
    EXPECT_EQ(kindOf(pushOf(2, 3, 0, 0, good)), ErrorKind::Corrupt) << "from a server";
    EXPECT_EQ(kindOf(pushOf(0, 3, 1, 0, good)), ErrorKind::Corrupt) << "of a piece that is none";
    EXPECT_EQ(kindOf(pushOf(0, 3, 0, 1, good)), ErrorKind::Corrupt) << "of a chunk that is none";
    EXPECT_EQ(kindOf(pushOf(0, 3, 0, 0, std::vector<float>(3))), ErrorKind::Corrupt) << "of another length";
    EXPECT_TRUE(sums.take(pushOf(0, 3, 0, 0, good)));
}

}  // namespace
}  // namespace longship
