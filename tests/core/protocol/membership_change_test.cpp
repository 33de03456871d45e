#include <gtest/gtest.h>

#include "tests/core/protocol/coordinator_script.h"

// What the leader does when a membership has to change.
namespace longship {
namespace {

using test::CoordinatorScript;

const std::string kToReady = "up a b c\nsubmit\nready 0\nready 1\nready 2\n";
const std::string kEntered = "entered 0\nentered 1\nentered 2\n";
const std::string kToTraining = kToReady + kEntered + "steps 0 3\n";
const std::string kKilled = "exited 1 killed by signal 9 (SIGKILL)\n";
const std::string kOthersFrozen = "frozen 0 3\nfrozen 2 3\n";
const std::string kOthersEnter = "entered 0\nentered 2\n";

const RunSnapshot& snapshotOf(CoordinatorScript& leader) {
    return leader.coordinator().runs().at(leader.lastRun());
}

std::string causeOf(const CoordinatorScript& leader) {
    const auto* finished = std::get_if<RunFinished>(&leader.events().back().body);
    return finished == nullptr ? "not finished" : finished->cause;
}

TEST(MembershipChange, freezesTheOthersAndStartsTheDeadOneAgain) {
    CoordinatorScript leader;
    leader.run(kToTraining);
    EXPECT_EQ(leader.run(kKilled), R"~(! worker-1 on node-b exited "killed by signal 9 (SIGKILL)"
! incident at node-b worker-1 "worker-1 on node-b ended: killed by signal 9 (SIGKILL)"
! recovering
! worker-1 on node-b starting
a < Freeze 2 "worker-1 on node-b ended: killed by signal 9 (SIGKILL)"
c < Freeze 2 "worker-1 on node-b ended: killed by signal 9 (SIGKILL)"
b < StartTask worker-1/2
)~");
    EXPECT_EQ(leader.run("frozen 0 3\nwait 500"), "");
    EXPECT_EQ(leader.run("frozen 2 3"), R"~(! membership 2 of 2 from step 3
a < AssignMembership 2: worker-0@node-a worker-2@node-c
c < AssignMembership 2: worker-0@node-a worker-2@node-c
)~");
    EXPECT_EQ(leader.run(kOthersEnter),
              "! worker-0 on node-a running\n! worker-2 on node-c running\n! training\n");
}

TEST(MembershipChange, anIncidentIsOverWithTheFirstFinalStepOfTheNextMembership) {
    CoordinatorScript leader;
    leader.run(kToTraining + kKilled + "wait 250\n" + kOthersFrozen + kOthersEnter);
    EXPECT_EQ(leader.run("wait 250\nsteps 0 4"),
              "! incident 16 resolved \"training goes on with 2 workers\"\n");
    ASSERT_EQ(snapshotOf(leader).incidents.size(), 1u);
    const TimedIncident& incident = snapshotOf(leader).incidents[0];
    EXPECT_NE(incident.incident.why.find("memory"), std::string::npos) << incident.incident.why;
    EXPECT_EQ(incident.incident.lastLog, "the end of its log");
    EXPECT_DOUBLE_EQ(incident.resolved->secondsLost, 0.5);
    EXPECT_EQ(incident.resolved->stepsRedone, 1u);
    EXPECT_EQ(incident.resolved->membership, 2u);
}

/// Whatever the leader's own clock says: it may have been away meanwhile.
TEST(MembershipChange, timeIsLostFromTheLastStepBeforeToTheFirstOneAfter) {
    CoordinatorScript leader;
    leader.run(kToReady + kEntered + "steps 0 3 1000\n" + kKilled + kOthersFrozen + kOthersEnter);
    leader.run("steps 0 4 1430");
    const TimedIncident& incident = snapshotOf(leader).incidents.at(0);
    ASSERT_TRUE(incident.resolved);
    EXPECT_DOUBLE_EQ(incident.resolved->secondsLost, 0.4);
    EXPECT_EQ(incident.incident.whatPhrase.kind, "task-killed");
    EXPECT_EQ(incident.incident.actionPhrase.kind, "started-again");
    EXPECT_EQ(incident.resolved->actionPhrase, (Phrase{"goes-on", {"2"}}));
}

TEST(MembershipChange, aNewLeaderLearnsTheLastStepFromTheFrozen) {
    CoordinatorScript leader;
    leader.run(kToReady + kEntered + "steps 0 3 1000\n" + kKilled);
    leader.run("frozen 0 9 1 2000\nfrozen 2 9 1 1990\n" + kOthersEnter + "wait 250\nsteps 0 1 5400");
    const TimedIncident& incident = snapshotOf(leader).incidents.at(0);
    ASSERT_TRUE(incident.resolved);
    EXPECT_DOUBLE_EQ(incident.resolved->secondsLost, 3.4);
}

TEST(MembershipChange, theOneThatWasStartedAgainJoinsWithoutState) {
    CoordinatorScript leader;
    leader.run(kToTraining + kKilled + kOthersFrozen + kOthersEnter);
    EXPECT_EQ(leader.run("ready 1\nwait 250"), "! worker-1 on node-b ready\n");
    leader.run("wait 250");
    EXPECT_EQ(leader.run("frozen 0 5\nfrozen 2 5\nfrozen 1 9 2"), R"~(! membership 3 of 3 from step 5
a < AssignMembership 3: worker-0@node-a worker-2@node-c worker-1/2@node-b (no state)
c < AssignMembership 3: worker-0@node-a worker-2@node-c worker-1/2@node-b (no state)
b < AssignMembership 3: worker-0@node-a worker-2@node-c worker-1/2@node-b (no state)
)~");
}

TEST(MembershipChange, whoIsBehindGetsTheStateAndRankZeroHasIt) {
    CoordinatorScript leader;
    leader.run(kToTraining + kKilled);
    EXPECT_EQ(leader.run("frozen 0 3\nfrozen 2 4"), R"~(! membership 2 of 2 from step 4
a < AssignMembership 2: worker-2@node-c worker-0@node-a (no state)
c < AssignMembership 2: worker-2@node-c worker-0@node-a (no state)
)~");
}

TEST(MembershipChange, aSecondDeathMeanwhileIsJustNotWaitedFor) {
    CoordinatorScript leader;
    leader.run(kToTraining + kKilled + "frozen 0 3\nexited 2");
    EXPECT_EQ(snapshotOf(leader).memberships.size(), 2u);
    EXPECT_EQ(snapshotOf(leader).memberships.back().members.size(), 1u);
    leader.run("entered 0");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Training);
}

TEST(MembershipChange, aDeathWhileEnteringLeavesThatMembershipToo) {
    CoordinatorScript leader;
    leader.run(kToTraining + kKilled + kOthersFrozen);
    leader.run("entered 0\nexited 2\nfrozen 0 3 2");
    EXPECT_EQ(snapshotOf(leader).memberships.size(), 3u);
    EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 3u);
}

