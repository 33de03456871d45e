#include <gtest/gtest.h>

#include "core/protocol/checkpoint_record.h"
#include "core/protocol/cluster_register.h"
#include "tests/core/protocol/coordinator_script.h"

// What the leader does with checkpoints: which it commits, and how a run goes back to one.
namespace longship {
namespace {

using test::CoordinatorScript;

const std::string kToTraining =
    "up a b c\nsubmit\nready 0\nready 1\nready 2\nentered 0\nentered 1\nentered 2\n";
const std::string kWritten = "written 0 10\nwritten 1 10\n";
const std::string kCommitted = kToTraining + kWritten + "steps 0 14\n";
const std::string kAllDie = "exited 0\nexited 1\nexited 2\n";

const RunSnapshot& snapshotOf(CoordinatorScript& leader) {
    return leader.coordinator().runs().at(leader.lastRun());
}

std::size_t committed(CoordinatorScript& leader) {
    return snapshotOf(leader).checkpoints.size();
}

TEST(Checkpoints, areCommittedOnceTheCopiesAgreeAndTheStepIsFinal) {
    CoordinatorScript leader;
    leader.run(kToTraining);
    EXPECT_EQ(leader.run("steps 0 9\n" + kWritten), "");
    EXPECT_EQ(leader.run("steps 0 10"), "! checkpoint of step 10 on node-a, node-b\n");
    EXPECT_EQ(leader.run("steps 0 20\nwritten 0 20"), "");
    EXPECT_EQ(leader.run("written 1 20"), "! checkpoint of step 20 on node-a, node-b\n");
    EXPECT_EQ(leader.run("written 1 20\nwritten 0 20"), "") << "said again";
}

TEST(Checkpoints, copiesThatDifferAreNotUsed) {
    CoordinatorScript leader;
    leader.run(kToTraining + "steps 0 20\nwritten 0 10 aa");
    EXPECT_EQ(leader.run("written 1 10 bb"),
              "! incident at  \"the copies of the checkpoint of step 10 differ\"\n");
    EXPECT_EQ(committed(leader), 0u);
}

TEST(Checkpoints, oneCopyIsBetterThanNoneAndTheIncidentSaysWhy) {
    CoordinatorScript leader;
    leader.run(kToTraining + "steps 0 20\nwritten 0 10");
    EXPECT_EQ(leader.run("written 1 10 - no space is left"),
              "! incident at node-b worker-1 \"the checkpoint of step 10 was not kept on node-b: no space is "
              "left\"\n! checkpoint of step 10 on node-a\n");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Training);
    EXPECT_EQ(leader.run("written 1 20 - no space is left"), "") << "told once";
    leader.run("written 0 20");
    EXPECT_EQ(leader.run("written 1 30"), "! incident 15 resolved \"the checkpoint of step 30 was kept\"\n");
}

TEST(Checkpoints, whoDiedIsNotWaitedFor) {
    CoordinatorScript leader;
    leader.run(kToTraining + "steps 0 20\nwritten 1 10");
    const std::string said = leader.run("exited 0");
    EXPECT_NE(said.find("! checkpoint of step 10 on node-b\n"), std::string::npos) << said;
}

TEST(Checkpoints, ofStepsThatWereThrownAwayDoNotCount) {
    CheckpointRecord record;
    const auto always = [](const Member&) { return true; };
    MembershipCommitted first{1, 1, 0, {{0, TaskId("worker-0"), 1, NodeId("a"), 1}}, "", false};
    MembershipCommitted second = first;
    second.number = 2;
    second.baseStep = 9;
    CheckpointWritten written{{RunId("r"), TaskId("worker-0"), 1}, 1, 10, 1, 1, "old", std::nullopt};
    record.report(NodeId("a"), written, {first});
    record.dropAbove(9);
    EXPECT_FALSE(record.take(20, 1, {first, second}, always));
    record.report(NodeId("a"), written, {first, second});
    EXPECT_FALSE(record.take(20, 1, {first, second}, always));
    written.number = 2;
    written.sha256 = "new";
    record.report(NodeId("a"), written, {first, second});
    const auto verdict = record.take(20, 1, {first, second}, always);
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->checkpoint.sha256, "new");
}

