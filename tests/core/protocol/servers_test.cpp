#include <gtest/gtest.h>

#include "tests/core/protocol/coordinator_script.h"

// Runs with servers: where they go, what of the run only they have, and what is no business of theirs.
namespace longship {
namespace {

using test::CoordinatorScript;

const std::string kReady = "ready 0\nready 1\nready s0\nready s1\n";
const std::string kEntered = "entered 0\nentered 1\nentered s0\nentered s1\n";
/// Workers on a and b, server-0 on c, server-1 on b.
const std::string kPlaced = "up a b c\nsubmit 2 2\n";
const std::string kWithBackup = "up a b c\nsubmit 2 2 backup\n";
const std::string kToTraining = kPlaced + kReady + kEntered + "steps 0 3\n";
const std::string kTrainsWithBackup = kWithBackup + kReady + kEntered + "steps 0 3\n";

const RunSnapshot& snapshotOf(CoordinatorScript& leader) {
    return leader.coordinator().runs().at(leader.lastRun());
}

/// "worker-0*1 server-0*0": the last membership's tasks with their shares.
std::string membersOf(CoordinatorScript& leader) {
    std::string text;
    for (const Member& member : snapshotOf(leader).memberships.back().members) {
        text += (text.empty() ? "" : " ") + member.task.value + "*" + std::to_string(member.share);
    }
    return text;
}

bool holds(const std::string& said, const std::string& line) {
    return said.find(line + "\n") != std::string::npos;
}

TEST(Servers, areStartedBesideTheWorkersAndAreTheLastRanks) {
    CoordinatorScript leader;
    const std::string said = leader.run(kPlaced);
    EXPECT_TRUE(holds(said, "a < StartTask worker-0") && holds(said, "b < StartTask worker-1")) << said;
    EXPECT_TRUE(holds(said, "c < StartTask server-0") && holds(said, "b < StartTask server-1")) << said;
    leader.run("ready s1\nready s0\nready 1\n");
    EXPECT_TRUE(holds(leader.run("ready 0"),
                      "b < AssignMembership 1: worker-0@node-a worker-1@node-b server-0@node-c (no state) "
                      "server-1@node-b (no state)"));
    leader.run(kEntered);
    EXPECT_EQ(snapshotOf(leader).state, RunState::Training);
    EXPECT_EQ(membersOf(leader), "worker-0*1 worker-1*1 server-0*1 server-1*1");
}

TEST(Servers, takeNoSlotAndTheirDataIsNotCompared) {
    CoordinatorScript leader;
    leader.run(kToTraining);
    EXPECT_EQ(snapshotOf(leader).prepared->trainingSamples, 60'000u);
    const std::string said = leader.run("submit 1 1");
    EXPECT_TRUE(holds(said, "c < StartTask worker-0")) << said;
    EXPECT_TRUE(holds(said, "c < StartTask server-0"))
        << "another run's server is there, and no free node: " << said;
}

TEST(Servers, moreThanNodesAreRefused) {
    CoordinatorScript leader;
    const std::string said = leader.run("up a b c\nsubmit 1 4");
    EXPECT_NE(said.find("4 servers, but the cluster \"test\" has 3 nodes"), std::string::npos) << said;
}

TEST(Servers, theFirstMembershipNeedsAWorkerAndAServer) {
    CoordinatorScript leader;
    leader.run(kPlaced + "ready 0\nready 1\nwait 119000");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Preparing);
    leader.run("wait 2000");
    EXPECT_EQ(snapshotOf(leader).finished->cause, "no server got ready in time");
    CoordinatorScript other;
    other.run(kPlaced + "ready 0\nready s1\nwait 121000");
    EXPECT_EQ(membersOf(other), "worker-0*1 server-1*1");
}

TEST(Servers, whoseNodeIsLostBeforeTheRunBeginsAreWaitedForAsLongAsWhoLoads) {
    CoordinatorScript leader;
    leader.run("up a b c\nsubmit 2 1\nready 0\nready 1\nrefused c");
    EXPECT_EQ(leader.run("wait 119000"), "");
    EXPECT_FALSE(leader.coordinator().counters().transitions.contains("freezing -> starting"));
    leader.run("wait 2000");
    EXPECT_EQ(snapshotOf(leader).finished->cause, "no server got ready in time");
    CoordinatorScript other;
    other.run(
        "up a b c\nsubmit 2 1\nready 0\nready 1\nrefused c\nfrees c\nwait 5000\nup c\nwait 500\nready s0");
    EXPECT_EQ(membersOf(other), "worker-0*1 worker-1*1 server-0*1");
}

TEST(Servers, aServerThatDiesIsReplacedByItsBackupAndStartedAgain) {
    CoordinatorScript leader;
    leader.run(kTrainsWithBackup);
    const std::string said = leader.run("exited s0 killed by signal 9 (SIGKILL)");
    EXPECT_TRUE(holds(said, "c < StartTask server-0/2")) << said;
    EXPECT_EQ(leader.run("frozen 0 3\nfrozen 1 3\n"), "");
    EXPECT_TRUE(holds(leader.run("frozen s1 1 0@2+ 1@3"),
                      "a < AssignMembership 2: worker-0@node-a worker-1@node-b server-1@node-b"));
    leader.run("entered 0\nentered 1\nentered s1\nsteps 0 4\n");
    EXPECT_EQ(snapshotOf(leader).incidents[0].resolved->action, "training goes on with 2 workers");
    EXPECT_TRUE(holds(leader.run("ready s0\nwait 500\nfrozen 0 5\nfrozen 1 5\nfrozen s1 2 0@5 1@5\n"
                                 "frozen s0 0"),
                      "c < AssignMembership 3: worker-0@node-a worker-1@node-b server-0/2@node-c (no state) "
                      "server-1@node-b"));
}

TEST(Servers, aShardThatNobodyHasIsTheStateOfTheRun) {
    CoordinatorScript leader;
    leader.run(kToTraining +
               "exited s0 killed by signal 9 (SIGKILL)\nfrozen 0 3\nfrozen 1 3\nfrozen s1 1 1@3");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Failed);
    EXPECT_EQ(
        snapshotOf(leader).finished->cause,
        "server-0 on node-c ended: killed by signal 9 (SIGKILL); no other server has the state of shard 0");
    EXPECT_EQ(snapshotOf(leader).incidents.back().incident.whatPhrase.kind, "no-shard-left");
}

TEST(Servers, aLostNodeMayBringTheShardBack) {
    CoordinatorScript leader;
    leader.run(kToTraining + "refused c\nfrozen 0 3\nfrozen 1 3\nfrozen s1 1 1@3");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Paused);
    EXPECT_EQ(snapshotOf(leader).incidents.back().incident.whatPhrase.kind, "shard-elsewhere");
    leader.run("up c\nwait 250\nfrozen 0 3\nfrozen 1 3\nfrozen s1 1 1@3\nfrozen s0 1 0@3");
    EXPECT_EQ(membersOf(leader), "worker-0*1 worker-1*1 server-0*1 server-1*1");
    EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 3u);
}