TEST(MembershipChange, whoDoesNotAnswerIsEndedAndStartedAgain) {
    CoordinatorScript leader;
    leader.run(kToTraining + kKilled + "frozen 0 3");
    EXPECT_EQ(leader.run("wait 2750").find("membership"), std::string::npos);
    const std::string said = leader.run("wait 250");
    EXPECT_NE(said.find("c < KillTask worker-2 \"worker-2 on node-c did not answer"), std::string::npos)
        << said;
    EXPECT_NE(said.find("! membership 2 of 1 from step 3"), std::string::npos) << said;
    EXPECT_NE(leader.run("exited 2\nwait 250").find("c < StartTask worker-2/2"), std::string::npos);
}

TEST(MembershipChange, answersToAnotherFreezeDoNotCount) {
    CoordinatorScript leader;
    leader.run(kToTraining + kKilled + kOthersFrozen + kOthersEnter + "exited 2");
    const TaskKey key{leader.lastRun(), TaskId("worker-0"), 1};
    leader.coordinator().handle(NodeId("node-a"), Frozen{key, 2, 1, 3, "node-a", "key"}, leader.now(), {});
    EXPECT_EQ(snapshotOf(leader).memberships.size(), 2u);
    leader.run("frozen 0 4");
    EXPECT_EQ(snapshotOf(leader).memberships.size(), 3u);
}

TEST(MembershipChange, ordersToFreezeAreRepeated) {
    CoordinatorScript leader;
    leader.run(kToTraining + kKilled + "frozen 0 3");
    EXPECT_EQ(leader.run("wait 1000"),
              "c < Freeze 2 \"worker-1 on node-b ended: killed by signal 9 (SIGKILL)\"\n");
}

