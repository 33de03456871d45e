#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <iostream>

#include "core/history/history.h"
#include "tests/system/test_cluster.h"

// Leaders that die, hang, or are started again with everybody else, as real processes with a scripted worker.
namespace longship::test {
namespace {

using namespace std::chrono_literals;

// Longest time from a death to the first step without the dead: several times what it takes on a busy
// machine.
constexpr auto kPatience = 20s;

class Leaders : public ::testing::Test {
protected:
    /// A run that goes on until something ends it.
    RunId startEndlessRun(TestCluster& cluster, std::size_t workers = 3) {
        const RunId run = cluster.submit(scriptedJob("endless", 1'000'000));
        EXPECT_TRUE(cluster.waitForTraining(run));
        EXPECT_EQ(cluster.allWorkers().size(), workers);
        return run;
    }

    /// Until so many members train in a membership after that one; tells how long it took.
    MembershipNumber expectToGoOn(TestCluster& cluster, const RunId& run, MembershipNumber after,
                                  std::size_t members, const std::string& what) {
        const TimePoint begin = BootClock::now();
        const auto snapshot = [&] { return cluster.run(run).value(); };
        EXPECT_TRUE(waitUntil(
            [&] {
                const auto now = snapshot();
                const MembershipCommitted& current = now.memberships.back();
                return now.state == RunState::Training && current.number > after &&
                       current.members.size() == members &&
                       !cluster.client().rows(run, RowKey{current.number, 0}, 1).empty();
            },
            kPatience))
            << what << ": still " << toString(snapshot().state) << " in membership "
            << snapshot().memberships.back().number;
        std::cout << fmt::format("{}: {:.2f} s until its rows are seen\n", what,
                                 toSeconds(BootClock::now() - begin));
        return snapshot().memberships.back().number;
    }

    void stop(TestCluster& cluster, const RunId& run) {
        const auto stopped = cluster.client().stop(run);
        EXPECT_TRUE(stopped) << stopped.error().text;
        EXPECT_TRUE(cluster.waitForEnd(run, 30s));
        EXPECT_EQ(cluster.stateOf(run), RunState::Stopped);
    }

