#include "core/base/failpoint.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <iostream>

#include "tests/system/recovery_cluster.h"

// Each process of a training cluster killed at each named place of its protocol: the run completes, the
// ledger is exact, the parameters are those of a run that nobody disturbed.
namespace longship::test {
namespace {

class Failpoints : public RecoveryTest {
protected:
    Failpoints() { m_epochs = 200; }

    void SetUp() override {
        RecoveryTest::SetUp();
        m_hash = undisturbedHash();
    }

    std::filesystem::path fileOf(unsigned node, Failpoint point) {
        return m_cluster.failpointFolder(node) / toString(point);
    }
    void arm(const std::vector<unsigned>& nodes, Failpoint point) {
        for (const unsigned node : nodes) {
            std::ofstream(fileOf(node, point)) << "";
        }
    }

    /// Until somebody died there. The others of these nodes are disarmed then.
    void expectDeath(const std::vector<unsigned>& nodes, Failpoint point, const RunId& run) {
        const auto fired = [&] {
            return std::ranges::any_of(
                nodes, [&](unsigned node) { return !std::filesystem::exists(fileOf(node, point)); });
        };
        waitUntil([&] { return fired() || isTerminal(m_cluster.stateOf(run)); }, kPatience);
        EXPECT_TRUE(fired()) << "nobody passed " << toString(point);
        for (const unsigned node : nodes) {
            std::error_code ignored;
            std::filesystem::remove(fileOf(node, point), ignored);
        }
    }

    /// As its supervising parent would.
    void restartDeadAgents() {
        for (unsigned index = 0; index < kNodes; ++index) {
            if (isGone(m_cluster.agent(index).id())) {
                m_cluster.startAgent(index);
            }
        }
    }

    MembershipNumber lastMembership(const RunId& run) {
        const auto snapshot = m_cluster.run(run);
        return snapshot && !snapshot->memberships.empty() ? snapshot->memberships.back().number : 0;
    }

    /// Until a membership after `number` with all members trains, or the run is over.
    void waitUntilWhole(const RunId& run, MembershipNumber number) {
        const auto isWhole = [&] {
            restartDeadAgents();
            const auto snapshot = m_cluster.run(run);
            if (!snapshot || isTerminal(snapshot->state) || snapshot->memberships.empty()) {
                return snapshot && isTerminal(snapshot->state);
            }
            const MembershipCommitted& last = snapshot->memberships.back();
            return last.number > number && last.members.size() == kNodes + m_servers &&
                   trainingIn(run) == last.number;
        };
        EXPECT_TRUE(waitUntil(isWhole, kPatience)) << "the run " << run.value << " is not whole again";
    }

    std::vector<unsigned> whoeverLeads() {
        for (const NodeView& view : m_cluster.client().cluster().nodes) {
            if (view.leader) {
                return {static_cast<unsigned>(view.node.value.back() - 'a')};
            }
        }
        return {};
    }

    /// A place, who is to die there, and whose worker is killed to bring it about.
    struct Case {
        Failpoint point;
        std::vector<unsigned> nodes;  ///< Empty: the one that leads then.
        std::optional<unsigned> victim = std::nullopt;
        std::optional<unsigned> server = std::nullopt;  ///< Whose server is killed.
    };

    bool isPastItsMiddle(const RunId& run) {
        const auto snapshot = m_cluster.run(run);
        return isTerminal(snapshot->state) || 2 * rows(run).size() > snapshot->prepared->stepsTotal;
    }

    /// The leader's own agent sends no answers of workers: then another one stands for it.
    std::vector<unsigned> placesOf(const Case& one) {
        const std::vector<unsigned> leader = whoeverLeads();
        if (one.nodes.empty()) {
            return leader;
        }
        const bool answers = one.point == Failpoint::FrozenUnsent || one.point == Failpoint::EnteredUnsent;
        if (answers && one.nodes == leader && one.victim) {
            return {kNodes - leader.at(0) - *one.victim};
        }
        return one.nodes;
    }