TEST(MembershipChange, aRunWithoutAnybodyWhoHasItsStateFails) {
    CoordinatorScript leader;
    leader.run("up a b c\nsubmit 1\nready 0\nentered 0\nsteps 0 3\nexited 0 exit status 3");
    EXPECT_EQ(causeOf(leader), "worker-0 on node-a ended: exit status 3");
    ASSERT_EQ(snapshotOf(leader).incidents.size(), 1u);
    EXPECT_NE(snapshotOf(leader).incidents[0].incident.action.find("ended"), std::string::npos);
    CoordinatorScript joined;  // The one that is left only joined.
    joined.run("up a b c\nsubmit 2\nready 0\nready 1\nentered 0\nentered 1\nexited 1\nfrozen 0 2\nentered 0");
    joined.run("ready 1\nwait 500\nexited 0\nfrozen 1 0 0");
    EXPECT_EQ(causeOf(joined),
              "worker-0 on node-a ended: exit status 0; no other worker has the state of the run");
}

TEST(MembershipChange, aLostNodeTakesItsTaskWithItAndBringsItBack) {
    CoordinatorScript leader;
    leader.run(kToTraining + "silent b");
    EXPECT_EQ(leader.run("wait 2750"), "");
    EXPECT_EQ(leader.run("wait 250"),
              R"~(! incident at node-b "node-b was lost: nothing was heard from its agent for 3.0 s"
! worker-1 on node-b unplaced "nothing was heard from its agent for 3.0 s"
! recovering
a < Freeze 2 "node-b was lost: nothing was heard from its agent for 3.0 s"
c < Freeze 2 "node-b was lost: nothing was heard from its agent for 3.0 s"
)~");
    leader.run(kOthersFrozen + kOthersEnter);
    EXPECT_EQ(leader.run("frees b\nup b\nwait 250"), R"~(! worker-1 on node-b starting
b < StartTask worker-1/2
)~");
}

TEST(MembershipChange, aWorkerThatSurvivedTheLossOfItsNodeComesBackButItsStateDoesNotCount) {
    CoordinatorScript leader;
    leader.run(kToTraining + "refused b\n" + kOthersFrozen + kOthersEnter);
    EXPECT_EQ(leader.run("up b"), R"~(! worker-1 on node-b ready "its node is back"
! recovering
a < Freeze 3 "node-b is back"
b < Freeze 3 "node-b is back"
c < Freeze 3 "node-b is back"
)~");
    leader.run("frozen 0 8\nfrozen 2 8\nfrozen 1 9 1");
    EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 8u);
    EXPECT_EQ(snapshotOf(leader).memberships.back().members.back().task, TaskId("worker-1"));
}

TEST(MembershipChange, waitsForAStateThatMayComeBack) {
    CoordinatorScript leader;
    leader.run(
        "up a b c\nsubmit 2\nready 0\nready 1\nentered 0\nentered 1\nrefused a\nfrozen 1 3\nentered 1");
    leader.run("refused b");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Paused);
    leader.run("up b\nfrozen 1 4");
    EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 4u);
    leader.run("entered 1");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Training);
}

TEST(MembershipChange, aComplaintWaitsForItsCause) {
    CoordinatorScript leader;
    leader.run(kToTraining);
    EXPECT_EQ(leader.run("broken 0\nbroken 2\nwait 250"), "");
    leader.run("exited 1 exit status 3");
    EXPECT_EQ(snapshotOf(leader).incidents[0].incident.what, "worker-1 on node-b ended: exit status 3");
    CoordinatorScript nobody;
    nobody.run(kToTraining + "broken 2");
    EXPECT_EQ(nobody.run("wait 500"), R"~(! recovering
a < Freeze 2 "worker-2 on node-c lost its connection: a peer is gone."
b < Freeze 2 "worker-2 on node-c lost its connection: a peer is gone."
c < Freeze 2 "worker-2 on node-c lost its connection: a peer is gone."
)~");
    nobody.run("frozen 0 3\nfrozen 1 3\nfrozen 2 3");
    EXPECT_EQ(snapshotOf(nobody).memberships.back().members.size(), 3u);
}

TEST(MembershipChange, twoThatCannotReachEachOtherTwiceAreKeptApartForAWhile) {
    CoordinatorScript leader;
    leader.run(kToTraining + "broken 1 2\nwait 500\nfrozen 0 3\nfrozen 1 3\nfrozen 2 3\n");
    leader.run("broken 2 1\nwait 500\nfrozen 0 3\nfrozen 1 3\nfrozen 2 3\n");
    const auto& members = snapshotOf(leader).memberships.back().members;
    ASSERT_EQ(members.size(), 2u);
    EXPECT_EQ(members[1].task, TaskId("worker-1"));
    leader.run("entered 0\nentered 1\nwait 4000");
    EXPECT_EQ(snapshotOf(leader).memberships.size(), 3u);
    leader.run("wait 1500\nfrozen 0 9\nfrozen 1 9\nfrozen 2 3 1\n");
    EXPECT_EQ(snapshotOf(leader).memberships.back().members.size(), 3u);
}

