#include "core/domain/ledger.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/domain/job_yaml.h"
#include "tests/support/run_records.h"

namespace longship {
namespace {

constexpr std::uint64_t kSamples = 1'000;

JobSpec smallJob() {
    JobSpec job = demoJob();
    job.globalBatch = 64;  // 16 steps an epoch, the last one of 40 samples.
    job.epochs = 2;
    return job;
}

RunSnapshot runOf(const JobSpec& job, RunState state = RunState::Completed) {
    RunSnapshot run;
    run.run = RunId("r");
    run.state = state;
    run.jobYaml = toYaml(job);
    run.prepared = RunPrepared{};
    run.prepared->trainingSamples = kSamples;
    run.memberships = {test::membershipOf(1, 0)};
    return run;
}

TEST(Ledger, AnUndisturbedRunIsExact) {
    const auto proof = proveSamples(runOf(smallJob()), test::rowsOf(kSamples, smallJob(), 1));
    ASSERT_TRUE(proof);
    EXPECT_TRUE(proof->exact());
    EXPECT_EQ(proof->epochs.size(), 2u);
    EXPECT_EQ(proof->summary(), "2\u00a0000 of 2\u00a0000 samples, each once per epoch");
}

TEST(Ledger, OneEpochReadsLikeABadge) {
    JobSpec job = smallJob();
    job.epochs = 1;
    const auto proof = proveSamples(runOf(job), test::rowsOf(kSamples, job, 1));
    ASSERT_TRUE(proof);
    EXPECT_EQ(proof->summary(), "1\u00a0000 of 1\u00a0000 samples, each once");
}

TEST(Ledger, AnOffByOneReaderIsCaught) {
    const JobSpec job = smallJob();
    auto rows = test::rowsOf(kSamples, job, 1);
    SamplePlan plan(kSamples, job.globalBatch, job.seed);
    for (StepRow& row : rows) {
        auto samples = plan.samplesOf(row.key.step);
        for (auto& sample : samples) {
            sample = (sample + 1) % kSamples;
        }
        row.digest = digestOf(samples);
    }
    const auto proof = proveSamples(runOf(job), rows);
    ASSERT_TRUE(proof);
    EXPECT_FALSE(proof->exact());
    EXPECT_EQ(proof->samplesRead, proof->samplesExpected) << "the count alone would not tell";
    EXPECT_EQ(proof->epochs[0].stepsWrong.size(), 16u);
}

TEST(Ledger, MissingDoubledAndExtraStepsAreCaught) {
    const auto good = test::rowsOf(kSamples, smallJob(), 1);

    auto missing = good;
    missing.erase(missing.begin() + 17);
    auto proof = proveSamples(runOf(smallJob()), missing);
    ASSERT_TRUE(proof);
    EXPECT_TRUE(proof->epochs[0].exact());
    EXPECT_EQ(proof->epochs[1].stepsMissing, std::vector<Step>{17});
    EXPECT_EQ(proof->summary(), "1\u00a0936 of 2\u00a0000 samples; 1 step without a record: 17");

    auto doubled = good;
    doubled[3].digest += doubled[4].digest;
    proof = proveSamples(runOf(smallJob()), doubled);
    ASSERT_TRUE(proof);
    EXPECT_EQ(proof->epochs[0].stepsWrong, std::vector<Step>{3});

    auto extra = good;
    extra.push_back(test::rowOf(1, 32));
    proof = proveSamples(runOf(smallJob()), extra);
    ASSERT_TRUE(proof);
    EXPECT_FALSE(proof->exact());
}

TEST(Ledger, AStoppedRunProvesItsFinishedEpochs) {
    auto rows = test::rowsOf(kSamples, smallJob(), 1);
    rows.resize(20);
    const auto proof = proveSamples(runOf(smallJob(), RunState::Stopped), rows);
    ASSERT_TRUE(proof);
    EXPECT_EQ(proof->epochs.size(), 1u);
    EXPECT_TRUE(proof->exact());
    rows.resize(5);
    const auto nothing = proveSamples(runOf(smallJob(), RunState::Stopped), rows);
    ASSERT_TRUE(nothing);
    EXPECT_FALSE(nothing->exact()) << "no epoch, no proof";
}

TEST(Ledger, AStepDoneAgainAfterAFailureCountsOnce) {
    const auto good = test::rowsOf(kSamples, smallJob(), 1);
    RunSnapshot run = runOf(smallJob());
    run.memberships.push_back(test::membershipOf(2, 10));
    std::vector<StepRow> rows(good.begin(), good.begin() + 11);  // Step 10 was applied by one member only.
    for (auto at = good.begin() + 10; at != good.end(); ++at) {
        rows.push_back(*at);
        rows.back().key.membership = 2;
    }
    const auto proof = proveSamples(run, rows);
    ASSERT_TRUE(proof);
    EXPECT_TRUE(proof->exact()) << proof->summary();
}

TEST(Ledger, VoidRowsAreDroppedAndTheHighestMembershipCounts) {
    const std::vector<MembershipCommitted> memberships{test::membershipOf(1, 0), test::membershipOf(2, 5),
                                                       test::membershipOf(3, 4)};
    const auto rows = validRows({test::rowOf(3, 4), test::rowOf(1, 3), test::rowOf(1, 4), test::rowOf(2, 5),
                                 test::rowOf(1, 5), test::rowOf(1, 3), test::rowOf(3, 5)},
                                memberships);
    std::vector<RowKey> keys;
    for (const StepRow& row : rows) {
        keys.push_back(row.key);
    }
    EXPECT_EQ(keys, (std::vector<RowKey>{{1, 3}, {3, 4}, {3, 5}}));
}

TEST(Ledger, WhatCannotBeProvenIsSaid) {
    RunSnapshot unread = runOf(smallJob());
    unread.jobYaml = "epochs: [";
    EXPECT_EQ(proveSamples(unread, {}).error().kind, ErrorKind::BadInput);
    RunSnapshot early = runOf(smallJob());
    early.prepared.reset();
    EXPECT_EQ(proveSamples(early, {}).error().kind, ErrorKind::BadInput);
    RunSnapshot absurd = runOf(smallJob());
    absurd.prepared->trainingSamples = ~std::uint64_t{0};
    EXPECT_EQ(proveSamples(absurd, {}).error().kind, ErrorKind::BadInput);
}

}  // namespace
}  // namespace longship
