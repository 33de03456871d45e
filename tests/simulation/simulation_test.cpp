#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "tests/simulation/havoc.h"

namespace longship::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// `--seed N` replays one history and tells what happens in it; `--seeds N` walks through that many.
std::uint64_t g_seed = 0;
std::uint64_t g_seeds = 2000;

void print(const Tally& tally, std::uint64_t seeds) {
    const auto ended = [&](RunState state) {
        const auto found = tally.endings.find(state);
        return found == tally.endings.end() ? 0 : found->second;
    };
    std::cerr << seeds << " seeds, " << tally.events << " events (at least " << tally.eventsMin
              << " in each): " << ended(RunState::Completed) << " runs completed, "
              << ended(RunState::Stopped) << " stopped, " << ended(RunState::Failed) << " failed; "
              << tally.memberships << " memberships\n";
    for (const auto& [name, times] : tally.transitions) {
        std::cerr << "  " << name << ": " << times << "\n";
    }
}

TEST(Simulation, nothingIsLostWhateverGoesWrong) {
    const std::uint64_t first = g_seed == 0 ? 1 : g_seed;
    const std::uint64_t seeds = g_seed == 0 ? g_seeds : 1;
    Tally tally;
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
        const std::string problem = simulate(seed, tally, nullptr, g_seed != 0);
        if (!problem.empty()) {
            FAIL() << problem << "\nseed " << seed << "; replay: simulation_test --seed " << seed;
        }
    }
    print(tally, seeds);
    if (seeds < 1000) {
        return;
    }
    // Every line of the coordinator's table was used.
    EXPECT_EQ(tally.transitions.size(), 20u);
    EXPECT_GE(tally.eventsMin, 2000u);
    EXPECT_GT(tally.endings[RunState::Completed], seeds);
}

/// Three nodes, one run of all of them, in training.
struct Training {
    explicit Training(std::uint64_t seed) : cluster(seed, 3) {
        cluster.time().after(seconds(1), [this] { run = cluster.submit(3); });
        began = cluster.runFor(seconds(10), [this] {
            return run && cluster.snapshot(cluster.leader(), *run).state == RunState::Training &&
                   cluster.rows(cluster.leader(), *run).size() > 3;
        });
    }

    /// Until the first final step of a later membership; the time that took.
    Duration recover() {
        const TimePoint since = cluster.time().now();
        const MembershipNumber before = snapshot().memberships.back().number;
        EXPECT_TRUE(cluster.runFor(seconds(20), [&] {
            const auto& rows = cluster.rows(cluster.leader(), *run);
            return !rows.empty() && rows.rbegin()->membership > before;
        })) << toString(snapshot().state);
        return cluster.time().now() - since;
    }
    bool complete() {
        return cluster.runFor(seconds(120), [this] {
            return cluster.workers().running().empty() && cluster.allRunsEnded() && cluster.allLogsEqual();
        });
    }
    RunSnapshot snapshot() { return cluster.snapshot(cluster.leader(), *run); }

    SimulatedCluster cluster;
    std::optional<RunId> run;
    bool began = false;
};