TEST(MembershipChange, aSilentLinkIsNamedAndOneOfItsEndsStaysOutAtOnce) {
    CoordinatorScript leader;
    leader.run(kToTraining + "broken 1 ~2\nbroken 2 ~1\nbroken 0 1\nwait 500");
    ASSERT_EQ(snapshotOf(leader).incidents.size(), 1u);
    EXPECT_EQ(snapshotOf(leader).incidents[0].incident.what,
              "worker-1 on node-b and worker-2 on node-c cannot reach each other");
    leader.run("frozen 0 3\nfrozen 1 3\nfrozen 2 3");
    const auto& members = snapshotOf(leader).memberships.back().members;
    ASSERT_EQ(members.size(), 2u);
    EXPECT_EQ(members[0].task, TaskId("worker-0"));
    EXPECT_EQ(members[1].task, TaskId("worker-1"));
    leader.run("entered 0\nentered 1\nsteps 0 4");
    EXPECT_TRUE(snapshotOf(leader).incidents[0].resolved.has_value());
    // It is tried again, and stays out for twice as long when the link is silent still. That is told once.
    leader.run("wait 5500\nfrozen 0 9\nfrozen 1 9\nfrozen 2 3 1\n");
    EXPECT_EQ(snapshotOf(leader).memberships.back().members.size(), 3u);
    leader.run("broken 1 ~2\nbroken 2 ~1\nwait 500\nfrozen 0 9\nfrozen 1 9\nfrozen 2 3 1\n");
    EXPECT_EQ(snapshotOf(leader).memberships.back().members.size(), 2u);
    EXPECT_EQ(snapshotOf(leader).incidents.size(), 1u);
}

TEST(MembershipChange, whoCannotReachSeveralIsTheOneWhoLeaves) {
    CoordinatorScript leader;
    leader.run(kToTraining + "broken 1 ~0\nbroken 0 ~1 ~2\nbroken 2 ~0\nwait 500");
    leader.run("frozen 0 3\nfrozen 1 3\nfrozen 2 3");
    const auto& members = snapshotOf(leader).memberships.back().members;
    ASSERT_EQ(members.size(), 2u);
    EXPECT_EQ(members[0].task, TaskId("worker-1"));
    EXPECT_EQ(members[1].task, TaskId("worker-2"));
}

TEST(MembershipChange, aSilentLinkToASilentNodeIsThatNodesLoss) {
    CoordinatorScript leader;
    leader.run(kToTraining + "silent b\nwait 2000");
    EXPECT_EQ(leader.run("broken 0 ~1\nbroken 2 ~1\nwait 750"), "");
    leader.run("wait 250\nfrozen 0 3\nfrozen 2 3");
    ASSERT_EQ(snapshotOf(leader).incidents.size(), 1u);
    EXPECT_NE(snapshotOf(leader).incidents[0].incident.what.find("node-b was lost"), std::string::npos);
    EXPECT_EQ(snapshotOf(leader).memberships.back().members.size(), 2u);
}

std::vector<std::uint32_t> sharesOf(CoordinatorScript& leader) {
    std::vector<std::uint32_t> shares;
    for (const Member& member : snapshotOf(leader).memberships.back().members) {
        shares.push_back(member.share);
    }
    return shares;
}

