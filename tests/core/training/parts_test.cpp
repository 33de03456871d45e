// The parts of training that need no libtorch.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "core/base/random.h"
#include "core/optimizer/fixed_point.h"
#include "core/training/bucket_plan.h"
#include "core/training/evaluation.h"
#include "core/training/micro_batches.h"
#include "core/training/run_course.h"
#include "core/training/step_record.h"

namespace longship {
namespace {

TEST(BucketPlan, CoversEveryParameterOnce) {
    const std::vector<std::size_t> counts{3, 500'000, 7, 40, 1'000'000, 2, 900'000};
    const BucketPlan plan = BucketPlan::make(counts, 4);
    for (std::size_t i = 0; i < counts.size(); ++i) {
        EXPECT_EQ(plan.parameters[i].size(), counts[i]);
        EXPECT_EQ(plan.parameters[i].begin % 16, 0u) << "aligned to 64 bytes";
        const BucketPlan::Bucket& bucket = plan.buckets[plan.bucketOf[i]];
        EXPECT_LE(bucket.range.begin, plan.parameters[i].begin);
        EXPECT_GE(bucket.range.end, plan.parameters[i].end);
    }
    std::size_t end = 0;
    std::size_t parameters = 0;
    for (const BucketPlan::Bucket& bucket : plan.buckets) {
        EXPECT_GE(bucket.range.begin, end);
        end = bucket.range.end;
        parameters += bucket.parameters.size();
    }
    EXPECT_EQ(parameters, counts.size());
    EXPECT_LE(end, plan.elements);
}

TEST(BucketPlan, LargeParametersStandAlone) {
    // The layers of a 784-1024-1024-10 perceptron: two large weights, the rest together.
    const std::vector<std::size_t> counts{784 * 1024, 1024, 1024 * 1024, 1024, 10 * 1024, 10};
    const BucketPlan plan = BucketPlan::make(counts, 4);
    ASSERT_EQ(plan.buckets.size(), 3u);
    EXPECT_EQ(plan.buckets[0].parameters, std::vector<std::size_t>{2});
    EXPECT_EQ(plan.buckets[0].range.size(), counts[2]) << "no gaps: the gradient itself can be summed";
    EXPECT_EQ(plan.buckets[1].parameters, (std::vector<std::size_t>{5, 4, 3, 1}));
    EXPECT_EQ(plan.buckets[2].parameters, std::vector<std::size_t>{0});
}

TEST(BucketPlan, SmallParametersGatherFromTheLastLayerOn) {
    // The demo's network: the first bucket is closed early.
    const std::vector<std::size_t> counts{288, 32, 18'432, 64, 73'728, 128, 11'520, 10};
    const BucketPlan plan = BucketPlan::make(counts, 4);
    ASSERT_EQ(plan.buckets.size(), 2u);
    EXPECT_EQ(plan.buckets[0].parameters, (std::vector<std::size_t>{7, 6, 5, 4}));
    EXPECT_EQ(plan.buckets[1].parameters, (std::vector<std::size_t>{3, 2, 1, 0}));
}

TEST(FixedPoint, AnyGroupingGivesTheSameBits) {
    SeededRandom random(1);
    std::vector<float> values(1000);
    for (float& value : values) {
        value = static_cast<float>((random.unit() - 0.5) *
                                   std::ldexp(1.0, static_cast<int>(random.below(20)) - 15));
    }
    const auto sumOf = [&](std::size_t stride) {
        std::int64_t total = 0;
        for (std::size_t start = 0; start < stride; ++start) {
            for (std::size_t i = start; i < values.size(); i += stride) {
                EXPECT_TRUE(addFixedPoint<float>({&values[i], 1}, {&total, 1}, kGradientBits, 0x1p62, false));
            }
        }
        return total;
    };
    EXPECT_EQ(sumOf(1), sumOf(7));
    double exact = 0;
    for (const float value : values) {
        exact += value;
    }
    float sum = 0;
    const std::int64_t total = sumOf(3);
    fromFixedPoint<float>({&total, 1}, {&sum, 1}, kGradientBits);
    EXPECT_NEAR(sum, exact, 1e-4 * std::abs(exact) + 1e-9);
}

TEST(FixedPoint, NoticesWhatDoesNotFit) {
    const double limit = fixedPointLimit(8);
    const auto fits = [&](double value) {
        std::int64_t sum = 0;
        return addFixedPoint<double>({&value, 1}, {&sum, 1}, kGradientBits, limit, true);
    };
    EXPECT_TRUE(fits(0));
    EXPECT_TRUE(fits(-2048));
    EXPECT_FALSE(fits(2049));
    EXPECT_FALSE(fits(std::numeric_limits<double>::infinity()));
    EXPECT_FALSE(fits(std::numeric_limits<double>::quiet_NaN()));
    // Eight values at the limit do not overflow.
    std::int64_t sum = 0;
    const double largest = 2048;
    for (int i = 0; i < 8; ++i) {
        ASSERT_TRUE(addFixedPoint<double>({&largest, 1}, {&sum, 1}, kGradientBits, limit, false));
    }
    double back = 0;
    fromFixedPoint<double>({&sum, 1}, {&back, 1}, kGradientBits);
    EXPECT_EQ(back, 8 * largest);
}

TEST(MicroBatches, PassesCoverTheStepOnceForAnyShares) {
    SeededRandom random(2);
    for (int trial = 0; trial < 200; ++trial) {
        const std::uint64_t samples = 1 + random.below(2000);
        const std::uint64_t microBatch = 1 + random.below(40);
        std::vector<std::uint32_t> shares(1 + random.below(5));
        for (std::uint32_t& share : shares) {
            share = static_cast<std::uint32_t>(random.below(4));
        }
        shares[random.below(shares.size())] = 1;
        for (const Fusing fusing : {Fusing::Allowed, Fusing::Forbidden}) {
            std::uint64_t next = 0;
            for (Rank rank = 0; rank < shares.size(); ++rank) {
                const StepShare share = shareOf(samples, microBatch, shares, rank, fusing);
                for (const Range& pass : share.passes) {
                    EXPECT_EQ(pass.begin, next);
                    EXPECT_FALSE(pass.empty());
                    EXPECT_EQ(pass.begin % microBatch, 0u);
                    EXPECT_LE(pass.size(), fusing == Fusing::Allowed
                                               ? std::max<std::uint64_t>(256, microBatch)
                                               : microBatch);
                    next = pass.end;
                }
            }
            EXPECT_EQ(next, samples);
        }
    }
}

StepRecord someRecord() {
    StepRecord record;
    record.step = 41;
    record.digest = {1, 2, 3};
    record.lossSum = -5;
    record.correct = 7;
    record.stop = true;
    record.previousTiming = {1.5, 2.5, 4.5};
    record.previousHash = std::string(64, 'a');
    return record;
}

TEST(StepRecord, SurvivesTheWire) {
    const std::vector<std::byte> bytes = encode(someRecord());
    EXPECT_EQ(decodeStepRecord(bytes).value(), someRecord());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_EQ(decodeStepRecord(std::span(bytes).first(size)).error().kind, ErrorKind::Corrupt);
    }
    std::vector<std::byte> longer = bytes;
    longer.push_back({});
    EXPECT_FALSE(decodeStepRecord(longer));
}

TEST(StepRecord, DisagreementNamesTheRank) {
    StepRecord odd = someRecord();
    odd.previousHash[0] = 'b';
    const auto bytes = encode(someRecord());
    const auto diverged = agreeOnRecords({bytes, encode(odd), bytes}, RecordKind::Update, 41);
    EXPECT_EQ(diverged.error().kind, ErrorKind::Corrupt);
    EXPECT_NE(diverged.error().text.find("parameters of rank 1 differ"), std::string::npos);
    EXPECT_NE(diverged.error().text.find("after step 40"), std::string::npos);

    odd = someRecord();
    odd.step = 40;
    EXPECT_NE(agreeOnRecords({bytes, bytes, encode(odd)}, RecordKind::Update, 41)
                  .error()
                  .text.find("Rank 2 is at step 40, expected step 41"),
              std::string::npos);
    EXPECT_TRUE(agreeOnRecords({bytes, bytes}, RecordKind::Update, 41));
}

TEST(StepRecord, DissentersAreTheFewer) {
    const auto names = [](std::vector<std::string> values) { return namesOfDissenters(values); };
    EXPECT_EQ(names({"x", "x"}), "");
    EXPECT_EQ(names({"x", "y"}), "rank 1");
    EXPECT_EQ(names({"y", "x", "x", "z"}), "ranks 0 and 3");
}

TEST(Evaluation, DoesNotDependOnTheMembers) {
    constexpr std::uint64_t kSamples = 1130;
    const auto outcomeWith = [&](std::vector<std::uint32_t> shares) {
        std::vector<std::vector<std::byte>> gathered;
        std::set<std::uint64_t> seen;
        for (Rank rank = 0; rank < shares.size(); ++rank) {
            Evaluation evaluation(kSamples, shares, rank, 12, 1);
            for (auto samples = evaluation.nextSamples(); !samples.empty();
                 samples = evaluation.nextSamples()) {
                seen.insert(samples.begin(), samples.end());
                evaluation.add({.loss = static_cast<std::int64_t>(samples.front() * 1'000'003),
                                .correct = samples.size() / 2,
                                .samples = samples.size()});
            }
            gathered.push_back(evaluation.encode(rank == 1));
        }
        EXPECT_EQ(seen.size(), kSamples);
        return Evaluation(kSamples, shares, 0, 12, 1).combine(gathered).value();
    };
    const auto alone = outcomeWith({1});
    EXPECT_EQ(alone.finished.samples, kSamples);
    EXPECT_EQ(alone.finished.step, 12u);
    EXPECT_FALSE(alone.stop);
    EXPECT_EQ(outcomeWith({1, 1, 1}).finished, alone.finished);
    EXPECT_EQ(outcomeWith({5, 0, 1, 90}).finished, alone.finished);
    EXPECT_TRUE(outcomeWith({1, 1}).stop);
}

TEST(Evaluation, RefusesWhatDoesNotFit) {
    const std::vector<std::uint32_t> shares{1, 1};
    const Evaluation evaluation(500, shares, 0, 12, 1);
    Evaluation done(500, shares, 0, 12, 1);
    done.add({.samples = 250});
    EXPECT_EQ(evaluation.combine({done.encode(false)}).error().kind, ErrorKind::Corrupt)
        << "a range is missing";
    EXPECT_EQ(evaluation.combine({done.encode(false), done.encode(false)}).error().kind, ErrorKind::Corrupt)
        << "a range is doubled";
    EXPECT_EQ(evaluation.combine({done.encode(false), {}}).error().kind, ErrorKind::Corrupt);
}

TEST(RunCourse, EveryEpochEndsWithAnEvaluationAndTheRunWithAnEmptyStep) {
    using Phase = RunCourse::Phase;
    RunCourse course(2, 2);
    std::vector<Phase> phases;
    while (course.phase() != Phase::Finished) {
        phases.push_back(course.phase());
        switch (course.phase()) {
            case Phase::Train: course.stepApplied(false); break;
            case Phase::OpenEvaluation: course.evaluationOpened(false); break;
            case Phase::Evaluate: course.evaluationDone(false); break;
            default: course.closed(); break;
        }
    }
    EXPECT_EQ(phases, (std::vector<Phase>{Phase::Train, Phase::Train, Phase::OpenEvaluation, Phase::Evaluate,
                                          Phase::Train, Phase::Train, Phase::OpenEvaluation, Phase::Evaluate,
                                          Phase::Close}));
    EXPECT_EQ(course.stepsApplied(), 4u);
    EXPECT_FALSE(course.stopped());
}

TEST(RunCourse, AMembershipChangeRepeatsTheEvaluation) {
    using Phase = RunCourse::Phase;
    RunCourse course(2, 2);
    course.enter(0, false);
    EXPECT_EQ(course.phase(), Phase::Train);
    course.stepApplied(false);
    course.stepApplied(false);
    course.evaluationOpened(false);
    course.enter(2, false);
    EXPECT_EQ(course.phase(), Phase::OpenEvaluation);
    course.evaluationOpened(false);
    course.evaluationDone(false);
    EXPECT_EQ(course.phase(), Phase::Train);
    course.enter(2, false);
    EXPECT_EQ(course.phase(), Phase::OpenEvaluation) << "its result was not final";
}

TEST(RunCourse, AMembershipChangeAtTheEndRepeatsTheEnd) {
    using Phase = RunCourse::Phase;
    RunCourse course(2, 1);
    course.enter(2, false);
    EXPECT_EQ(course.phase(), Phase::OpenEvaluation) << "one who joins at the end";
    course.evaluationOpened(false);
    course.evaluationDone(false);
    course.closed();
    course.enter(2, false);
    EXPECT_EQ(course.phase(), Phase::OpenEvaluation) << "others had not finished";
    course.enter(1, true);
    EXPECT_EQ(course.phase(), Phase::Close);
    EXPECT_TRUE(course.stopped());
    EXPECT_EQ(course.stepsApplied(), 1u);
}

TEST(RunCourse, StopLeadsToTheEmptyStep) {
    using Phase = RunCourse::Phase;
    RunCourse course(2, 1);
    course.stepApplied(true);
    EXPECT_EQ(course.phase(), Phase::Close);
    EXPECT_TRUE(course.stopped());
    course.enter(1, course.stopped());
    EXPECT_EQ(course.phase(), Phase::Close);
}

}  // namespace
}  // namespace longship
