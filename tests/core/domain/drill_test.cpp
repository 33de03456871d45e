#include "core/domain/drill.h"

#include <gtest/gtest.h>

#include "core/domain/job_yaml.h"
#include "tests/support/run_records.h"

namespace longship {
namespace {

/// A run of 1000 samples in steps of 100, of which a member was lost after step 5, and its rows.
struct Story {
    RunSnapshot run;
    std::vector<StepRow> rows;

    Story() {
        JobSpec job = demoJob();
        job.globalBatch = 100;
        run.run = RunId("r");
        run.jobYaml = toYaml(job);
        run.prepared = RunPrepared{};
        run.prepared->trainingSamples = 1'000;
        run.memberships = {test::membershipOf(1, 0), test::membershipOf(2, 5)};
        TimedIncident incident;
        incident.sequence = 8;
        incident.time = UtcTime{1'000'250'000};
        incident.resolved = IncidentResolved{8, "training goes on", 0.4, 1, 2};
        incident.resolvedAt = UtcTime{1'000'500'000};
        run.incidents = {incident};
        rows = test::rowsOf(1'000, job, 1);
        for (StepRow& row : rows) {
            row.key.membership = row.key.step < 5 ? 1 : 2;
            row.appliedAt = UtcTime{1'000'000'000 + static_cast<std::int64_t>(row.key.step) * 100'000};
        }
    }

    std::optional<DrillReport> report(std::uint64_t before = 7) const {
        return drillReport(run, rows, UtcTime{1'000'200'000}, before);
    }
};

TEST(Drill, ReportsTheTimesAndLosesNothingWhenNothingWasLost) {
    const auto report = Story().report();
    ASSERT_TRUE(report);
    EXPECT_DOUBLE_EQ(report->detectMs.value(), 50);
    EXPECT_DOUBLE_EQ(report->recoverMs.value(), 300);
    EXPECT_EQ(report->stepsRedone, 1u);
    EXPECT_EQ(report->stepsLost, 0u);
    EXPECT_EQ(report->samplesLost, 0u);
    EXPECT_EQ(report->samplesTwice, 0u);
}

TEST(Drill, CountsAStepWithoutARecordAsLost) {
    Story story;
    story.rows.erase(story.rows.begin() + 6);
    const auto report = story.report();
    ASSERT_TRUE(report);
    EXPECT_EQ(report->stepsLost, 1u);
    EXPECT_EQ(report->samplesLost, 100u);
}

TEST(Drill, CountsWhatWasReadBesidesThePlan) {
    Story story;
    story.rows[6].digest = story.rows[7].digest;  // Of another step.
    story.rows[8].digest.count += 3;
    const auto report = story.report();
    ASSERT_TRUE(report);
    EXPECT_GT(report->samplesLost, 0u);
    EXPECT_EQ(report->samplesTwice, 3u);
}

TEST(Drill, AVoidRowIsNotTwice) {
    Story story;
    story.rows.push_back(story.rows[5]);
    story.rows.back().key.membership = 1;  // Done again by membership 2.
    EXPECT_EQ(story.report()->samplesTwice, 0u);
    story.rows.back().key = {2, 3};  // Membership 2 begins at 5: this one counts, and so does membership 1's.
    EXPECT_GT(story.report()->samplesTwice, 0u);
}

TEST(Drill, WaitsForTheIncidentAndItsEnd) {
    Story story;
    EXPECT_FALSE(story.report(8)) << "the incident is older than the fault";
    Story open;
    open.run.incidents[0].resolved.reset();
    EXPECT_FALSE(open.report());
}

TEST(Drill, AFaultThatTheRunRodeOutHasNoTimes) {
    Story story;
    story.rows.erase(story.rows.begin() + 6);
    const auto report = drillReport(story.run, story.rows, UtcTime{1'000'200'000}, 8, true);
    ASSERT_TRUE(report);
    EXPECT_FALSE(report->detectMs || report->recoverMs);
    EXPECT_EQ(report->stepsLost, 1u) << "what was lost is found all the same";
    story.run.incidents[0].resolved.reset();
    EXPECT_FALSE(drillReport(story.run, story.rows, UtcTime{1'000'200'000}, 7, true))
        << "an incident came, and it is not over";
}

TEST(Drill, FaultsHaveNames) {
    for (const Fault fault : {Fault::KillWorker, Fault::KillAgent, Fault::Pause, Fault::SlowLink,
                              Fault::Partition, Fault::DiskFull, Fault::KillLeader}) {
        EXPECT_EQ(faultFrom(toString(fault)), fault);
    }
    EXPECT_FALSE(faultFrom("flood"));
}

}  // namespace
}  // namespace longship