TEST(MembershipChange, whoIsFasterGetsMoreOfTheWorkWithoutAnIncident) {
    CoordinatorScript leader;
    leader.run(kToReady + kEntered);
    EXPECT_EQ(leader.run("wait 9000\ntimed 0 20 300 300 900"), "");
    EXPECT_EQ(leader.run("wait 1250\ntimed 0 1 300 300 900"),
              R"~(a < Freeze 2 "the work is shared out by speed"
b < Freeze 2 "the work is shared out by speed"
c < Freeze 2 "the work is shared out by speed"
)~");
    EXPECT_EQ(leader.run("frozen 0 21\nfrozen 1 21\nfrozen 2 21\n" + kEntered).find("training"),
              std::string::npos);
    const auto shares = sharesOf(leader);
    ASSERT_EQ(shares.size(), 3u);
    EXPECT_NEAR(shares[0] / double(shares[2]), 3, 0.5);
    EXPECT_NEAR(shares[1] / double(shares[2]), 3, 0.5);
    EXPECT_TRUE(snapshotOf(leader).incidents.empty());
    EXPECT_EQ(snapshotOf(leader).state, RunState::Training);
    // The shares stay with their owners through other changes, and under another leader.
    leader.run("exited 1\nfrozen 0 22\nfrozen 2 22\nentered 0\nentered 2");
    EXPECT_EQ(sharesOf(leader), (std::vector{shares[0], shares[2]}));
    EXPECT_EQ(snapshotOf(leader).state, RunState::Training);
    CoordinatorScript next;
    next.adopt(leader);
    next.run("up a b c\nfrozen 0 23\nfrozen 2 23\nentered 0\nentered 2");
    EXPECT_EQ(sharesOf(next), (std::vector{shares[0], shares[2]}));
}

TEST(MembershipChange, aDeathWhileTheWorkIsSharedOutIsToldAsSuch) {
    CoordinatorScript leader;
    leader.run(kToReady + kEntered + "timed 0 20 300 300 900\nwait 10000\ntimed 0 1 300 300 900");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Training);
    leader.run("frozen 0 21\nexited 1");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Recovering);
    leader.run("frozen 2 21\nentered 0\nentered 2");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Training);
    EXPECT_EQ(snapshotOf(leader).memberships.back().members.size(), 2u);
}

TEST(MembershipChange, whoFollowsIsNoHeirUntilItHasCaughtUp) {
    CoordinatorScript leader;
    leader.run("up a b c\nsubmit 1\nready 0\nentered 0\nsteps 0 3\nmove 0 b\nready 0/2\nwait 500");
    leader.run("frozen 0/1 3\nfrozen 0/2 0 0");
    ASSERT_EQ(snapshotOf(leader).memberships.back().members.size(), 2u);
    leader.run("entered 0/1\nfollows 0/2");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Training);
    EXPECT_EQ(leader.run("wait 5000"), "") << "the old one works on until the new one has the state";
    EXPECT_NE(leader.run("entered 0/2").find("Freeze 3 \"a task moves\""), std::string::npos);
    leader.run("frozen 0/1 9\nfrozen 0/2 9");
    ASSERT_EQ(snapshotOf(leader).memberships.back().members.size(), 1u);
    EXPECT_EQ(snapshotOf(leader).memberships.back().members[0].generation, 2u);
}

TEST(MembershipChange, membershipsThatNobodyEntersEndInAQuestion) {
    CoordinatorScript leader;
    leader.run(kToReady);
    for (int attempt = 0; attempt < 3; ++attempt) {
        leader.run("broken 0\nwait 500\nfrozen 0 0 0\nfrozen 1 0 0\nfrozen 2 0 0");
    }
    EXPECT_EQ(snapshotOf(leader).state, RunState::Paused);
    EXPECT_FALSE(snapshotOf(leader).incidents.back().incident.choices.empty());
}

TEST(MembershipChange, aTaskThatDiesAgainAndAgainStaysOff) {
    CoordinatorScript leader;
    leader.run(kToTraining + kKilled + kOthersFrozen + kOthersEnter);
    EXPECT_NE(leader.run(kKilled).find("StartTask worker-1/3"), std::string::npos);
    EXPECT_EQ(leader.run(kKilled).find("StartTask"), std::string::npos);
    EXPECT_NE(snapshotOf(leader).incidents.back().incident.action.find("stays off"), std::string::npos);
    leader.run("steps 0 5\nfinished 0\nfinished 2");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Completed);
}

TEST(MembershipChange, aFailureOfAllWorkersIsTheRuns) {
    CoordinatorScript leader;
    leader.run("up a b c\nsubmit\nfailed 0 disk\nfailed 1 disk");
    EXPECT_EQ(causeOf(leader), "not finished");
    leader.run("failed 2 disk");
    EXPECT_EQ(causeOf(leader), "worker-2 on node-c failed: no more disk.");
}