/// Faults that everybody must survive: links that break or stall, agents that pause, each for less than T.
TEST(Simulation, hiccupsCostNothing) {
    for (std::uint64_t seed = 1; seed <= 100 && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Training training(seed);
        ASSERT_TRUE(training.began);
        SimulatedCluster& cluster = training.cluster;
        for (int i = 0; i < 3; ++i) {
            // One at a time: two together are as long as their sum.
            const auto at = milliseconds(100 + i * 1'500 + static_cast<int>(cluster.random().below(500)));
            cluster.time().after(at, [&cluster] {
                const NodeId node = cluster.nodes()[cluster.random().below(3)];
                const Duration length = milliseconds(20 + cluster.random().below(800));
                switch (cluster.random().below(4)) {
                    case 0: cluster.pauseNode(node, length); break;
                    case 1: cluster.stallLink(node, length); break;
                    default: cluster.breakLink(node, length); break;
                }
            });
        }
        EXPECT_TRUE(training.complete());
        EXPECT_EQ(cluster.problem(), "");
        const RunSnapshot snapshot = training.snapshot();
        ASSERT_EQ(snapshot.state, RunState::Completed) << snapshot.finished->cause;
        EXPECT_EQ(snapshot.memberships.size(), 1u);
        EXPECT_EQ(cluster.ledgerProblem(*training.run), "");
    }
}

/// One worker or one node dies in the middle of training: the others go on in time, nothing is lost, and the
/// right one is named.
TEST(Simulation, oneDeathCostsASecondAndNoStep) {
    Duration worst[3] = {};
    for (std::uint64_t seed = 1; seed <= 100 && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Training training(seed);
        ASSERT_TRUE(training.began);
        SimulatedCluster& cluster = training.cluster;
        const NodeId victim = cluster.nodes()[seed % 3];
        const std::size_t kind = victim == cluster.leader() ? 0 : seed / 3 % 3;
        if (kind == 0) {
            cluster.workers().crash(cluster.workers().runningOn(victim).at(0),
                                    "killed by signal 9 (SIGKILL)");
        } else {
            cluster.crashNode(victim, kind == 1);
        }
        worst[kind] = std::max(worst[kind], training.recover());
        cluster.time().after(seconds(2), [&] { cluster.startNode(victim); });
        EXPECT_TRUE(training.complete());
        EXPECT_EQ(cluster.problem(), "");
        const RunSnapshot snapshot = training.snapshot();
        ASSERT_EQ(snapshot.state, RunState::Completed) << snapshot.finished->cause;
        EXPECT_EQ(cluster.ledgerProblem(*training.run), "");
        ASSERT_GE(snapshot.incidents.size(), 1u);
        EXPECT_EQ(snapshot.incidents[0].incident.node, victim);
    }
    std::cerr << "to the next final step, at worst: worker killed " << toSeconds(worst[0])
              << " s, agent killed " << toSeconds(worst[1]) << " s, node silent " << toSeconds(worst[2])
              << " s\n";
    EXPECT_LE(toSeconds(worst[0]), 0.5);
    EXPECT_LE(toSeconds(worst[1]), 1.0);
    EXPECT_LE(toSeconds(worst[2]), 4.0);
}

/// A leader that dies and is started again takes its runs up; the workers of the other nodes kept their
/// state.
TEST(Simulation, aLeaderThatComesBackGoesOn) {
    for (std::uint64_t seed = 1; seed <= 60 && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Training training(seed);
        ASSERT_TRUE(training.began);
        SimulatedCluster& cluster = training.cluster;
        cluster.crashNode(cluster.leader(), seed % 2 == 0);
        cluster.runFor(milliseconds(100 + cluster.random().below(12'000)));
        cluster.startNode(cluster.leader());
        EXPECT_TRUE(training.complete());
        EXPECT_EQ(cluster.problem(), "");
        const RunSnapshot snapshot = training.snapshot();
        ASSERT_EQ(snapshot.state, RunState::Completed) << snapshot.finished->cause;
        EXPECT_EQ(cluster.ledgerProblem(*training.run), "");
    }
}

TEST(Simulation, theSameSeedGivesTheSameHistory) {
    Tally tally;
    std::uint64_t first = 0;
    std::uint64_t again = 0;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        simulate(seed, tally, &first);
        simulate(seed, tally, &again);
        EXPECT_EQ(first, again);
    }
    simulate(1, tally, &again);
    EXPECT_NE(first, again);
}

}  // namespace

void setSeeds(int argc, char** argv) {
    for (int i = 1; i + 1 < argc; ++i) {
        const std::string option = argv[i];
        if (option == "--seed") {
            g_seed = std::strtoull(argv[i + 1], nullptr, 10);
        } else if (option == "--seeds") {
            g_seeds = std::strtoull(argv[i + 1], nullptr, 10);
        }
    }
}

}  // namespace longship::test

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    longship::test::setSeeds(argc, argv);
    return RUN_ALL_TESTS();
}