TEST(Servers, aLostWorkerBringsNoShardBack) {
    CoordinatorScript leader;
    leader.run(kToTraining + "refused a\nfrozen 1 3\nfrozen s0 1 0@3\nfrozen s1 1 1@3\n");
    EXPECT_EQ(membersOf(leader), "worker-1*1 server-0*1 server-1*1");
    leader.run("entered 1\nentered s0\nentered s1\nexited s0\nfrozen 1 3\nfrozen s1 2 1@3");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Failed);
}

TEST(Servers, withoutAShardTheRunGoesBackToItsCheckpoint) {
    CoordinatorScript leader;
    leader.run(kToTraining + "written 0 10\nwritten 1 10\nsteps 0 14\nexited s0\n");
    const std::string said = leader.run("frozen 0 14\nfrozen 1 14\nfrozen s1 1 1@14");
    EXPECT_NE(said.find("a < KillTask worker-0 \"it is started again with the checkpoint"), std::string::npos)
        << said;
    leader.run("exited 0\nexited 1\nwait 500\nready 0 60000 10\nready 1 60000 10\nready s0\n");
    leader.run("frozen 0 10 0\nfrozen 1 10 0\nfrozen s0 0\n");
    EXPECT_TRUE(
        holds(leader.run("frozen s1 1 1@14"),
              "b < AssignMembership 2: worker-0/2@node-a worker-1/2@node-b server-0/2@node-c (no state) "
              "server-1@node-b (no state)"));
    EXPECT_TRUE(snapshotOf(leader).memberships.back().fromCheckpoint);
    EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 10u);
    EXPECT_EQ(snapshotOf(leader).incidents.back().incident.what,
              "no server has the state of shard 0 any more");
}

