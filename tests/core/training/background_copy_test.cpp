#include "core/training/background_copy.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numeric>

#include "core/base/random.h"
#include "tests/core/training/team.h"

// A state that is copied while the others train: the parameters, the optimizer and the buffers have the
// SHA-256 of a run that nobody disturbed, whatever happens meanwhile.
namespace longship {
namespace {

using namespace std::chrono_literals;
using test::Team;

RC_GTEST_PROP(BackgroundCopies, sendEachElementOnceAndEnd, ()) {
    const auto elements = *rc::gen::inRange<std::size_t>(1, 5000);
    BackgroundCopy copy(1, {true, false, true}, elements, *rc::gen::inRange<std::size_t>(0, elements),
                        *rc::gen::inRange<std::size_t>(0, 300));
    std::size_t next = copy.copied();
    while (!copy.isComplete()) {
        const Range piece = copy.piece();
        RC_ASSERT(piece.begin == next && piece.end > piece.begin && piece.end <= elements);
        next = static_cast<std::size_t>(piece.end);
        copy.stepApplied(*rc::gen::inRange<std::size_t>(0, 300));
    }
    RC_ASSERT(next == elements);
}

TEST(BackgroundCopies, FollowersComputeNothingAndSomebodyAlwaysDoes) {
    const BackgroundCopy copy(1, {true, false, true}, 100, 0, 10);
    EXPECT_EQ(copy.sharesOf(std::vector<std::uint32_t>{4, 3, 2}), (std::vector<std::uint32_t>{0, 3, 0}));
    EXPECT_EQ(copy.sharesOf(std::vector<std::uint32_t>{4, 0, 2}), (std::vector<std::uint32_t>{0, 1, 0}));
}

// Against a wire of any speed: the pieces come to a size that delays a step by little, and not less than
// that.
RC_GTEST_PROP(PieceSizers, fillTheComputationAndLittleMore, ()) {
    const double bytesPerSecond = *rc::gen::inRange(20, 2000) * 1e6;
    const double compute = *rc::gen::inRange(20, 1000) / 1000.0;
    const PieceSizer sizer(8, std::size_t{64} << 20);
    std::size_t piece = sizer.first(bytesPerSecond);
    double delay = 0;
    for (int step = 0; step < 60; ++step) {
        const double late = std::max(static_cast<double>(piece) * 8 / bytesPerSecond - compute, 0.0);
        delay = std::max(step > 30 ? delay : 0.0, late);
        const auto duration = [](double seconds) {
            return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
        };
        piece = sizer.next(piece, duration(compute), duration(late));
    }
    const double sent = static_cast<double>(piece) * 8;
    RC_ASSERT(sent >= 0.95 * compute * bytesPerSecond || sent >= (64U << 20) - 128.0);
    RC_ASSERT(delay <= (PieceSizer::kDelay + 0.01) * compute + 0.02);
}

constexpr std::uint64_t kSamples = 100;
constexpr Step kSteps = 10;

JobSpec jobOf(const std::string& model, OptimizerKind optimizer) {
    JobSpec job;
    job.dataset.name = "fashion-mnist";  // Replaced by data in memory; named so that the job is valid.
    job.model.name = model;
    job.model.hidden = {16};
    job.optimizer.kind = optimizer;
    job.optimizer.learningRate = optimizer == OptimizerKind::Adam ? 0.005 : 0.05;
    job.numerics = Numerics::Reproducible;
    job.globalBatch = 24;
    job.microBatch = 4;
    job.epochs = 2;
    return job;
}

struct Case {
    const char* model;
    OptimizerKind optimizer;
};

class Following : public testing::TestWithParam<Case> {
protected:
    Team team(std::size_t members, std::size_t pieceBytes) const {
        Trainer::Options options;
        options.hashEverySteps = 1;
        options.transferInside = 0s;
        options.transferBlockBytes = 512;
        options.transferPieceBytesMax = pieceBytes;
        return {jobOf(GetParam().model, GetParam().optimizer), options,
                test::shared(test::syntheticData({1, 8, 8}, 3, kSamples, 600), members)};
    }
    std::size_t stateBytes() const {
        return static_cast<std::size_t>(team(1, 1)[0].trainer->prepared().parameters) * 12;
    }
    std::string undisturbed() const {
        Team alone = team(1, 1);
        alone.enterAs({0});
        alone.finish();
        return alone.hash();
    }
    void expectExact(Team& team, std::size_t member) const {
        EXPECT_EQ(team.hash(), undisturbed());
        ASSERT_EQ(team[member].rows.size(), kSteps) << "each once";
        const auto proof = proveSamples(team.snapshot(), team[member].rows);
        ASSERT_TRUE(proof && proof->exact());
        for (const StepRow& row : team[member].rows) {
            EXPECT_FALSE(row.parameterHash.empty()) << row.key.step;
        }
    }
};

TEST_P(Following, AJoinerCatchesUpWhileTheOthersTrain) {
    for (const std::size_t parts : {1, 3, 1000}) {  // At once; within some steps; not before the end.
        for (const std::vector<std::size_t>& order :
             std::vector<std::vector<std::size_t>>{{0, 1, 2}, {0, 2, 1}}) {
            SCOPED_TRACE(testing::Message() << parts << " parts");
            Team team = this->team(3, stateBytes() / parts);
            team.restart(2);
            team.enterAs({0, 1});
            team.runTo(2);
            team.enterAs(order);
            ASSERT_FALSE(team.anyFailed()) << team[0].error.text << team[2].error.text;
            EXPECT_FALSE(team[2].trainer->hasState());
            team.finish();
            EXPECT_TRUE(team[2].trainer->hasState());
            expectExact(team, 0);
            EXPECT_EQ(team[2].evaluations, team[0].evaluations);
            EXPECT_TRUE(std::equal(team[2].rows.rbegin(), team[2].rows.rbegin() + 8, team[0].rows.rbegin()))
                << "identical, whoever reports them";
        }
    }
}

TEST_P(Following, WhatWasCopiedIsNotCopiedAgainInTheNextMembership) {
    Team team = this->team(3, stateBytes() / 6);
    team.restart(2);
    team.enterAs({0, 1});
    team.runTo(2);
    for (Step step = 3; step <= 8; ++step) {  // A change after each step: together they copy all of it.
        team.enterAs({0, 1, 2});
        ASSERT_FALSE(team.anyFailed());
        team.runTo(step);
    }
    EXPECT_TRUE(team[2].trainer->hasState());
    team.finish();
    expectExact(team, 0);
}

TEST_P(Following, TheSourceLeavesInTheMiddle) {
    Team team = this->team(3, stateBytes() / 6);
    team.restart(2);
    team.enterAs({0, 1});
    team.runTo(2);
    team.enterAs({0, 1, 2});
    team.runTo(4);
    EXPECT_FALSE(team[2].trainer->hasState());
    team.enterAs({1, 2});
    team.finish();
    EXPECT_EQ(team.hash(), undisturbed());
    expectExact(team, 1);
}

TEST_P(Following, WhoFollowsHasNoStateToGoOnWith) {
    Team team = this->team(2, stateBytes() / 6);
    team.restart(1);
    team.enterAs({0});
    team.runTo(2);
    team.enterAs({0, 1});
    team.runTo(3);
    ASSERT_FALSE(team[1].trainer->hasState());
    team[1].hasState = false;
    team.enterAs({1});
    EXPECT_TRUE(team.anyFailed());
    EXPECT_EQ(team[1].error.kind, ErrorKind::Refused) << team[1].error.text;
}

INSTANTIATE_TEST_SUITE_P(All, Following,
                         testing::Values(Case{"mlp", OptimizerKind::Adam}, Case{"cnn", OptimizerKind::Sgd},
                                         Case{"resnet", OptimizerKind::Adam}),
                         [](const auto& tested) { return std::string(tested.param.model); });

// Members that come and go after any number of steps, with pieces of any size.
TEST(FollowingAtRandom, EndsWithTheSameParameters) {
    const JobSpec job = jobOf("mlp", OptimizerKind::Adam);
    const auto data = test::syntheticData({1, 8, 8}, 3, kSamples, 600);
    Team alone(job, {}, {data});
    alone.enterAs({0});
    alone.finish();
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed " << seed);
        SeededRandom random(seed);
        Trainer::Options options;
        options.transferInside = 0s;
        options.transferBlockBytes = 100 + random.below(20'000);
        options.transferPieceBytesMax = 100 + random.below(20'000);
        Team team(job, options, test::shared(data, 4));
        for (std::size_t member = 1; member < 4; ++member) {
            team.restart(member);
        }
        std::vector<std::size_t> present{0};
        for (Step step = 0; step < kSteps; step += 1 + random.below(3)) {
            // Whoever stays out misses steps, and may be another process when it comes back.
            std::vector<std::size_t> members;
            const std::size_t holder =
                *std::ranges::find_if(present, [&](std::size_t member) { return team[member].hasState; });
            for (std::size_t member = 0; member < 4; ++member) {
                if (member == holder || random.below(3) > 0) {
                    const bool was = std::ranges::find(present, member) != present.end();
                    team[member].hasState = team[member].hasState && was;
                    members.push_back(member);
                } else if (random.below(2) == 0) {
                    team.restart(member);
                } else {
                    team[member].hasState = false;
                }
            }
            present = members;
            team.enterAs(members);
            ASSERT_FALSE(team.anyFailed()) << team[holder].error.text;
            team.runTo(step);
            ASSERT_FALSE(team.anyFailed()) << team[holder].error.text;
        }
        team.finish();
        EXPECT_EQ(team.hash(), alone.hash());
    }
}

}  // namespace
}  // namespace longship