TEST(Checkpoints, thatCountStayInARegisterThatIsShortened) {
    RegisterChange change;
    const auto add = [&](RunEventBody body) {
        change.events.push_back({RunId("run"), change.events.size() + 1, UtcTime{1}, std::move(body)});
    };
    add(RunQueued{"name: a\n", "demo"});
    add(MembershipCommitted{1, 1, 0, {}, "", false});
    for (const Step step : {10, 20, 30}) {
        add(CheckpointCommitted{step, step, 100, "hash-" + std::to_string(step), {NodeId("a")}, 1});
    }
    add(MembershipCommitted{2, 1, 20, {}, "", true});
    add(CheckpointCommitted{30, 30, 100, "hash-of-the-second-time", {NodeId("a")}, 2});
    for (int i = 0; i < 100; ++i) {
        add(TaskChanged{TaskId("worker-0"), 1, NodeId("a"), TaskState::Running, std::string(100, 'x')});
    }
    ClusterRegister whole;
    whole.apply(change);
    const auto counted = whole.runs().at(RunId("run")).snapshot.checkpoints;
    ASSERT_EQ(counted.size(), 2u);
    const auto shortened = ClusterRegister::fromState(ClusterRegister(whole).state(1000));
    ASSERT_TRUE(shortened);
    EXPECT_FALSE(shortened->runs().at(RunId("run")).complete);
    EXPECT_EQ(shortened->runs().at(RunId("run")).snapshot.checkpoints, counted);
}

TEST(GoingBack, toTheCheckpointWhenAllWorkersDied) {
    CoordinatorScript leader;
    leader.run(kCommitted + kAllDie);
    EXPECT_EQ(snapshotOf(leader).state, RunState::Recovering);
    EXPECT_EQ(leader.run("ready 0 60000 10\nready 1 60000 10"),
              "! worker-0 on node-a ready\n! worker-1 on node-b ready\n");
    EXPECT_EQ(leader.run("ready 2"), R"~(! worker-2 on node-c ready
a < Freeze 2 "the run goes back to a checkpoint"
b < Freeze 2 "the run goes back to a checkpoint"
c < Freeze 2 "the run goes back to a checkpoint"
)~");
    EXPECT_EQ(leader.run("frozen 0 10 0\nfrozen 1 10 0\nfrozen 2 0 0"),
              R"~(! incident at  "no worker has the state of the run any more"
! membership 2 of 3 from step 10
a < AssignMembership 2: worker-0/2@node-a worker-1/2@node-b worker-2/2@node-c (no state)
b < AssignMembership 2: worker-0/2@node-a worker-1/2@node-b worker-2/2@node-c (no state)
c < AssignMembership 2: worker-0/2@node-a worker-1/2@node-b worker-2/2@node-c (no state)
)~");
    EXPECT_TRUE(snapshotOf(leader).memberships.back().fromCheckpoint);
    EXPECT_EQ(snapshotOf(leader).incidents.back().incident.action,
              "The run went back to the checkpoint of step 10; 4 steps are computed again.");
    leader.run("entered 0\nentered 1\nentered 2\nsteps 0 11");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Training);
    EXPECT_EQ(snapshotOf(leader).incidents.back().resolved->stepsRedone, 4u);
    leader.run("finished 0\nfinished 1\nfinished 2");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Completed);
}

TEST(GoingBack, isNotNeededWhileSomebodyHasTheState) {
    CoordinatorScript leader;
    leader.run(kCommitted + "exited 0\nexited 1\nready 0 60000 10\nready 1 60000 10\nfrozen 2 14");
    EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 14u);
    EXPECT_FALSE(snapshotOf(leader).memberships.back().fromCheckpoint);
}