/// The workers read the same checkpoint before, and have trained since.
TEST(Servers, aRunGoesBackToTheSameCheckpointTwice) {
    CoordinatorScript leader;
    leader.run(kToTraining + "written 0 10\nwritten 1 10\nsteps 0 14\n");
    for (const char* generation : {"2", "3"}) {
        leader.run("wait 61000\nexited s0\nfrozen 0 14\nfrozen 1 14\nfrozen s1 " +
                   std::string(generation == std::string("2") ? "1" : "2") + " 1@14\n");
        const std::string said = leader.run("exited 0\nexited 1\nwait 500");
        EXPECT_TRUE(holds(said, "a < StartTask worker-0/" + std::string(generation))) << said;
        leader.run("ready 0 60000 10\nready 1 60000 10\nready s0\n");
        leader.run("frozen 0 10 0\nfrozen 1 10 0\nfrozen s0 0\nfrozen s1 1 1@14\n" + kEntered);
        EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 10u);
        EXPECT_EQ(snapshotOf(leader).state, RunState::Training);
    }
}

/// A worker gives another one the parameters, and not what servers need besides.
TEST(Servers, areNotFilledByAWorkerThatWasGivenTheCheckpoint) {
    CoordinatorScript leader;
    leader.run(kToTraining + "written 0 10\nwritten 1 10\nsteps 0 14\nexited s0\n");
    leader.run("frozen 0 14\nfrozen 1 14\nfrozen s1 1 1@14\nexited 0\nexited 1\nwait 500\n");
    leader.run("ready 0 60000 10\nready 1 60000 0 it is damaged\nready s0\n");
    leader.run("frozen 0 10 0\nfrozen 1 0 0\nfrozen s0 0\nfrozen s1 1 1@14\n");
    ASSERT_EQ(snapshotOf(leader).memberships.back().baseStep, 10u);
    // Worker-1 has got the parameters, and nobody has entered yet, when the other one dies.
    leader.run("exited 0\nfrozen 1 10 0\nfrozen s0 0\nfrozen s1 1 1@14\n");
    EXPECT_EQ(snapshotOf(leader).memberships.size(), 2u) << membersOf(leader);
    leader.run("wait 500\nready 0 60000 10\nfrozen 0 10 0\nfrozen 1 10 0\nfrozen s0 0\nfrozen s1 1 1@14\n");
    ASSERT_EQ(snapshotOf(leader).memberships.size(), 3u);
    EXPECT_EQ(membersOf(leader), "worker-0*1 worker-1*1 server-0*1 server-1*1");
}

TEST(Servers, goingBackWaitsForAServer) {
    CoordinatorScript leader;
    leader.run(
        "up a b c\nsubmit 2 1\nready 0\nready 1\nready s0\nentered 0\nentered 1\nentered s0\n"
        "written 0 10\nwritten 1 10\nsteps 0 14\nrefused c\nfrees c\nfrozen 0 14\nfrozen 1 14\n");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Paused);
    leader.run(
        "resume\nfrozen 0 14\nfrozen 1 14\nexited 0\nexited 1\nwait 500\n"
        "ready 0 60000 10\nready 1 60000 10\nfrozen 0 10 0\nfrozen 1 10 0\n");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Paused);
    EXPECT_EQ(snapshotOf(leader).incidents.back().incident.whatPhrase.kind, "no-server-there");
    EXPECT_EQ(leader.run("wait 200000"), "");
    leader.run("up c\nwait 500\nready s0\n");
    EXPECT_EQ(membersOf(leader), "worker-0*1 worker-1*1 server-0*1");
    EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 10u);
}

