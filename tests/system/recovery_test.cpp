#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <thread>

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

/// Lets a process run only a part of the time, as on a machine that others use.
class Throttle {
public:
    explicit Throttle(pid_t process) : m_process(process), m_thread([this] { run(); }) {}
    ~Throttle() {
        {
            const std::lock_guard lock(m_mutex);
            m_over = true;
        }
        m_changed.notify_all();
        m_thread.join();
        ::kill(m_process, SIGCONT);
    }

private:
    void run() {
        std::unique_lock lock(m_mutex);
        while (!m_over) {
            ::kill(m_process, SIGSTOP);
            m_changed.wait_for(lock, std::chrono::milliseconds(40), [this] { return m_over; });
            ::kill(m_process, SIGCONT);
            m_changed.wait_for(lock, std::chrono::milliseconds(10), [this] { return m_over; });
        }
    }

    const pid_t m_process;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_over = false;
    std::thread m_thread;
};

class SharedBySpeed : public Recovery {
protected:
    JobSpec job() override {
        JobSpec job = RecoveryTest::job();
        job.model.hidden = {512, 512};  // Enough to compute for the shares to matter.
        job.epochs = 40;
        return job;
    }
};

TEST_F(SharedBySpeed, ASlowWorkerGetsASmallerShareAndTheParametersStayTheSame) {
    const RunId alone = m_cluster.submit(job());
    ASSERT_TRUE(m_cluster.waitForEnd(alone, kPatience));
    const std::string hash = m_cluster.run(alone)->finished->parameterHash;
    const RunId run = startTraining();
    const auto isFair = [&](const MembershipCommitted& membership) {
        std::uint32_t slow = ~0U;
        std::uint32_t fast = ~0U;
        for (const Member& member : membership.members) {
            auto& least = member.node == m_cluster.node(2) ? slow : fast;
            least = std::min(least, member.share);
        }
        return membership.members.size() == 3 && 2 * slow < fast;
    };
    {
        const Throttle throttle(m_cluster.workersOf(2).at(0));
        EXPECT_TRUE(waitUntil(
            [&] {
                return isFair(m_cluster.run(run)->memberships.back()) || isTerminal(m_cluster.stateOf(run));
            },
            kPatience));
        const MembershipCommitted membership = m_cluster.run(run)->memberships.back();
        ASSERT_TRUE(isFair(membership));
        EXPECT_EQ(membership.reason, "the work is shared out by speed");
        for (const Member& member : membership.members) {
            std::cout << fmt::format("  {}: share {}\n", member.node.value, member.share);
        }
        EXPECT_TRUE(waitUntil(
            [&] { return trainingIn(run) >= membership.number || isTerminal(m_cluster.stateOf(run)); },
            kPatience));
    }
    expectToEndAsUndisturbed(run, hash);
    EXPECT_TRUE(m_cluster.run(run)->incidents.empty()) << "nothing went wrong";
}

}  // namespace
}  // namespace longship::test