TEST(GoingBack, aMembershipThatNobodyEnteredIsTriedAgain) {
    CoordinatorScript leader;
    leader.run(kCommitted + kAllDie + "ready 0 60000 10\nready 1 60000 10\nready 2\n");
    leader.run("frozen 0 10 0\nfrozen 1 10 0\nfrozen 2 0 0\nexited 2\n");
    leader.run("frozen 0 10 0\nfrozen 1 10 0\nready 2\n");
    leader.run("frozen 0 10 0\nfrozen 1 10 0\nfrozen 2 0 0");
    ASSERT_EQ(snapshotOf(leader).memberships.size(), 3u);
    EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 10u);
    leader.run("entered 0\nentered 1\nentered 2\n");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Training);
}

TEST(GoingBack, theWholeClusterWasRestarted) {
    CoordinatorScript before;
    before.run(kCommitted);
    CoordinatorScript leader;
    leader.adopt(before);
    leader.run("frees a\nfrees b\nfrees c\nup a b c\nwait 2000");
    EXPECT_NE(snapshotOf(leader).state, RunState::Failed);
    leader.run("knows 0 1 16\nready 0 60000 10\nready 1\nready 2 60000 10\n");
    leader.run("frozen 0 10 0\nfrozen 1 0 0\nfrozen 2 10 0\n");
    ASSERT_EQ(snapshotOf(leader).memberships.size(), 2u);
    EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 10u);
    EXPECT_EQ(snapshotOf(leader).memberships.back().members[1].task, TaskId("worker-2")) << "who has state";
    EXPECT_EQ(snapshotOf(leader).incidents.back().incident.action,
              "The run went back to the checkpoint of step 10; 7 steps are computed again.")
        << "the nodes know how far it was";
}

TEST(GoingBack, aDamagedCopyIsToldAndTheOtherOneUsed) {
    CoordinatorScript leader;
    leader.run(kCommitted + kAllDie);
    EXPECT_NE(leader.run("ready 0 60000 0 its bytes are wrong")
                  .find("a checkpoint on node-a was not used: its bytes are wrong"),
              std::string::npos);
    leader.run("ready 1 60000 10\nready 2\nfrozen 0 0 0\nfrozen 1 10 0\nfrozen 2 0 0");
    EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 10u);
    EXPECT_EQ(snapshotOf(leader).memberships.back().members[0].task, TaskId("worker-1"));
}

TEST(GoingBack, theOneBeforeIsTakenWhenNoCopyOfTheLastCanBeRead) {
    CoordinatorScript leader;
    leader.run(kCommitted + "steps 0 25\nwritten 0 20\nwritten 1 20\n" + kAllDie);
    EXPECT_EQ(committed(leader), 2u);
    leader.run("ready 0 60000 10 damaged\nready 1 60000 10 damaged\nready 2\n");
    leader.run("frozen 0 10 0\nfrozen 1 10 0\nfrozen 2 0 0");
    EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 10u);
    EXPECT_EQ(committed(leader), 1u) << "the later one is void";
}

TEST(GoingBack, withoutAnyReadableCopyTheRunFails) {
    CoordinatorScript leader;
    leader.run(kCommitted + kAllDie + "ready 0\nready 1\nready 2\nfrozen 0 0 0\nfrozen 1 0 0\nfrozen 2 0 0");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Failed);
    EXPECT_NE(snapshotOf(leader).finished->cause.find("no copy of its checkpoints can be read"),
              std::string::npos);
}

TEST(GoingBack, waitsForANodeThatHasACopy) {
    CoordinatorScript leader;
    leader.run(kCommitted + "refused a\nrefused b\nexited 2\nfrees a\nfrees b\nready 2");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Paused) << "who was lost may still have the state";
    leader.run("wait 40000");
    leader.run("frozen 2 0 0\n");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Paused);
    EXPECT_NE(snapshotOf(leader).incidents.back().incident.why.find("is on node-a, node-b"),
              std::string::npos)
        << snapshotOf(leader).incidents.back().incident.what;
    EXPECT_EQ(leader.run("wait 100000"), "");
    leader.run("up b\nwait 500\nready 1 60000 10\n");
    leader.run("frozen 1 10 0\nfrozen 2 0 0");
    EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 10u);
    EXPECT_EQ(snapshotOf(leader).memberships.back().members.size(), 2u);
}

