#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <iostream>

#include "tests/system/recovery_cluster.h"

// Agents and workers that die or hang while a real cluster trains: the run completes, the ledger is exact,
// and under `numerics: reproducible` the parameters are those of a run that nobody disturbed.
namespace longship::test {
namespace {

using Recovery = RecoveryTest;

TEST_F(Recovery, AKilledWorkerCostsNothingAndComesBack) {
    const std::string hash = undisturbedHash();
    const RunId run = startTraining();
    const UtcTime killed = hit(m_cluster.workersOf(1).at(0), SIGKILL);
    const MembershipNumber number = expectToGoOn(run, 1, killed, "worker killed");
    expectToGoOn(run, number, killed, "worker back");
    expectToEndAsUndisturbed(run, hash);
    const auto snapshot = m_cluster.run(run);
    ASSERT_GE(snapshot->memberships.size(), 3u);
    EXPECT_EQ(snapshot->memberships[number - 1].members.size(), 2u);
    const MembershipCommitted& whole = snapshot->memberships[number];
    ASSERT_EQ(whole.members.size(), 3u) << whole.reason;
    EXPECT_TRUE(std::ranges::any_of(whole.members, [&](const Member& member) {
        return member.node == m_cluster.node(1) && member.generation == 2;
    }));
    ASSERT_FALSE(snapshot->incidents.empty());
    const IncidentRaised& incident = snapshot->incidents.front().incident;
    EXPECT_EQ(incident.node, m_cluster.node(1));
    EXPECT_NE((incident.what + incident.why).find("SIGKILL"), std::string::npos)
        << incident.what << " / " << incident.why;
    const auto& resolved = snapshot->incidents.front().resolved;
    ASSERT_TRUE(resolved);
    EXPECT_EQ(resolved->membership, number);
    std::cout << fmt::format("  the incident says {:.3f} s, {} steps redone: {}\n", resolved->secondsLost,
                             resolved->stepsRedone, resolved->action);
}

TEST_F(Recovery, TheWorkerBesideTheLeaderIsKilled) {
    const std::string hash = undisturbedHash();
    const RunId run = startTraining();
    const UtcTime killed = hit(m_cluster.workersOf(0).at(0), SIGKILL);
    expectToGoOn(run, 1, killed, "worker of the leader's node killed");
    expectToEndAsUndisturbed(run, hash);
}

TEST_F(Recovery, AKilledAgentCostsNothing) {
    const std::string hash = undisturbedHash();
    const RunId run = startTraining();
    const UtcTime killed = hit(m_cluster.agent(2).id(), SIGKILL);
    expectToGoOn(run, 1, killed, "agent killed");
    expectToEndAsUndisturbed(run, hash);
}

TEST_F(Recovery, TheLeadersAgentIsKilledForGood) {
    const std::string hash = undisturbedHash();
    const RunId run = startTraining();
    const unsigned leader = m_cluster.leader();
    const UtcTime killed = hit(m_cluster.agent(leader).id(), SIGKILL);
    expectToGoOn(run, 1, killed, "leader killed");
    expectToEndAsUndisturbed(run, hash);
    EXPECT_NE(m_cluster.leader(), leader);
}

TEST_F(Recovery, TheLeadersAgentIsStopped) {
    const std::string hash = undisturbedHash();
    const RunId run = startTraining();
    const unsigned leader = m_cluster.leader();
    const UtcTime stopped = hit(m_cluster.agent(leader).id(), SIGSTOP);
    expectToGoOn(run, 1, stopped, "leader stopped");
    ASSERT_TRUE(m_cluster.waitForEnd(run, kPatience));
    hit(m_cluster.agent(leader).id(), SIGCONT);
    expectToEndAsUndisturbed(run, hash);
}

TEST_F(Recovery, AStoppedWorkerIsLeftBehind) {
    const std::string hash = undisturbedHash();
    const RunId run = startTraining();
    const UtcTime stopped = hit(m_cluster.workersOf(2).at(0), SIGSTOP);
    expectToGoOn(run, 1, stopped, "worker stopped");
    expectToEndAsUndisturbed(run, hash);
}

TEST_F(Recovery, TwoWorkersAreKilledOneAfterTheOther) {
    const std::string hash = undisturbedHash();
    const RunId run = startTraining();
    const UtcTime first = hit(m_cluster.workersOf(2).at(0), SIGKILL);
    const MembershipNumber number = expectToGoOn(run, 1, first, "first worker killed");
    const UtcTime second = hit(m_cluster.workersOf(1).at(0), SIGKILL);
    expectToGoOn(run, number, second, "second worker killed");
    expectToEndAsUndisturbed(run, hash);
}

}  // namespace
}  // namespace longship::test