TEST(Servers, allServersFailingInWordsEndsTheRun) {
    CoordinatorScript leader;
    leader.run(kPlaced + "failed s0 io\nfailed s1 io");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Failed);
    EXPECT_EQ(snapshotOf(leader).finished->cause, "server-1 on node-b failed: no more io.");
}

TEST(Servers, aServerThatMovesHandsItsShardsOverAndLeaves) {
    CoordinatorScript leader;
    leader.run(kToTraining);
    EXPECT_EQ(leader.run("move s0 b"), "refused: Another server of the run is on node-b.\n");
    EXPECT_TRUE(holds(leader.run("move s0 a"), "a < StartTask server-0/2"));
    leader.run(
        "ready s0\nwait 500\nfrozen 0 5\nfrozen 1 5\nfrozen s0/1 1 0@5\nfrozen s1 1 1@5\nfrozen s0/2 0\n");
    EXPECT_EQ(membersOf(leader), "worker-0*1 worker-1*1 server-0*0 server-0*1 server-1*1");
    const std::string said = leader.run("entered 0\nentered 1\nentered s0/1\nentered s0/2\nentered s1\n");
    EXPECT_TRUE(holds(said, "a < Freeze 3 \"a task moves\"")) << said;
    const std::string last =
        leader.run("frozen 0 5\nfrozen 1 5\nfrozen s0/1 2\nfrozen s1 2 1@5\nfrozen s0/2 2 0@5");
    EXPECT_TRUE(holds(last, "c < KillTask server-0 \"it was moved\"")) << last;
    EXPECT_EQ(membersOf(leader), "worker-0*1 worker-1*1 server-0*1 server-1*1");
    EXPECT_EQ(snapshotOf(leader).tasks.at(TaskId("server-0")).node, NodeId("node-a"));
}

TEST(Servers, whoIsToTakeOverAndDiesLeavesTheMembershipInWhichItWasGivenTheShards) {
    CoordinatorScript leader;
    leader.run(kToTraining + "move s0 a\nready s0\nwait 500\n");
    leader.run("frozen 0 5\nfrozen 1 5\nfrozen s0/1 1 0@5\nfrozen s1 1 1@5\nfrozen s0/2 0\n");
    const std::string said = leader.run("exited s0/2");
    EXPECT_NE(said.find("c < Freeze 3"), std::string::npos) << said;
    leader.run("frozen 0 5 1\nfrozen 1 5 1\nfrozen s0/1 1 0@5\nfrozen s1 1 1@5\n");
    EXPECT_EQ(membersOf(leader), "worker-0*1 worker-1*1 server-0*1 server-1*1");
    EXPECT_EQ(snapshotOf(leader).memberships.back().members[2].generation, 1u);
}

TEST(Servers, aDrainedOneGivesItsShardsToTheOthersFirst) {
    CoordinatorScript leader;
    leader.run(kToTraining + "drain c\nfrozen 0 5\nfrozen 1 5\nfrozen s0 1 0@5\nfrozen s1 1 1@5\n");
    EXPECT_EQ(membersOf(leader), "worker-0*1 worker-1*1 server-0*0 server-1*1");
    const std::string said =
        leader.run(kEntered + "frozen 0 5\nfrozen 1 5\nfrozen s0 2\nfrozen s1 2 0@5 1@5");
    EXPECT_TRUE(holds(said, "c < KillTask server-0 \"its node is drained\"")) << said;
    EXPECT_EQ(membersOf(leader), "worker-0*1 worker-1*1 server-1*1");
    CoordinatorScript backed;
    backed.run(kTrainsWithBackup + "drain c\nfrozen 0 5\nfrozen 1 5\nfrozen s0 1 0@5 1@5\n");
    backed.run("frozen s1 1 0@5 1@5");
    EXPECT_EQ(membersOf(backed), "worker-0*1 worker-1*1 server-1*1") << "nobody needs what it has";
}