TEST(GoingBack, whoBringsTheStateMeanwhileSavesTheSteps) {
    CoordinatorScript leader;
    leader.run(kCommitted + "refused a\nexited 1\nexited 2\n");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Paused);
    leader.run("up a\nwait 250\nfrozen 0 14\nready 1 60000 10");
    EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 14u);
}

TEST(GoingBack, resumeDoesNotWaitForWhoMayBringTheState) {
    CoordinatorScript leader;
    leader.run(kCommitted + "refused a\nexited 1\nexited 2\nready 1 60000 10\nready 2\n");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Paused);
    leader.run("resume\nfrozen 1 10 0\nfrozen 2 0 0");
    ASSERT_EQ(snapshotOf(leader).memberships.size(), 2u);
    EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 10u);
}

TEST(GoingBack, underAskSomebodyHasToSaySo) {
    CoordinatorScript leader;
    leader.run("policy ask\n" + kCommitted + kAllDie);
    EXPECT_EQ(snapshotOf(leader).state, RunState::Paused);
    EXPECT_EQ(snapshotOf(leader).incidents.back().incident.choices,
              (std::vector<std::string>{"go-on", "stop"}));
    EXPECT_EQ(leader.run("wait 100000"), "");
    const std::string said = leader.run("resume");
    EXPECT_NE(said.find("a < StartTask worker-0/2"), std::string::npos) << said;
    leader.run("ready 0 60000 10\nready 1\nready 2\nfrozen 0 10 0\nfrozen 1 0 0\nfrozen 2 0 0");
    EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 10u);
}

/// A worker that loads for ever is ended, or nobody would ever be there to go back.
TEST(GoingBack, whoNeverGetsReadyIsStartedAgain) {
    CoordinatorScript leader;
    leader.run(kCommitted + kAllDie + "ready 2\n");
    EXPECT_EQ(leader.run("wait 118000"), "");
    const std::string late = leader.run("wait 3000\nfrozen 2 0 0");
    EXPECT_NE(late.find("a < KillTask worker-0/2"), std::string::npos) << late;
    EXPECT_NE(late.find("b < KillTask worker-1/2"), std::string::npos) << late;
    EXPECT_EQ(snapshotOf(leader).state, RunState::Paused);
    const std::string again = leader.run("exited 0\nexited 1\nwait 300");
    EXPECT_NE(again.find("a < StartTask worker-0/3"), std::string::npos) << again;
    EXPECT_NE(again.find("b < StartTask worker-1/3"), std::string::npos) << again;
    leader.run("wait 200000\nready 0 60000 10\nready 1 60000 10");
    leader.run("frozen 0 10 0\nfrozen 1 10 0\nfrozen 2 0 0");
    ASSERT_EQ(snapshotOf(leader).memberships.size(), 2u) << "the second time takes as long as it takes";
    EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 10u);
}

TEST(GoingBack, underAskWhoNeverGetsReadyIsStartedAgainWhenSomebodySaysSo) {
    CoordinatorScript leader;
    leader.run("policy ask\n" + kCommitted + kAllDie + "resume\nwait 121000");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Paused);
    EXPECT_EQ(snapshotOf(leader).incidents.back().incident.choices,
              (std::vector<std::string>{"go-on", "wait", "move", "stop"}));
    EXPECT_EQ(leader.run("exited 0\nexited 1\nexited 2\nwait 1000"), "");
    const std::string said = leader.run("resume");
    EXPECT_NE(said.find("a < StartTask worker-0/3"), std::string::npos) << said;
    leader.run("ready 0 60000 10\nready 1\nready 2\nfrozen 0 10 0\nfrozen 1 0 0\nfrozen 2 0 0");
    EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 10u);
}

