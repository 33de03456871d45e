#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <map>

#include "tests/simulation/simulated_cluster.h"

namespace longship::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Everything that goes wrong in one seeded history, and all that is put right again before the end.
class Havoc {
public:
    /// `tells`: on stderr, what happens when.
    Havoc(SimulatedCluster& cluster, bool tells) : m_cluster(cluster), m_tells(tells) {}

    /// Plans clients and faults for the first 15 seconds.
    void plan() {
        SeededRandom& random = m_cluster.random();
        const std::uint64_t runs = 1 + random.below(4);
        for (std::uint64_t i = 0; i < runs; ++i) {
            const auto workers = static_cast<std::uint32_t>(random.below(m_cluster.nodes().size() + 1));
            at(random.below(12'000), [this, workers] {
                const std::optional<RunId> run = m_cluster.submit(workers);
                if (run && m_cluster.random().below(4) == 0) {
                    at(m_cluster.random().below(4'000), [this, id = *run] { m_cluster.stop(id); });
                }
            });
        }
        faults = random.below(5);
        for (std::uint64_t i = 0; i < faults; ++i) {
            at(random.below(15'000), [this] { strike(); });
        }
    }

    /// All nodes are there again and behave from now on.
    void heal() {
        for (const NodeId& node : m_cluster.nodes()) {
            m_cluster.setWorkerFault(node, WorkerFault::None);
            m_cluster.setSpawnFails(node, false);
            m_cluster.startNode(node);
        }
    }

    std::uint64_t faults = 0;

private:
    void at(std::uint64_t ms, std::function<void()> action) {
        m_cluster.time().after(milliseconds(ms), std::move(action));
    }

    void strike() {
        SeededRandom& random = m_cluster.random();
        const NodeId node = m_cluster.nodes()[random.below(m_cluster.nodes().size())];
        const std::vector<TaskKey> running = m_cluster.workers().running();
        const Duration while_ = milliseconds(50 + random.below(6'000));
        const std::uint64_t kind = random.below(10);
        if (m_tells) {
            std::cerr << toIso8601(m_cluster.time().wallTime()) << " fault " << kind << " on " << node.value
                      << " for " << toSeconds(while_) << " s\n";
        }
        switch (kind) {
            case 0:
                if (!running.empty()) {
                    m_cluster.workers().crash(running[random.below(running.size())],
                                              "killed by signal 9 (SIGKILL)");
                }
                break;
            case 1:
                if (!running.empty()) {
                    m_cluster.workers().hang(running[random.below(running.size())]);
                }
                break;
            case 2:
            case 3:
                m_cluster.crashNode(node, random.below(2) == 0);
                m_cluster.time().after(while_, [this, node] { m_cluster.startNode(node); });
                break;
            case 4: m_cluster.pauseNode(node, while_); break;
            case 5:
            case 6: m_cluster.breakLink(node, while_); break;
            case 7: m_cluster.stallLink(node, while_); break;
            case 8: m_cluster.setSpawnFails(node, true); break;
            default: m_cluster.setWorkerFault(node, static_cast<WorkerFault>(1 + random.below(5))); break;
        }
    }

    SimulatedCluster& m_cluster;
    bool m_tells;
};

std::string describeState(const SimulatedCluster& cluster) {
    std::string text;
    for (const NodeId& node : cluster.nodes()) {
        text += node.value + (cluster.isAlive(node) ? "" : " (down)") + ":";
        for (const RunId& run : cluster.runsOf(node)) {
            const RunSnapshot snapshot = cluster.snapshot(node, run);
            text += " " + run.value + "=" + std::string(toString(snapshot.state)) + "/" +
                    std::to_string(snapshot.sequence) +
                    (snapshot.finished ? " (" + snapshot.finished->cause + ")" : "");
        }
        text += "\n";
    }
    return text;
}

/// What must be true when all is over.
void checkEnd(SimulatedCluster& cluster, const Havoc& havoc) {
    for (const RunId& run : cluster.runsOf(cluster.leader())) {
        const RunSnapshot snapshot = cluster.snapshot(cluster.leader(), run);
        ASSERT_TRUE(snapshot.finished) << run.value;
        if (havoc.faults == 0) {
            EXPECT_NE(snapshot.state, RunState::Failed) << snapshot.finished->cause;
        }
        if (snapshot.state == RunState::Completed) {
            EXPECT_TRUE(snapshot.model.has_value());
            EXPECT_FALSE(snapshot.finished->parameterHash.empty());
            EXPECT_EQ(cluster.rowsStored(cluster.leader(), run), snapshot.finished->steps);
        } else {
            EXPECT_FALSE(snapshot.finished->cause.empty());
        }
        if (snapshot.state == RunState::Failed) {
            EXPECT_FALSE(snapshot.incidents.empty());
        }
        for (const auto& [task, view] : snapshot.tasks) {
            const bool leaderRestarted = snapshot.finished->cause.starts_with("the leader,");
            EXPECT_TRUE(view.state == TaskState::Exited || leaderRestarted) << task.value;
        }
    }
}

/// How the runs of the histories ended.
using Endings = std::map<RunState, int>;

std::uint64_t simulate(std::uint64_t seed, Endings& endings, bool tells = false) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimulatedCluster cluster(seed, 2 + static_cast<unsigned>(seed % 4));
    Havoc havoc(cluster, tells);
    havoc.plan();
    cluster.runFor(seconds(22));
    havoc.heal();
    const bool ended = cluster.runFor(seconds(700), [&] {
        return cluster.workers().running().empty() && cluster.allRunsEnded() && cluster.allLogsEqual();
    });
    EXPECT_EQ(cluster.problem(), "");
    EXPECT_TRUE(ended) << "not at rest after 700 s\n"
                       << describeState(cluster) << cluster.workers().running().size() << " workers left";
    if (ended && cluster.problem().empty()) {
        checkEnd(cluster, havoc);
        for (const RunId& run : cluster.runsOf(cluster.leader())) {
            ++endings[cluster.snapshot(cluster.leader(), run).state];
        }
    }
    return cluster.fingerprint();
}

/// LONGSHIP_SIMULATION_SEED=N replays one history; LONGSHIP_SIMULATION_SEEDS=N walks through that many.
std::uint64_t numberFromEnvironment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(Simulation, everyRunEndsAndNothingStaysBehindWhateverGoesWrong) {
    const std::uint64_t one = numberFromEnvironment("LONGSHIP_SIMULATION_SEED", 0);
    const std::uint64_t first = one == 0 ? 1 : one;
    const std::uint64_t count = one == 0 ? numberFromEnvironment("LONGSHIP_SIMULATION_SEEDS", 300) : 1;
    Endings endings;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        simulate(seed, endings, one != 0);
        if (HasFailure()) {
            std::cerr << "replay: LONGSHIP_SIMULATION_SEED=" << seed << "\n";
            return;
        }
    }
    std::cerr << count << " seeds: " << endings[RunState::Completed] << " runs completed, "
              << endings[RunState::Stopped] << " stopped, " << endings[RunState::Failed] << " failed\n";
    if (count >= 100) {
        for (const RunState state : {RunState::Completed, RunState::Stopped, RunState::Failed}) {
            EXPECT_GT(endings[state], static_cast<int>(count) / 10) << toString(state);
        }
    }
}

/// Faults that everybody must survive: links that break or stall, agents that pause, each for less than T.
TEST(Simulation, hiccupsCostNothing) {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        SimulatedCluster cluster(seed, 3);
        std::optional<RunId> run;
        cluster.time().after(seconds(1), [&] { run = cluster.submit(3); });
        for (int i = 0; i < 3; ++i) {
            // One at a time: two together are as long as their sum.
            const auto at = milliseconds(1'000 + i * 1'500 + static_cast<int>(cluster.random().below(500)));
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
        cluster.runFor(seconds(2));
        ASSERT_TRUE(run.has_value());
        EXPECT_TRUE(cluster.runFor(seconds(30), [&] {
            return cluster.workers().running().empty() && cluster.allRunsEnded() && cluster.allLogsEqual();
        })) << describeState(cluster);
        EXPECT_EQ(cluster.problem(), "");
        const RunSnapshot snapshot = cluster.snapshot(cluster.leader(), *run);
        ASSERT_EQ(snapshot.state, RunState::Completed) << snapshot.finished->cause;
        EXPECT_EQ(cluster.rowsStored(cluster.leader(), *run), snapshot.finished->steps);
        if (HasFailure()) {
            return;
        }
    }
}

/// One worker or one node dies in the middle of training: everybody knows it within 5 s, and whose fault it
/// was.
TEST(Simulation, oneDeathIsToldInTimeAndBlamedOnTheRightNode) {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        SimulatedCluster cluster(seed, 3);
        cluster.time().after(seconds(1), [&] { cluster.submit(3); });
        const auto training = [&] {
            const std::vector<RunId> runs = cluster.runsOf(cluster.leader());
            return !runs.empty() && cluster.snapshot(cluster.leader(), runs[0]).state == RunState::Training;
        };
        ASSERT_TRUE(cluster.runFor(seconds(10), training));
        const NodeId victim = cluster.nodes()[seed % 3];
        const bool workerOnly = seed % 3 == 0 || seed % 2 == 0;  // The leader's death has its own rules.
        if (workerOnly) {
            cluster.workers().crash(cluster.workers().runningOn(victim)[0], "killed by signal 9 (SIGKILL)");
        } else {
            cluster.crashNode(victim, seed % 4 == 1);
        }
        EXPECT_TRUE(cluster.runFor(seconds(5), [&] {
            return cluster.allRunsEnded() && cluster.workers().running().empty();
        })) << describeState(cluster);
        EXPECT_EQ(cluster.problem(), "");
        for (const NodeId& node : cluster.nodes()) {
            if (!cluster.isAlive(node)) {
                continue;
            }
            const RunSnapshot told = cluster.snapshot(node, cluster.runsOf(node)[0]);
            ASSERT_EQ(told.state, RunState::Failed);
            ASSERT_EQ(told.incidents.size(), 1u);
            EXPECT_EQ(told.incidents[0].incident.node, victim) << told.finished->cause;
            EXPECT_NE(told.finished->cause.find(victim.value), std::string::npos) << told.finished->cause;
        }
    }
}

/// A leader that dies: the others end its runs themselves, and agree with it when it is back.
TEST(Simulation, aLeadersDeathEndsItsRunsEverywhere) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        SimulatedCluster cluster(seed, 3);
        cluster.time().after(seconds(1), [&] { cluster.submit(3); });
        cluster.runFor(milliseconds(1'200 + seed * 20));
        if (cluster.allRunsEnded()) {
            continue;  // A short one; nothing is left to end.
        }
        cluster.crashNode(cluster.leader(), seed % 2 == 0);
        EXPECT_TRUE(cluster.runFor(seconds(5), [&] {
            return cluster.allRunsEnded() && cluster.workers().running().empty();
        })) << describeState(cluster);
        cluster.startNode(cluster.leader());
        cluster.runFor(seconds(5));
        EXPECT_EQ(cluster.problem(), "");
        for (const NodeId& node : cluster.nodes()) {
            for (const RunId& run : cluster.runsOf(node)) {
                EXPECT_EQ(cluster.snapshot(node, run).state, RunState::Failed);
                EXPECT_EQ(cluster.snapshot(node, run).incidents.back().incident.node, cluster.leader());
            }
        }
        // And the cluster works again.
        const std::optional<RunId> next = cluster.submit(3);
        ASSERT_TRUE(next.has_value());
        EXPECT_TRUE(cluster.runFor(seconds(30), [&] {
            return cluster.snapshot(cluster.leader(), *next).state == RunState::Completed;
        })) << describeState(cluster);
    }
}

TEST(Simulation, theSameSeedGivesTheSameHistory) {
    Endings endings;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        EXPECT_EQ(simulate(seed, endings), simulate(seed, endings));
    }
    EXPECT_NE(simulate(1, endings), simulate(2, endings));
}

}  // namespace
}  // namespace longship::test
