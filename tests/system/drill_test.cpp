#include "core/domain/drill.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <iostream>

#include "tests/system/recovery_cluster.h"

// Faults on purpose that heal by themselves, on a cluster that trains.
namespace longship::test {
namespace {

using namespace std::chrono_literals;

class Drills : public RecoveryTest {
protected:
    Drills() { m_epochs = 300; }

    void SetUp() override {
        RecoveryTest::SetUp();
        m_hash = undisturbedHash();
        m_run = startTraining();
        m_sequenceBefore = m_cluster.run(m_run)->sequence;
    }

    void begin(unsigned node, Fault fault, std::chrono::milliseconds heal) {
        m_faultAt = BootClock::now();
        m_healsAt = m_faultAt + heal;
        const auto done = m_cluster.client().drill(m_run, m_cluster.node(node), fault, heal);
        ASSERT_TRUE(done) << done.error().text;
    }

    std::optional<DrillReport> report(bool rodeOut) {
        const auto clock = m_cluster.client().cluster().leaderClock;
        EXPECT_TRUE(clock) << "the leader tells its time";
        const auto sinceBoot =
            std::chrono::duration_cast<std::chrono::microseconds>(m_faultAt.time_since_epoch());
        const UtcTime faultAt{clock.value_or(UtcTime{}).microseconds + sinceBoot.count()};
        return drillReport(*m_cluster.run(m_run), rows(m_run), faultAt, m_sequenceBefore, rodeOut);
    }

    void expectNothingLost(const DrillReport& report) {
        std::cout << fmt::format("noticed after {:.0f} ms, training again after {:.0f} ms\n",
                                 report.detectMs.value_or(-1), report.recoverMs.value_or(-1));
        EXPECT_EQ(report.stepsLost, 0u);
        EXPECT_EQ(report.samplesLost, 0u);
        EXPECT_EQ(report.samplesTwice, 0u);
    }

    /// Members of the newest membership that has a final row.
    std::size_t membersThatTrain() {
        const MembershipNumber number = trainingIn(m_run);
        const auto run = m_cluster.run(m_run);
        const auto found = std::ranges::find(run->memberships, number, &MembershipCommitted::number);
        return found == run->memberships.end() ? 0 : found->members.size();
    }

    std::string m_hash;
    RunId m_run;
    std::uint64_t m_sequenceBefore = 0;
    TimePoint m_faultAt{};
    TimePoint m_healsAt{};
};

TEST_F(Drills, ANodeCutOffIsLeftBehindAndComesBackWhenItHeals) {
    begin(2, Fault::Partition, 6s);
    ASSERT_TRUE(waitUntil([&] { return report(false).has_value(); }, kPatience));
    EXPECT_LT(BootClock::now(), m_healsAt) << "the others do not wait for it";
    EXPECT_EQ(membersThatTrain(), 2u);
    const DrillReport after = *report(false);
    expectNothingLost(after);
    ASSERT_TRUE(after.detectMs);
    EXPECT_GE(*after.detectMs, 2000) << "silence is noticed after T, not told by the drill";
    EXPECT_TRUE(waitUntil([&] { return membersThatTrain() == 3; }, kPatience));
    EXPECT_GE(BootClock::now(), m_healsAt);
    expectToEndAsUndisturbed(m_run, m_hash);
}

TEST_F(Drills, ASlowNodeIsWaitedForAndNotThrownOut) {
    begin(1, Fault::SlowLink, 3s);
    ASSERT_TRUE(waitUntil([&] { return BootClock::now() >= m_healsAt; }, 20s));
    EXPECT_EQ(membersThatTrain(), 3u);
    const auto afterwards = report(true);
    ASSERT_TRUE(afterwards);
    EXPECT_FALSE(afterwards->detectMs) << "a slow node is no dead one";
    expectNothingLost(*afterwards);
    expectToEndAsUndisturbed(m_run, m_hash);
}

TEST_F(Drills, AFullDiskStopsNobodyAndLosesNoRow) {
    for (const unsigned node : {1u, 0u}) {
        begin(node, Fault::DiskFull, 2s);
        ASSERT_TRUE(waitUntil([&] { return BootClock::now() >= m_healsAt; }, 20s));
        EXPECT_EQ(membersThatTrain(), 3u);
    }
    expectToEndAsUndisturbed(m_run, m_hash);
    expectNothingLost(*report(true));
}

TEST_F(Drills, AWorkerWithoutMemoryEndsAndItsAgentLives) {
    const pid_t worker = m_cluster.workersOf(1).at(0);
    const MembershipNumber before = trainingIn(m_run);
    const rlimit none{1 << 20, 1 << 20};
    ASSERT_EQ(::prlimit(worker, RLIMIT_AS, &none, nullptr), 0);
    // What it has is enough for its steps; new memory is wanted when the membership changes at the latest.
    hit(m_cluster.workersOf(2).at(0), SIGKILL);
    ASSERT_TRUE(waitUntil([&] { return isGone(worker); }, kPatience)) << "it goes on without memory";
    EXPECT_FALSE(isGone(m_cluster.agent(1).id()));
    EXPECT_TRUE(waitUntil([&] { return trainingIn(m_run) > before && membersThatTrain() == 3; }, kPatience));
    expectToEndAsUndisturbed(m_run, m_hash);
}

/// Two runs share the cluster; what happens to one does not concern the other.
class TwoRuns : public RecoveryTest {
protected:
    TwoRuns() : RecoveryTest(4) {
        m_epochs = 200;
        m_workers = 2;
    }
};

TEST_F(TwoRuns, WhatHappensToOneDoesNotTouchTheOther) {
    const std::string hash = undisturbedHash();
    const RunId hurt = m_cluster.submit(job());
    const RunId other = m_cluster.submit(job());
    ASSERT_TRUE(waitUntil([&] { return rows(hurt).size() > 20 && rows(other).size() > 20; }, kPatience));
    const NodeId node = m_cluster.run(hurt)->memberships.back().members.back().node;
    for (unsigned index = 0; index < 4; ++index) {
        if (m_cluster.node(index) == node) {
            const UtcTime killed = hit(m_cluster.workersOf(index).at(0), SIGKILL);
            expectToGoOn(hurt, 1, killed, "worker of one run killed");
        }
    }
    ASSERT_TRUE(m_cluster.waitForEnd(other, kPatience));
    ASSERT_TRUE(m_cluster.waitForEnd(hurt, kPatience));
    // On a busy machine another leader may take both up, and a checkpoint may not be written in time; nothing
    // else happens to that one.
    const auto untouched = m_cluster.run(other);
    for (const TimedIncident& incident : untouched->incidents) {
        EXPECT_EQ(incident.incident.whatPhrase.kind, "checkpoint-not-kept") << incident.incident.what;
    }
    for (const auto& [task, view] : untouched->tasks) {
        EXPECT_EQ(view.generation, 1u) << task.value;
    }
    EXPECT_GT(m_cluster.run(hurt)->memberships.size(), 1u);
    for (const RunId& run : {hurt, other}) {
        expectToEndAsUndisturbed(run, hash);
    }
}

}  // namespace
}  // namespace longship::test