/// Where the task moves to nobody has a copy.
TEST(GoingBack, aTaskThatMovesAwayFromTheCheckpointStays) {
    const std::string moving =
        "up a b c\nsubmit 2\nready 0\nready 1\nentered 0\nentered 1\nwritten 0 10\n"
        "written 1 10 - no space is left\nsteps 0 14\nmove 0 c\n";
    const std::string back = "ready 0 60000 10\nready 1\nfrozen 0 10 0\nfrozen 1 0 0";
    {
        CoordinatorScript leader;
        leader.run(moving);
        ASSERT_EQ(snapshotOf(leader).checkpoints.back().nodes, std::vector<NodeId>{NodeId("node-a")});
        const std::string said = leader.run("exited 1\nexited 0/1\nwait 300");
        EXPECT_NE(said.find("c < KillTask worker-0/2"), std::string::npos) << said;
        EXPECT_NE(said.find("a < StartTask worker-0/3"), std::string::npos) << said;
        leader.run(back);
        EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 10u);
    }
    {
        SCOPED_TRACE("its node is lost, and comes back without the worker");
        CoordinatorScript leader;
        leader.run(moving + "ready 0\nrefused a\nfrees a\nexited 1\nfrozen 0 0 0\nready 1\nwait 40000");
        EXPECT_EQ(snapshotOf(leader).state, RunState::Paused);
        const std::string said = leader.run("up a\nwait 600");
        EXPECT_NE(said.find("c < KillTask worker-0/2"), std::string::npos) << said;
        EXPECT_NE(said.find("a < StartTask worker-0/3"), std::string::npos) << said;
        leader.run(back);
        EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 10u);
    }
}

TEST(GoingBack, aTaskMovesToWhereTheCheckpointIs) {
    CoordinatorScript leader;
    leader.run(
        "up a b c\nsubmit 2\nready 0\nready 1\nentered 0\nentered 1\nwritten 0 10\n"
        "written 1 10 - no space is left\nsteps 0 14\nmove 0 c\nready 0\nwait 600\n"
        "frozen 0/1 14\nfrozen 1 14\nfrozen 0 0 0\nexited 0/1\nentered 0\nentered 1\nsteps 0 15\n");
    ASSERT_EQ(snapshotOf(leader).memberships.back().members[1].node, NodeId("node-c"));
    leader.run("exited 0\nexited 1\nready 0\nready 1\n");
    const std::string said = leader.run("frozen 0 0 0\nfrozen 1 0 0");
    EXPECT_NE(said.find("a < StartTask worker-1/3"), std::string::npos) << said;
    EXPECT_EQ(snapshotOf(leader).state, RunState::Recovering);
    leader.run("ready 1 60000 10\nfrozen 0 0 0\nfrozen 1/2 0 0\nfrozen 1 10 0");
    ASSERT_TRUE(snapshotOf(leader).memberships.back().fromCheckpoint);
    EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 10u);
    EXPECT_EQ(snapshotOf(leader).memberships.back().members[0].node, NodeId("node-a"));
}

TEST(GoingBack, aRunThatNeverGetsToTheNextCheckpointAsks) {
    CoordinatorScript leader;
    leader.run(kCommitted);
    for (int round = 0; round < 3; ++round) {
        EXPECT_EQ(snapshotOf(leader).memberships.size(), 1u + static_cast<std::size_t>(round));
        leader.run("wait 61000\n" + kAllDie + "wait 500\nready 0 60000 10\nready 1\nready 2\n");
        leader.run("frozen 0 10 0\nfrozen 1 0 0\nfrozen 2 0 0\nentered 0\nentered 1\nentered 2\nsteps 0 14");
    }
    leader.run("wait 61000\n" + kAllDie);
    EXPECT_EQ(snapshotOf(leader).state, RunState::Paused);
    EXPECT_NE(snapshotOf(leader).incidents.back().incident.what.find("3 times"), std::string::npos);
}

TEST(GoingBack, canBeStopped) {
    CoordinatorScript leader;
    leader.run(kCommitted + kAllDie + "stop");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Stopped);
}

}  // namespace
}  // namespace longship