    /// One after the other in a run. A task that dies three times in a minute stays off: no more than two
    /// each.
    void killAtEach(const std::vector<Case>& cases) {
        RunId run = startTraining();
        for (const Case& one : cases) {
            if (isPastItsMiddle(run)) {
                expectToEndAsUndisturbed(run, m_hash);
                run = startTraining();
            }
            const TimePoint begin = BootClock::now();
            const MembershipNumber number = lastMembership(run);
            const std::vector<unsigned> nodes = placesOf(one);
            arm(nodes, one.point);
            if (one.victim) {
                hit(m_cluster.workersOf(*one.victim).at(0), SIGKILL);
            }
            if (one.server) {
                hit(m_cluster.serversOf(*one.server).at(0), SIGKILL);
            }
            expectDeath(nodes, one.point, run);
            waitUntilWhole(run, number);
            std::cout << fmt::format("{}: whole again after {:.1f} s\n", toString(one.point),
                                     toSeconds(BootClock::now() - begin));
            ASSERT_FALSE(HasFailure());
        }
        expectToEndAsUndisturbed(run, m_hash);
    }

    static constexpr unsigned kNodes = 3;
    inline static const std::vector<unsigned> kWhoeverLeads = {};
    std::string m_hash;
};

TEST_F(Failpoints, AWorkerDiesInAStep) {
    killAtEach({{Failpoint::StepComputed, {1}},
                {Failpoint::SumHalfDone, {2}},
                {Failpoint::StepReduced, {0}},
                {Failpoint::StepApplied, {1}},
                {Failpoint::RowsUntold, {2}},
                {Failpoint::EvaluationUncombined, {0}}});
}

TEST_F(Failpoints, AWorkerDiesWhileItLeavesAMembership) {
    killAtEach(
        {{Failpoint::FrozenUntold, {1}, 2}, {Failpoint::SeatTaken, {2}, 0}, {Failpoint::MeshMade, {0}, 1}});
}

TEST_F(Failpoints, AWorkerDiesWhileItEntersAMembership) {
    killAtEach({{Failpoint::EnteredUntold, {1}, 2}, {Failpoint::StateHalfGiven, {0, 1, 2}, 0}});
}

TEST_F(Failpoints, AWorkerDiesWhileItIsGivenTheState) {
    killAtEach({{Failpoint::StateHalfReceived, {1}, 1}});
}

TEST_F(Failpoints, AnAgentDies) {
    killAtEach({{Failpoint::FreezeUnsent, {1}, 2},
                {Failpoint::FrozenUnsent, {2}, 1},
                {Failpoint::SeatUnsent, {1}, 0},
                {Failpoint::EnteredUnsent, {2}, 0},
                {Failpoint::WorkerStarted, {1}, 1}});
}

TEST_F(Failpoints, TheLeadersAgentDies) {
    killAtEach({{Failpoint::EventsUnstored, kWhoeverLeads, 1},
                {Failpoint::EventsUntold, kWhoeverLeads, 2},
                {Failpoint::SeatUnsent, kWhoeverLeads, 1}});
}

/// The servers are on the last two nodes. Of one that dies the other has everything.
TEST_F(Failpoints, AServerDiesBetweenAPushAndTheNewParameters) {
    m_servers = 2;
    killAtEach({{Failpoint::ShardSummed, {1}},
                {Failpoint::ShardForwarded, {2}},
                {Failpoint::ShardBackedUp, {1}},
                {Failpoint::ShardAcknowledged, {2}}});
}

TEST_F(Failpoints, AServerDiesWhileItServesAndWhileItEntersAMembership) {
    m_servers = 2;
    killAtEach({{Failpoint::ShardServed, {2}},
                {.point = Failpoint::ShardHalfFilled, .nodes = {1}, .server = 1},
                {Failpoint::ShardReadyUntold, {2}, 0}});
}

TEST_F(Failpoints, AWorkerDiesAtTheBeginningAndAtTheEnd) {
    arm({1}, Failpoint::ReadyUntold);
    const RunId run = startTraining();
    expectDeath({1}, Failpoint::ReadyUntold, run);
    arm({0, 1, 2}, Failpoint::ModelUntold);
    ASSERT_TRUE(m_cluster.waitForEnd(run, kPatience));
    expectDeath({0, 1, 2}, Failpoint::ModelUntold, run);
    expectToEndAsUndisturbed(run, m_hash);
}

}  // namespace
}  // namespace longship::test