TEST(MembershipChange, aStepThatKillsWorkerAfterWorkerPausesTheRun) {
    CoordinatorScript leader;
    leader.run(kToTraining + kKilled + kOthersFrozen + kOthersEnter + "exited 2\n");
    leader.run("frozen 0 3");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Paused);
    const IncidentRaised& incident = snapshotOf(leader).incidents.back().incident;
    EXPECT_EQ(incident.what, "workers were lost twice in a row while they computed step 3");
    EXPECT_EQ(incident.choices, (std::vector<std::string>{"go-on", "stop"}));
    leader.run("resume\nfrozen 0 3");
    EXPECT_EQ(snapshotOf(leader).memberships.size(), 3u);
}

TEST(MembershipChange, underAskTheRunWaitsForADecision) {
    CoordinatorScript leader;
    leader.run("policy ask\n" + kToTraining + kKilled + kOthersFrozen);
    EXPECT_EQ(snapshotOf(leader).state, RunState::Paused);
    EXPECT_EQ(snapshotOf(leader).incidents[0].incident.choices,
              (std::vector<std::string>{"go-on", "move", "stop"}));
    EXPECT_EQ(leader.run("wait 60000"), "");
    EXPECT_EQ(leader.run("resume"), R"~(! recovering
a < Freeze 2 "resumed on request"
c < Freeze 2 "resumed on request"
)~");
    leader.run(kOthersFrozen + kOthersEnter);
    EXPECT_EQ(snapshotOf(leader).state, RunState::Training);
}

TEST(MembershipChange, underAskALostNodeThatIsBackAnswersTheQuestion) {
    CoordinatorScript leader;
    leader.run("policy ask\n" + kToTraining + "refused b\n" + kOthersFrozen);
    EXPECT_EQ(snapshotOf(leader).state, RunState::Paused);
    leader.run("frees b\nup b\nwait 250\nready 1\nfrozen 0 3\nfrozen 2 3\nfrozen 1 0 0");
    EXPECT_EQ(snapshotOf(leader).memberships.back().members.size(), 3u);
}

TEST(MembershipChange, pausesAndResumesOnRequest) {
    CoordinatorScript leader;
    leader.run(kToTraining);
    EXPECT_TRUE(leader.run("resume").starts_with("refused: The run "));
    leader.run("pause\nfrozen 0 3\nfrozen 1 3\nfrozen 2 3");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Paused);
    EXPECT_EQ(leader.run("wait 100000"), "");
    leader.run("resume\nfrozen 0 3\nfrozen 1 3\nfrozen 2 3\n" + kEntered);
    EXPECT_EQ(snapshotOf(leader).state, RunState::Training);
    EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 3u);
}

TEST(MembershipChange, aPausedRunCanBeStoppedWithItsModel) {
    CoordinatorScript leader;
    leader.run(kToTraining + "pause\nfrozen 0 3\nfrozen 1 3\nfrozen 2 3");
    leader.run("stop\nfrozen 0 3\nfrozen 1 3\nfrozen 2 3\n");
    EXPECT_NE(leader.run(kEntered).find("a < StopWork"), std::string::npos);
    leader.run("finished 0 same stopped\nfinished 1 same stopped\nfinished 2 same stopped");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Stopped);
    EXPECT_TRUE(snapshotOf(leader).model.has_value());
}

TEST(MembershipChange, movesATaskOnceItsSuccessorIsReady) {
    CoordinatorScript leader;
    leader.run("up a b c\nsubmit 2\nready 0\nready 1\nentered 0\nentered 1\nsteps 0 3");
    EXPECT_EQ(leader.run("move 1 c"), R"~(! worker-1 on node-b running "moves to node-c"
c < StartTask worker-1/2
)~");
    EXPECT_EQ(leader.run("ready 1/2\nwait 250"), "");
    leader.run("wait 250");
    EXPECT_EQ(leader.run("frozen 0 6\nfrozen 1/1 6\nfrozen 1/2 0 0"), R"~(! membership 2 of 2 from step 6
! worker-1 on node-c ready
a < AssignMembership 2: worker-0@node-a worker-1/2@node-c (no state)
c < AssignMembership 2: worker-0@node-a worker-1/2@node-c (no state)
b < KillTask worker-1 "it was moved"
)~");
    EXPECT_EQ(snapshotOf(leader).tasks.at(TaskId("worker-1")).node, NodeId("node-c"));
}

