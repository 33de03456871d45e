#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <set>

#include "core/domain/task_kind.h"
#include "tests/system/recovery_cluster.h"

// A real cluster trains with parameter servers, and loses them: `mode: sync` learns what allreduce learns, to
// the bit, and so does a run whose servers die, move or are drained away.
namespace longship::test {
namespace {

class Servers : public RecoveryTest {
protected:
    /// The parameters that allreduce ends with, undisturbed; then jobs have servers.
    std::string allreduceHash() {
        const std::string hash = undisturbedHash();
        m_servers = 2;
        return hash;
    }

    JobSpec job() override {
        JobSpec job = RecoveryTest::job();
        job.strategy.backup = m_backup;
        job.checkpoint.everySteps = m_checkpointEvery;
        return job;
    }

    /// Where the task runs, by the newest membership.
    std::optional<unsigned> nodeOf(const RunId& run, const TaskId& task) {
        const auto snapshot = m_cluster.run(run);
        for (const Member& member : snapshot->memberships.back().members) {
            if (member.task == task) {
                return static_cast<unsigned>(member.node.value.back() - 'a');
            }
        }
        return std::nullopt;
    }

    /// A node with both kinds of task, and one without a server.
    unsigned nodeWithServer(const RunId& run) { return nodeOf(run, serverTask(0)).value(); }
    unsigned nodeWithoutServer(const RunId& run) {
        const std::set<unsigned> taken{nodeOf(run, serverTask(0)).value(),
                                       nodeOf(run, serverTask(1)).value()};
        return 3 - *taken.begin() - *taken.rbegin();
    }

    bool isWhole(const RunId& run) {
        return m_cluster.run(run)->memberships.back().members.size() == m_workers + m_servers;
    }

    bool m_backup = true;
    std::optional<Step> m_checkpointEvery{};
};

TEST_F(Servers, LearnWhatAllreduceLearns) {
    const std::string hash = allreduceHash();
    const RunId run = startTraining();
    EXPECT_NE(nodeOf(run, serverTask(0)), nodeOf(run, serverTask(1))) << "one on each node";
    EXPECT_EQ(m_cluster.serversOf(nodeWithServer(run)).size(), 1U);
    expectToEndAsUndisturbed(run, hash);
    EXPECT_TRUE(m_cluster.run(run)->incidents.empty());
}

TEST_F(Servers, OneAfterTheOtherIsKilled) {
    const std::string hash = allreduceHash();
    const RunId run = startTraining();
    MembershipNumber number = trainingIn(run);
    for (const std::uint32_t server : {0U, 1U}) {
        const unsigned node = nodeOf(run, serverTask(server)).value();
        const UtcTime killed = hit(m_cluster.serversOf(node).at(0), SIGKILL);
        number = expectToGoOn(run, number, killed, serverTask(server).value + " killed");
        // The other one is all that there is until it is back and has been given its copies.
        ASSERT_TRUE(waitUntil([&] { return isWhole(run) || isTerminal(m_cluster.stateOf(run)); }, kPatience));
        number = std::max(number, m_cluster.run(run)->memberships.back().number);
        ASSERT_TRUE(waitUntil([&] { return trainingIn(run) >= number; }, kPatience));
    }
    expectToEndAsUndisturbed(run, hash);
    const auto snapshot = m_cluster.run(run);
    ASSERT_EQ(snapshot->incidents.size(), 2U);
    EXPECT_EQ(snapshot->incidents.front().incident.task, serverTask(0));
    EXPECT_TRUE(snapshot->incidents.front().resolved);
}

TEST_F(Servers, ANodeWithAWorkerAndAServerIsLost) {
    const std::string hash = allreduceHash();
    const RunId run = startTraining();
    const UtcTime killed = hit(m_cluster.agent(nodeWithServer(run)).id(), SIGKILL);
    expectToGoOn(run, 1, killed, "agent killed");
    expectToEndAsUndisturbed(run, hash);
}

TEST_F(Servers, OneIsStopped) {
    const std::string hash = allreduceHash();
    const RunId run = startTraining();
    const pid_t server = m_cluster.serversOf(nodeWithServer(run)).at(0);
    const UtcTime stopped = hit(server, SIGSTOP);
    expectToGoOn(run, 1, stopped, "server stopped");
    expectToEndAsUndisturbed(run, hash);
}

TEST_F(Servers, OneMovesWhileTheOthersTrain) {
    const std::string hash = allreduceHash();
    const RunId run = startTraining();
    const unsigned goal = nodeWithoutServer(run);
    const auto moved = m_cluster.client().moveTask(run, serverTask(1), m_cluster.node(goal));
    ASSERT_TRUE(moved) << moved.error().text;
    ASSERT_TRUE(waitUntil([&] { return nodeOf(run, serverTask(1)) == goal; }, kPatience));
    expectToEndAsUndisturbed(run, hash);
    EXPECT_TRUE(m_cluster.run(run)->incidents.empty());
}

TEST_F(Servers, WithoutBackupsTheRunGoesBackToItsCheckpoint) {
    const std::string hash = allreduceHash();
    m_backup = false;
    m_checkpointEvery = 100;
    const RunId run = startTraining();
    ASSERT_TRUE(waitUntil([&] { return !m_cluster.run(run)->checkpoints.empty(); }, kPatience));
    const UtcTime killed = hit(m_cluster.serversOf(nodeWithServer(run)).at(0), SIGKILL);
    expectToGoOn(run, 1, killed, "server without a backup killed");
    const auto snapshot = m_cluster.run(run);
    EXPECT_TRUE(std::ranges::any_of(snapshot->memberships, &MembershipCommitted::fromCheckpoint));
    expectToEndAsUndisturbed(run, hash);
}

}  // namespace
}  // namespace longship::test