    static std::size_t countOf(TestCluster& cluster, const std::string& name) {
        const auto runs = cluster.client().runs();
        return static_cast<std::size_t>(
            std::ranges::count_if(runs, [&](const RunSummary& run) { return run.name == name; }));
    }
};

TEST_F(Leaders, TheirDeathCostsOneMemberAndNoCommand) {
    TestCluster cluster{SCRIPTED_WORKER};
    cluster.start();
    const RunId run = startEndlessRun(cluster);
    const unsigned first = cluster.leader();
    std::vector<pid_t> others;
    for (unsigned index = 0; index < 3; ++index) {
        const auto workers = cluster.workersOf(index);
        if (index != first) {
            others.insert(others.end(), workers.begin(), workers.end());
        }
    }
    // Both are acknowledged, and nothing has come of them yet.
    const RunId waiting = cluster.submit(scriptedJob("short", 1));
    ASSERT_FALSE(waiting.empty());
    cluster.killAgent(first);
    expectToGoOn(cluster, run, 1, 2, "leader killed");
    EXPECT_NE(cluster.leader(), first);
    EXPECT_EQ(cluster.allWorkers(), others) << "a survivor was started again";
    const auto proof = cluster.client().verify(run);
    ASSERT_TRUE(proof) << proof.error().text;
    EXPECT_EQ(cluster.stateOf(waiting), RunState::Queued);
    stop(cluster, run);
    ASSERT_TRUE(cluster.waitForEnd(waiting, 30s));
    EXPECT_EQ(cluster.stateOf(waiting), RunState::Completed);
}

TEST_F(Leaders, DieOneAfterAnotherDownToTwoNodes) {
    TestCluster cluster{SCRIPTED_WORKER, 5};
    cluster.start();
    const RunId run = startEndlessRun(cluster, 5);
    MembershipNumber number = 1;
    for (std::size_t left = 4; left >= 2; --left) {
        cluster.killAgent(cluster.leader());
        number = expectToGoOn(cluster, run, number, left, fmt::format("down to {} nodes", left));
    }
    stop(cluster, run);
}

TEST_F(Leaders, ACommandGivenWhileNobodyLeadsIsCarriedOutOnce) {
    TestCluster cluster{SCRIPTED_WORKER};
    cluster.start();
    const RunId before = cluster.submit(scriptedJob("before", 1));
    ASSERT_TRUE(cluster.waitForEnd(before, 30s)) << "all of them have votes when the cluster decides";
    cluster.killAgent(cluster.leader());
    const RunId run = cluster.submit(scriptedJob("short", 1));
    ASSERT_TRUE(cluster.waitForEnd(run, 30s));
    EXPECT_EQ(cluster.stateOf(run), RunState::Completed);
    EXPECT_EQ(countOf(cluster, "short"), 1u);
}

TEST_F(Leaders, OneThatStopsIsReplacedAndFollowsWhenItWakes) {
    TestCluster cluster{SCRIPTED_WORKER};
    cluster.start();
    const RunId run = startEndlessRun(cluster);
    const unsigned first = cluster.leader();
    ASSERT_EQ(::kill(cluster.agent(first).id(), SIGSTOP), 0);
    const MembershipNumber number = expectToGoOn(cluster, run, 1, 2, "leader stopped");
    const unsigned second = cluster.leader();
    EXPECT_NE(second, first);
    ASSERT_EQ(::kill(cluster.agent(first).id(), SIGCONT), 0);
    expectToGoOn(cluster, run, number, 3, "it woke up");
    EXPECT_EQ(cluster.leader(), second);
    stop(cluster, run);
    // All of them have the whole story.
    for (unsigned index = 0; index < 3; ++index) {
        const auto history = History::open(cluster.nodeFolder(index) / "history.db");
        ASSERT_TRUE(history) << history.error().text;
        EXPECT_TRUE(waitUntil([&] {
            const auto its = (*history)->snapshot(run);
            return its && its->state == RunState::Stopped && its->sequence == cluster.run(run)->sequence;
        })) << cluster.node(index).value
            << " does not know how the run ended";
    }
}

TEST_F(Leaders, WhatWasAcknowledgedSurvivesTheDeathOfAll) {
    TestCluster cluster{SCRIPTED_WORKER};
    cluster.start();
    const auto drained = cluster.client().drain(cluster.node(1));
    ASSERT_TRUE(drained) << drained.error().text;
    const RunId run = startEndlessRun(cluster, 2);
    const RunId waiting = cluster.submit(scriptedJob("short", 1));
    for (unsigned index = 0; index < 3; ++index) {
        EXPECT_EQ(::kill(cluster.agent(index).id(), SIGKILL), 0);
    }
    for (unsigned index = 0; index < 3; ++index) {
        ASSERT_TRUE(waitUntil([&] { return isGone(cluster.agent(index).id()); }));
        cluster.startAgent(index);
    }
    // The run's state died with its workers; it is the new leader that says so.
    ASSERT_TRUE(cluster.waitForEnd(run, 60s));
    ASSERT_TRUE(cluster.waitForEnd(waiting, 30s));
    EXPECT_EQ(cluster.stateOf(waiting), RunState::Completed);
    const auto snapshot = cluster.run(waiting);
    for (const Member& member : snapshot->memberships.back().members) {
        EXPECT_NE(member.node, cluster.node(1)) << "it was drained";
    }
    EXPECT_TRUE(waitUntil([&] { return cluster.client().cluster().nodes.at(1).drained; }));
}

TEST_F(Leaders, ARosterThatComesAgainChangesNothing) {
    TestCluster cluster{SCRIPTED_WORKER};
    cluster.start();
    const RunId run = startEndlessRun(cluster);
    const std::vector<pid_t> workers = cluster.allWorkers();
    const auto again = cluster.handOutRoster();
    ASSERT_TRUE(again) << again.error().text;
    stop(cluster, run);
    EXPECT_EQ(cluster.run(run)->memberships.size(), 1u);
    EXPECT_EQ(workers.size(), 3u);
}

TEST_F(Leaders, NodesAreAddedToAClusterAndTakenFromIt) {
    TestCluster cluster{SCRIPTED_WORKER, 4};
    for (unsigned index = 0; index < 4; ++index) {
        cluster.startAgent(index);
    }
    for (const unsigned nodes : {2u, 4u, 3u}) {
        ASSERT_NO_FATAL_FAILURE(cluster.join(nodes));
        const RunId run = cluster.submit(scriptedJob("short", 1));
        ASSERT_TRUE(cluster.waitForEnd(run, 30s)) << nodes << " nodes";
        EXPECT_EQ(cluster.stateOf(run), RunState::Completed);
        EXPECT_EQ(cluster.run(run)->memberships.back().members.size(), nodes);
    }
    // Those that are left agree without the one that is gone.
    cluster.killAgent(cluster.leader());
    const RunId run = cluster.submit(scriptedJob("short", 1));
    ASSERT_TRUE(cluster.waitForEnd(run, 30s));
    EXPECT_EQ(cluster.run(run)->memberships.back().members.size(), 2u);
}

TEST_F(Leaders, AgentsThatNobodyNeedsEndTogether) {
    TestCluster cluster{SCRIPTED_WORKER};
    for (unsigned index = 0; index < 3; ++index) {
        cluster.startAgent(index, {"--idle-exit", "1"});
    }
    const auto handedOut = cluster.handOutRoster();
    ASSERT_TRUE(handedOut) << handedOut.error().text;
    for (unsigned index = 0; index < 3; ++index) {
        EXPECT_TRUE(waitUntil([&] { return cluster.agent(index).poll().has_value(); }, 30s))
            << cluster.node(index).value << " stays";
    }
}

}  // namespace
}  // namespace longship::test