TEST(MembershipChange, theOnlyOneWithStateHandsItOverBeforeItLeaves) {
    CoordinatorScript leader;
    leader.run("up a b c\nsubmit 1\nready 0\nentered 0\nsteps 0 3\nmove 0 c\nready 0/2\nwait 500");
    EXPECT_EQ(leader.run("frozen 0/1 6\nfrozen 0/2 0 0"), R"~(! membership 2 of 2 from step 6
a < AssignMembership 2: worker-0@node-a worker-0/2@node-c (no state)
c < AssignMembership 2: worker-0@node-a worker-0/2@node-c (no state)
)~");
    leader.run("entered 0/1\nentered 0/2");
    EXPECT_EQ(leader.run("frozen 0/1 6\nfrozen 0/2 6"), R"~(! membership 3 of 1 from step 6
! worker-0 on node-c ready
c < AssignMembership 3: worker-0/2@node-c
a < KillTask worker-0 "it was moved"
)~");
}

TEST(MembershipChange, aMoveThatFailsLeavesTheTaskWhereItIs) {
    CoordinatorScript leader;
    leader.run("up a b c\nsubmit 2\nready 0\nready 1\nentered 0\nentered 1\nmove 1 c");
    leader.run("exited 1/2 exit status 1");
    EXPECT_EQ(snapshotOf(leader).memberships.size(), 1u);
    EXPECT_EQ(snapshotOf(leader).state, RunState::Training);
    EXPECT_EQ(leader.run("frees c\nup c\nmove 1 c").find("refused"), std::string::npos);
}

/// Two processes with one key would be one to everybody: what was used once is never used again, whoever
/// leads.
TEST(MembershipChange, aGenerationIsNotUsedAgainByAnotherLeader) {
    CoordinatorScript before;
    before.run("up a b c\nsubmit 2\nready 0\nready 1\nentered 0\nentered 1\nmove 1 c");
    before.run("exited 1/2 exit status 1");
    EXPECT_EQ(snapshotOf(before).tasks.at(TaskId("worker-1")).next, 2u);
    CoordinatorScript leader;
    leader.adopt(before);
    leader.run(
        "up a b c\nfrozen 0 3 1\nfrozen 1/1 3 1\nentered 0\nentered 1/1\nexited 1/1 killed\nfrees b\nup b");
    EXPECT_EQ(snapshotOf(leader).tasks.at(TaskId("worker-1")).generation, 3u);
}

/// A move that is under way goes on with another leader.
TEST(MembershipChange, aMoveGoesOnWithAnotherLeader) {
    CoordinatorScript before;
    before.run("up a b c\nsubmit 2\nready 0\nready 1\nmove 1 c\nentered 0\nentered 1");
    const TaskView& view = snapshotOf(before).tasks.at(TaskId("worker-1"));
    EXPECT_EQ(view.next, 2u);
    EXPECT_EQ(view.goal, NodeId("node-c"));
}

TEST(MembershipChange, refusesMovesThatMakeNoSenseAndSaysWhy) {
    CoordinatorScript leader;
    leader.run(kToTraining);
    EXPECT_EQ(leader.run("move 1 b"), "refused: worker-1 is on node-b already.\n");
    EXPECT_EQ(leader.run("move 1 c"), "refused: node-c has no free slot: another task is there.\n");
    EXPECT_EQ(leader.run("move 1 x"), "refused: There is no node node-x in this cluster.\n");
    EXPECT_NE(leader.run("move 7 c").find("has no task worker-7"), std::string::npos);
}

TEST(MembershipChange, anUnplacedTaskIsStartedWhereItIsMovedTo) {
    CoordinatorScript leader;
    leader.run(
        "up a b c\nsubmit 2\nready 0\nready 1\nentered 0\nentered 1\nrefused b\nfrozen 0 3\nentered 0");
    EXPECT_EQ(leader.run("move 1 c"),
              "! worker-1 on node-b unplaced \"moves to node-c\"\nc < StartTask worker-1/2\n");
    leader.run("ready 1\nwait 500\nfrozen 0 5\nfrozen 1 0 0");
    EXPECT_EQ(snapshotOf(leader).memberships.back().members.size(), 2u);
    EXPECT_EQ(leader.run("up b").find("Freeze"), std::string::npos);  // Another has its task now.
}

