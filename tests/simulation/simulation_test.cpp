#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "tests/simulation/havoc.h"
#include "tests/simulation/server_scenarios.h"

namespace longship::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// `--seed N` replays one history and tells what happens in it; `--seeds N` walks through that many;
/// `--part 1/2` takes the first half of every test's seeds.
std::uint64_t g_seed = 0;
std::uint64_t g_seeds = 2000;
std::uint64_t g_part = 1;
std::uint64_t g_parts = 1;

/// This part's share of the seeds 1 … count.
std::vector<std::uint64_t> seedsUpTo(std::uint64_t count) {
    std::vector<std::uint64_t> seeds;
    for (std::uint64_t seed = count * (g_part - 1) / g_parts; seed < count * g_part / g_parts; ++seed) {
        seeds.push_back(seed + 1);
    }
    return seeds;
}

void print(const Tally& tally, std::uint64_t seeds) {
    const auto ended = [&](RunState state) {
        const auto found = tally.endings.find(state);
        return found == tally.endings.end() ? 0 : found->second;
    };
    std::cerr << seeds << " seeds, " << tally.events << " events (at least " << tally.eventsMin
              << " in each): " << ended(RunState::Completed) << " runs completed, "
              << ended(RunState::Stopped) << " stopped, " << ended(RunState::Failed) << " failed; "
              << tally.memberships << " memberships, " << tally.leaderships << " leaderships, "
              << tally.disksLost << " disks and " << tally.clustersLost << " whole clusters lost, "
              << tally.returns << " returns to a checkpoint; with servers " << tally.served
              << " runs completed and " << tally.servedReturns << " returns\n";
    for (const auto& [name, times] : tally.transitions) {
        std::cerr << "  " << name << ": " << times << "\n";
    }
}

TEST(Simulation, nothingIsLostWhateverGoesWrong) {
    const std::vector<std::uint64_t> seeds =
        g_seed == 0 ? seedsUpTo(g_seeds) : std::vector<std::uint64_t>{g_seed};
    Tally tally;
    for (const std::uint64_t seed : seeds) {
        const std::string problem = simulate(seed, tally, nullptr, g_seed != 0);
        if (!problem.empty()) {
            FAIL() << problem << "\nseed " << seed << "; replay: simulation_test --seed " << seed;
        }
    }
    print(tally, seeds.size());
    if (seeds.size() < 1000) {
        return;
    }
    // Every line of the coordinator's table was used.
    EXPECT_EQ(tally.transitions.size(), 20u);
    EXPECT_GE(tally.eventsMin, 2000u);
    EXPECT_GT(tally.endings[RunState::Completed], seeds.size());
    EXPECT_GT(tally.returns, 20u);
    EXPECT_GT(tally.served, seeds.size() / 5);
}

/// Two, that back each other up.
StrategySpec twoServers() {
    StrategySpec strategy;
    strategy.kind = StrategyKind::ParameterServer;
    strategy.servers = 2;
    return strategy;
}

/// One run in training: three nodes and workers, or as many as wanted.
struct Training {
    explicit Training(std::uint64_t seed, unsigned nodes = 3, Step steps = 0, unsigned workers = 0,
                      Step checkpointEvery = 0, const StrategySpec& strategy = {})
        : cluster(seed, nodes) {
        cluster.workers().setStepsTotal(steps);
        cluster.workers().setCheckpoints(checkpointEvery);
        SimulatedCluster::Request request = 0;
        cluster.time().after(seconds(1), [this, &request, nodes, workers, strategy] {
            request = cluster.submit(workers == 0 ? nodes : workers, RecoveryPolicy::Auto, strategy);
        });
        cluster.runFor(milliseconds(1001));
        began = cluster.runFor(seconds(10), [this, request] {
            run = cluster.runOf(request);
            return run && cluster.snapshot(*run).state == RunState::Training && cluster.rows(*run).size() > 3;
        });
    }