TEST(Servers, theLastServerOrWorkerOfARunIsMovedBeforeItsNodeIsDrained) {
    CoordinatorScript leader;
    leader.run("up a b c\nsubmit 2 1\nready 0\nready 1\nready s0\nentered 0\nentered 1\nentered s0\n");
    EXPECT_NE(leader.run("drain c").find("has no other server than server-0 on node-c. Move server-0 to"),
              std::string::npos);
    EXPECT_EQ(leader.run("drain a").find("refused"), std::string::npos);
}

TEST(Servers, whoIsLeftAndDrainedServesUntilAnotherIsThere) {
    CoordinatorScript leader;
    leader.run(kTrainsWithBackup + "drain c\nexited s1\nfrozen 0 5\nfrozen 1 5\nfrozen s0 1 0@5 1@5");
    EXPECT_EQ(membersOf(leader), "worker-0*1 worker-1*1 server-0*1");
    leader.run(kEntered + "ready s1\nwait 500\nfrozen 0 6\nfrozen 1 6\nfrozen s0 2 0@6 1@6\nfrozen s1 0");
    EXPECT_EQ(membersOf(leader), "worker-0*1 worker-1*1 server-0*0 server-1*1");
}

TEST(Servers, onlyWorkersAreAskedToStopAndComeToAnEnd) {
    CoordinatorScript leader;
    leader.run(kToTraining);
    const std::string said = leader.run("stop");
    EXPECT_TRUE(holds(said, "a < StopWork \"stopped on request\"")) << said;
    EXPECT_EQ(said.find("c < StopWork"), std::string::npos) << said;
    const std::string end = leader.run("finished 0 same stopped\nfinished 1 same stopped");
    EXPECT_TRUE(holds(end, "! finished as stopped \"stopped on request\"")) << end;
    EXPECT_TRUE(holds(end, "c < KillTask server-0 \"the run is finished\"")) << end;
    EXPECT_TRUE(holds(end, "! model on node-a")) << end;
}

TEST(Servers, areNotLateWhenWorkersComeToAnEnd) {
    CoordinatorScript leader;
    leader.run(kToTraining + "finished 0");
    const std::string said = leader.run("wait 61000");
    EXPECT_NE(said.find("worker-1 on node-b did not come to an end in time"), std::string::npos) << said;
    EXPECT_EQ(said.find("server-0 on node-c did not"), std::string::npos) << said;
}

TEST(Servers, haveNoPartInTheWorkThatIsSharedOutBySpeed) {
    CoordinatorScript leader;
    leader.run(kToTraining + "wait 11000\ntimed 0 30 300 900\n");
    leader.run("frozen 0 33\nfrozen 1 33\nfrozen s0 1 0@33\nfrozen s1 1 1@33");
    const auto& members = snapshotOf(leader).memberships.back().members;
    ASSERT_EQ(snapshotOf(leader).memberships.size(), 2u);
    EXPECT_GT(members[0].share, members[1].share);
    EXPECT_EQ(members[2].share, 1u);
    EXPECT_EQ(members[3].share, 1u);
}

TEST(Servers, anotherLeaderTakesThemUp) {
    CoordinatorScript before;
    before.run(kToTraining);
    CoordinatorScript leader;
    leader.adopt(before);
    leader.run("up a b c\nfrozen 0 3 1\nfrozen 1 3 1\nfrozen s0 1 0@3\nfrozen s1 1 1@2+\n");
    EXPECT_EQ(membersOf(leader), "worker-0*1 worker-1*1 server-0*1 server-1*1");
    leader.run(kEntered);
    EXPECT_EQ(snapshotOf(leader).state, RunState::Training);
}

TEST(Servers, pausedTheyKeepWhatTheyHave) {
    CoordinatorScript leader;
    leader.run(kToTraining + "pause\nfrozen 0 3\nfrozen 1 3\nfrozen s0 1 0@3\nfrozen s1 1 1@3");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Paused);
    leader.run("resume\nfrozen 0 3\nfrozen 1 3\nfrozen s0 1 0@3\nfrozen s1 1 1@3\n" + kEntered);
    EXPECT_EQ(snapshotOf(leader).state, RunState::Training);
}

}  // namespace
}  // namespace longship