TEST(MembershipChange, drainingLetsATaskGoAndUndrainingBringsItBack) {
    CoordinatorScript leader;
    leader.run(kToTraining + "drain b\n");
    EXPECT_EQ(leader.run("frozen 0 3\nfrozen 1 3\nfrozen 2 3"), R"~(! membership 2 of 2 from step 3
! worker-1 on node-b unplaced "its node is drained"
a < AssignMembership 2: worker-0@node-a worker-2@node-c
c < AssignMembership 2: worker-0@node-a worker-2@node-c
b < KillTask worker-1 "its node is drained"
)~");
    leader.run(kOthersEnter + "exited 1\nfrees b\nup b");
    EXPECT_EQ(leader.run("wait 1000"), "");
    EXPECT_TRUE(leader.coordinator().nodes(leader.now())[1].drained);
    EXPECT_EQ(leader.run("undrain b"), "! worker-1 on node-b starting\nb < StartTask worker-1/2\n");
}

TEST(MembershipChange, aDrainedNodeTakesNoRun) {
    CoordinatorScript leader;
    leader.run("up a b c\ndrain b");
    EXPECT_EQ(leader.run("submit").find("node-b"), std::string::npos);
}

TEST(MembershipChange, refusesToDrainTheLastWorker) {
    CoordinatorScript leader;
    leader.run("up a b c\nsubmit 1\nready 0\nentered 0");
    EXPECT_NE(leader.run("drain a").find("has no other worker"), std::string::npos);
    EXPECT_EQ(leader.coordinator().drained().size(), 0u);
}

TEST(MembershipChange, finishedWorkersDoTheirClosingAgainWhenOneDies) {
    CoordinatorScript leader;
    leader.run(kToTraining + "finished 0\n" + kKilled + "frozen 0 235\nfrozen 2 235\n" + kOthersEnter);
    EXPECT_EQ(snapshotOf(leader).memberships.back().baseStep, 235u);
    leader.run("finished 0");
    EXPECT_EQ(causeOf(leader), "not finished");
    leader.run("finished 2");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Completed);
    EXPECT_TRUE(snapshotOf(leader).incidents[0].resolved.has_value());
}

TEST(MembershipChange, aStopGoesOnInTheNextMembership) {
    CoordinatorScript leader;
    leader.run(kToTraining + "stop\n" + kKilled + kOthersFrozen);
    EXPECT_EQ(leader.run(kOthersEnter), R"~(! worker-0 on node-a running
! worker-2 on node-c running
! training
! stopping
a < StopWork "stopped on request"
c < StopWork "stopped on request"
)~");
    leader.run("finished 0 same stopped\nwait 30000");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Stopped);
    EXPECT_TRUE(snapshotOf(leader).finished->cause.starts_with("stopped on request, without a model"));
}

TEST(MembershipChange, aWorkerFrozenByItsAgentIsTakenUpAgain) {
    CoordinatorScript leader;
    leader.run(kToTraining);
    const TaskKey key{leader.lastRun(), TaskId("worker-1"), 1};
    leader.coordinator().handle(NodeId("node-b"), Frozen{key, 2, 1, 3, "node-b", "key"}, leader.now(), {});
    EXPECT_NE(leader.run("").find("wait"), 0u);
    EXPECT_EQ(snapshotOf(leader).state, RunState::Recovering);
    leader.run("wait 250\nfrozen 0 3\nfrozen 1 3\nfrozen 2 3\n");
    EXPECT_EQ(snapshotOf(leader).memberships.back().members.size(), 3u);
}

TEST(MembershipChange, losingMostOfALargeClusterAtOnceAsks) {
    CoordinatorScript leader(5);
    leader.run(
        "up a b c d e\nsubmit\nready 0\nready 1\nready 2\nready 3\nready 4\n"
        "entered 0\nentered 1\nentered 2\nentered 3\nentered 4\nsteps 0 3\n");
    leader.run("refused c\nrefused d\nrefused e\nfrozen 0 3\nfrozen 1 3");
    EXPECT_EQ(snapshotOf(leader).state, RunState::Paused);
    EXPECT_NE(snapshotOf(leader).incidents.back().incident.what.find("over half"), std::string::npos);
}

/// A report is said again until it is confirmed, also when its membership was left meanwhile: with another
/// rank its worker would have kept the model.
TEST(MembershipChange, anEndingOfAnEarlierMembershipIsNotOneOfThis) {
    CoordinatorScript leader;
    leader.run(
        "up a b\nsubmit 2\nready 0\nready 1\nentered 0\nentered 1\nfinished 1\nexited 0\nfrozen 1 235");
    EXPECT_EQ(leader.run("finished 1 same - 1"), "");
    leader.run("entered 1\nfinished 1");
    EXPECT_EQ(leader.coordinator().runs().at(leader.lastRun()).state, RunState::Completed);
}

}  // namespace
}  // namespace longship