    /// Until the first final step of a later membership; the time that took.
    Duration recover() {
        const TimePoint since = cluster.time().now();
        const MembershipNumber before = snapshot().memberships.back().number;
        EXPECT_TRUE(cluster.runFor(seconds(20), [&] {
            const auto& rows = cluster.rows(*run);
            return !rows.empty() && rows.rbegin()->membership > before;
        })) << toString(snapshot().state);
        return cluster.time().now() - since;
    }
    bool complete() {
        return cluster.runFor(seconds(120),
                              [this] { return !cluster.workers().anyRunning() && cluster.isAtRest(); });
    }
    RunSnapshot snapshot() { return cluster.snapshot(*run); }

    SimulatedCluster cluster;
    std::optional<RunId> run;
    bool began = false;
};

/// Faults that everybody must survive: links that break or stall, agents that pause, each for less than T.
TEST(Simulation, hiccupsCostNothing) {
    for (const std::uint64_t seed : seedsUpTo(100)) {
        if (HasFailure()) {
            return;
        }
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
                    case 1: cluster.partition({node}, length, false, false); break;
                    default: cluster.partition({node}, length, true, false); break;
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
    for (const std::uint64_t seed : seedsUpTo(100)) {
        if (HasFailure()) {
            return;
        }
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

/// The leader's agent is killed, or its machine goes silent, and never comes back: another one leads, the
/// workers keep their state, and so do servers.
TEST(Simulation, aLeaderThatDiesForGoodCostsSeconds) {
    Duration worst[2] = {};
    for (const std::uint64_t seed : seedsUpTo(60)) {
        if (HasFailure()) {
            return;
        }
        SCOPED_TRACE("seed " + std::to_string(seed));
        Training training(seed, 3, 0, 0, 0, seed % 4 < 2 ? twoServers() : StrategySpec());
        ASSERT_TRUE(training.began);
        SimulatedCluster& cluster = training.cluster;
        const NodeId victim = cluster.leader();
        const bool refuses = seed % 2 == 0;
        cluster.crashNode(victim, refuses);
        worst[refuses ? 0 : 1] = std::max(worst[refuses ? 0 : 1], training.recover());
        EXPECT_TRUE(training.complete());
        EXPECT_EQ(cluster.problem(), "");
        const RunSnapshot snapshot = training.snapshot();
        ASSERT_EQ(snapshot.state, RunState::Completed) << snapshot.finished->cause;
        EXPECT_EQ(cluster.ledgerProblem(*training.run), "");
        EXPECT_GT(snapshot.memberships.back().term, snapshot.memberships.front().term);
        ASSERT_GE(snapshot.incidents.size(), 1u);
        EXPECT_EQ(snapshot.incidents[0].incident.node, victim);
    }
    std::cerr << "to the next final step, at worst: leader killed " << toSeconds(worst[0])
              << " s, leader silent " << toSeconds(worst[1]) << " s\n";
    EXPECT_LE(toSeconds(worst[0]), 2.5);
    EXPECT_LE(toSeconds(worst[1]), 5.0);
}

/// One leader after the other dies for good, down to two nodes of five.
TEST(Simulation, leadersDieOneAfterAnotherDownToTwoNodes) {
    for (const std::uint64_t seed : seedsUpTo(30)) {
        if (HasFailure()) {
            return;
        }
        SCOPED_TRACE("seed " + std::to_string(seed));
        Training training(seed, 5, 2000);
        ASSERT_TRUE(training.began);
        SimulatedCluster& cluster = training.cluster;
        for (int i = 0; i < 3; ++i) {
            cluster.crashNode(cluster.leader(), seed % 2 == 0);
            training.recover();
            cluster.runFor(seconds(6));  // Until the votes of the dead are another's.
        }
        EXPECT_TRUE(training.complete());
        EXPECT_EQ(cluster.problem(), "") << cluster.describe();
        const RunSnapshot snapshot = training.snapshot();
        ASSERT_EQ(snapshot.state, RunState::Completed);
        EXPECT_EQ(snapshot.memberships.back().members.size(), 2u);
        EXPECT_EQ(cluster.ledgerProblem(*training.run), "");
    }
}

/// A leader that is cut off with one worker comes to rest; the other side goes on; healed, it belongs again.
TEST(Simulation, theSideWithoutAMajorityComesToRest) {
    for (const std::uint64_t seed : seedsUpTo(40)) {
        if (HasFailure()) {
            return;
        }
        SCOPED_TRACE("seed " + std::to_string(seed));
        Training training(seed, 3, 600);
        ASSERT_TRUE(training.began);
        SimulatedCluster& cluster = training.cluster;
        const NodeId old = cluster.leader();
        cluster.partition({old}, seconds(9), seed % 2 == 0, true);
        training.recover();
        EXPECT_NE(cluster.leader(), old);
        EXPECT_FALSE(cluster.seat(old).leads());
        EXPECT_FALSE(cluster.seat(old).leaderHeard(cluster.time().now()));
        EXPECT_TRUE(training.complete());
        EXPECT_EQ(cluster.problem(), "");
        const RunSnapshot snapshot = training.snapshot();
        ASSERT_EQ(snapshot.state, RunState::Completed) << snapshot.finished->cause;
        EXPECT_EQ(snapshot.memberships.back().members.size(), 3u);
        EXPECT_EQ(cluster.ledgerProblem(*training.run), "");
    }
}

/// What was acknowledged is done, also when the leader dies at that moment: a pause, a resume, a move, a
/// stop.
TEST(Simulation, whatAPersonAskedForOutlivesTheLeader) {
    for (const std::uint64_t seed : seedsUpTo(40)) {
        if (HasFailure()) {
            return;
        }
        SCOPED_TRACE("seed " + std::to_string(seed));
        Training training(seed, 5, 3000, 3);
        ASSERT_TRUE(training.began);
        SimulatedCluster& cluster = training.cluster;
        const RunId run = *training.run;
        const auto askAndKill = [&](const CommandBody& command) {
            const auto request = cluster.execute(command);
            ASSERT_TRUE(cluster.runFor(seconds(20), [&] { return cluster.answerTo(request).has_value(); }));
            ASSERT_FALSE(cluster.answerTo(request)->error) << cluster.answerTo(request)->error->text;
            const NodeId victim = cluster.leader();
            cluster.crashNode(victim, seed % 2 == 0);
            cluster.time().after(seconds(8), [&cluster, victim] { cluster.startNode(victim); });
        };
        const auto isIn = [&](RunState state) {
            return [&cluster, run, state] { return cluster.snapshot(run).state == state; };
        };
        askAndKill(PauseRun{run});
        ASSERT_TRUE(cluster.runFor(seconds(20), isIn(RunState::Paused))) << cluster.describe();
        cluster.runFor(seconds(10));
        EXPECT_EQ(cluster.snapshot(run).state, RunState::Paused);
        askAndKill(ResumeRun{run});
        ASSERT_TRUE(cluster.runFor(seconds(20), isIn(RunState::Training)));
        cluster.runFor(seconds(12));
        NodeId goal = cluster.nodes().front();
        for (const NodeId& node : cluster.nodes()) {
            goal = cluster.workers().runningOn(node).empty() && node != cluster.leader() ? node : goal;
        }
        const TaskId task = training.snapshot().memberships.back().members.back().task;
        askAndKill(MoveTask{run, task, goal});
        EXPECT_TRUE(cluster.runFor(seconds(20), [&] {
            return cluster.snapshot(run).tasks.at(task).node == goal;
        })) << cluster.describe();
        cluster.runFor(seconds(12));
        askAndKill(StopRun{run});
        EXPECT_TRUE(training.complete());
        EXPECT_EQ(cluster.problem(), "");
        EXPECT_EQ(training.snapshot().state, RunState::Stopped);
        EXPECT_EQ(cluster.ledgerProblem(run), "");
    }
}

/// A leader that dies and is started again takes its runs up; the workers of the other nodes kept their
/// state.
TEST(Simulation, aLeaderThatComesBackGoesOn) {
    for (const std::uint64_t seed : seedsUpTo(60)) {
        if (HasFailure()) {
            return;
        }
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

/// All agents and workers die, one disk is lost with them: the run goes back to its last checkpoint. Half of
/// the runs have servers, of which the checkpoint is all that is left, too.
TEST(Simulation, aClusterThatDiesGoesBackToItsLastCheckpoint) {
    std::size_t returns = 0;
    for (const std::uint64_t seed : seedsUpTo(60)) {
        if (HasFailure()) {
            return;
        }
        SCOPED_TRACE("seed " + std::to_string(seed));
        StrategySpec strategy;
        if (seed % 2 == 1) {
            strategy.kind = StrategyKind::ParameterServer;
            strategy.servers = static_cast<std::uint32_t>(1 + seed % 3);
        }
        Training training(seed, 3 + static_cast<unsigned>(seed % 3), 400, 0, 25, strategy);
        ASSERT_TRUE(training.began);
        SimulatedCluster& cluster = training.cluster;
        const RunId run = *training.run;
        ASSERT_TRUE(cluster.runFor(seconds(60), [&] {
            return cluster.snapshot(run).checkpoints.size() >= 2;
        })) << cluster.describe();
        cluster.runFor(milliseconds(cluster.random().below(1'500)));
        const Step newest = cluster.snapshot(run).checkpoints.back().step;
        const NodeId wiped = cluster.nodes()[cluster.random().below(cluster.nodes().size())];
        const bool mayWipe = seed % 2 == 0 && cluster.mayWipe(wiped);
        for (const NodeId& node : cluster.nodes()) {
            cluster.crashNode(node, seed % 4 < 2, mayWipe && node == wiped);
        }
        cluster.runFor(milliseconds(cluster.random().below(20'000)));
        for (const NodeId& node : cluster.nodes()) {
            const auto after = milliseconds(cluster.random().below(5'000));
            cluster.time().after(after, [&cluster, node] { cluster.startNode(node); });
        }
        EXPECT_TRUE(training.complete()) << cluster.describe();
        EXPECT_EQ(cluster.problem(), "");
        const RunSnapshot snapshot = training.snapshot();
        ASSERT_EQ(snapshot.state, RunState::Completed) << cluster.describe();
        EXPECT_EQ(cluster.ledgerProblem(run), "");
        const auto back = std::find_if(snapshot.memberships.begin(), snapshot.memberships.end(),
                                       [](const MembershipCommitted& m) { return m.fromCheckpoint; });
        ASSERT_NE(back, snapshot.memberships.end());
        EXPECT_GE(back->baseStep, newest) << "what was committed is there";
        ++returns;
    }
    std::cerr << returns << " clusters died and went back\n";
}

/// One of two servers that back each other up dies in the middle of training, alone or with its node.
TEST(Simulation, aServerThatDiesCostsASecondAndNoStep) {
    double worst = 0;
    for (const std::uint64_t seed : seedsUpTo(120)) {
        const ServerHistory history = loseAServer(seed);
        ASSERT_EQ(history.problem, "") << "seed " << seed;
        worst = std::max(worst, history.secondsLost);
    }
    std::cerr << "server killed: at worst " << worst << " s between two steps\n";
    EXPECT_LE(worst, 1.0);
}

TEST(Simulation, aServerThatLeavesHandsOverWhatItHas) {
    for (const std::uint64_t seed : seedsUpTo(120)) {
        ASSERT_EQ(sendAServerAway(seed).problem, "") << "seed " << seed;
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

bool setSeeds(int argc, char** argv) {
    for (int i = 1; i + 1 < argc; ++i) {
        const std::string option = argv[i];
        if (option == "--seed") {
            g_seed = std::strtoull(argv[i + 1], nullptr, 10);
        } else if (option == "--seeds") {
            g_seeds = std::strtoull(argv[i + 1], nullptr, 10);
        } else if (option == "--part") {
            char* rest = nullptr;
            g_part = std::strtoull(argv[i + 1], &rest, 10);
            g_parts = *rest == '/' ? std::strtoull(rest + 1, nullptr, 10) : 0;
        }
    }
    return 1 <= g_part && g_part <= g_parts;
}

}  // namespace longship::test

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    if (!longship::test::setSeeds(argc, argv)) {
        std::cerr << "usage: simulation_test [--seed N | --seeds N] [--part I/N]\n";
        return 2;
    }
    return RUN_ALL_TESTS();
}
