#include "core/protocol/coordinator.h"

#include <gtest/gtest.h>

#include "core/domain/job_yaml.h"
#include "core/protocol/limits.h"
#include "tests/core/protocol/coordinator_script.h"

namespace longship {
namespace {

using test::CoordinatorScript;

const std::string kToReady = "up a b c\nsubmit\nready 0\nready 1\nready 2\n";
const std::string kToTraining = kToReady + "entered 0\nentered 1\nentered 2\n";
const std::string kThreeKills = R"(a < KillTask worker-0 "the run is finished"
b < KillTask worker-1 "the run is finished"
c < KillTask worker-2 "the run is finished"
)";

/// Says what the leader does after `before`, when `script` happens.
void check(const std::string& before, const std::string& script, const std::string& expected) {
    CoordinatorScript leader;
    leader.run(before);
    EXPECT_EQ(leader.run(script), expected) << "after: " << script;
}

TEST(Coordinator, placesOneWorkerOnEachReadyNode) {
    check("up a b c", "submit", R"(! queued
! preparing
! worker-0 on node-a starting
! worker-1 on node-b starting
! worker-2 on node-c starting
a < StartTask worker-0
b < StartTask worker-1
c < StartTask worker-2
)");
}

TEST(Coordinator, takesAsManyNodesAsTheJobAsksFor) {
    check("up a b c", "submit 2", R"(! queued
! preparing
! worker-0 on node-a starting
! worker-1 on node-b starting
a < StartTask worker-0
b < StartTask worker-1
)");
}

TEST(Coordinator, waitsForNodesThatAreStillConnecting) {
    check("up a b", "submit\nwait 2500", "! queued\n");
}

TEST(Coordinator, startsWithoutANodeThatNeverAnswers) {
    check("up a b", "submit 0\nwait 3000", R"(! queued
! preparing
! worker-0 on node-a starting
! worker-1 on node-b starting
a < StartTask worker-0
b < StartTask worker-1
)");
}

TEST(Coordinator, commitsTheMembershipBeforeItAssignsIt) {
    check("up a b c\nsubmit\nready 0\nready 1", "ready 2", R"(! worker-2 on node-c ready
! prepared with 60000 samples
! membership 1 of 3
a < AssignMembership 1: worker-0@node-a worker-1@node-b worker-2@node-c
b < AssignMembership 1: worker-0@node-a worker-1@node-b worker-2@node-c
c < AssignMembership 1: worker-0@node-a worker-1@node-b worker-2@node-c
)");
}

TEST(Coordinator, trainsWhenAllHaveEntered) {
    check(kToReady + "entered 2\nentered 0", "entered 1", "! worker-1 on node-b running\n! training\n");
}

TEST(Coordinator, recordsPhasesAndEvaluationsOnceAndFromTheLowestRank) {
    check(kToTraining,
          "evaluating 0\nevaluating 1\nevaluated 0 20\nevaluated 1 20\nevaluated 0 20\ntraining 0",
          "! evaluating\n! evaluation at step 20\n! training\n");
}

TEST(Coordinator, understandsWorkersThatAreAheadOfTheirPeersWords) {
    check(kToReady + "entered 0", "steps 0 2\nevaluating 0\nentered 1\nentered 2",
          R"(! worker-1 on node-b running
! worker-2 on node-c running
! training
! evaluating
)");
}

TEST(Coordinator, completesWhenAllFinishedAlike) {
    check(kToTraining + "evaluated 0 235\nfinished 1\nfinished 2", "finished 0", R"(! model on node-a
! worker-0 on node-a exited "finished"
! worker-1 on node-b exited "finished"
! worker-2 on node-c exited "finished"
! finished as completed
)" + kThreeKills);
}

TEST(Coordinator, tellsStepsSamplesAndAccuracyAtTheEnd) {
    CoordinatorScript leader;
    leader.run(kToTraining + "evaluated 0 235\nfinished 0\nfinished 1\nfinished 2");
    const auto& finished = std::get<RunFinished>(leader.events().back().body);
    EXPECT_EQ(finished, (RunFinished{RunState::Completed, 235, 60'000, 0.8, "", "same"}));
}

TEST(Coordinator, aRefusalBeforeTheFirstWordIsNoLoss) {
    check("refused b\nup a c", "submit 0\nwait 1000", "! queued\n");
}

TEST(Coordinator, killsAgainWhatIsStillThere) {
    check(kToTraining + "finished 0\nfinished 1\nfinished 2\nexited 1\nexited 0", "wait 1000",
          "c < KillTask worker-2 \"the run has ended\"\n");
}

TEST(Coordinator, whatIsSaidAgainHasNoSecondEffect) {
    check(kToTraining, "ready 1\nentered 1\nentered 2\ntraining 0", "");
    check(kToTraining + "finished 1", "finished 1", "");
    check(kToTraining + "exited 1", "exited 1/1", "");
}

TEST(Coordinator, endsARunOfWhichNoWorkerGetsReady) {
    CoordinatorScript leader;
    leader.run("up a b c\nsubmit");
    EXPECT_EQ(leader.run("wait 119750"), "");
    leader.run("wait 250");
    EXPECT_EQ(std::get<RunFinished>(leader.events().back().body).cause, "no worker got ready in time");
}

TEST(Coordinator, beginsWithoutAWorkerThatIsLateAndLetsItInLater) {
    CoordinatorScript leader;
    leader.run("up a b c\nsubmit\nready 0\nready 2");
    EXPECT_EQ(leader.run("wait 119750"), "");
    EXPECT_EQ(leader.run("wait 250"), R"(! prepared with 60000 samples
! membership 1 of 2
a < AssignMembership 1: worker-0@node-a worker-2@node-c
c < AssignMembership 1: worker-0@node-a worker-2@node-c
)");
    leader.run("entered 0\nentered 2\nready 1");
    EXPECT_EQ(leader.run("wait 500"), R"(! recovering
a < Freeze 2 "a worker joins"
b < Freeze 2 "a worker joins"
c < Freeze 2 "a worker joins"
)");
    EXPECT_EQ(leader.run("frozen 0 9\nfrozen 2 9\nfrozen 1 0 0"), R"(! membership 2 of 3 from step 9
a < AssignMembership 2: worker-0@node-a worker-2@node-c worker-1@node-b (no state)
b < AssignMembership 2: worker-0@node-a worker-2@node-c worker-1@node-b (no state)
c < AssignMembership 2: worker-0@node-a worker-2@node-c worker-1@node-b (no state)
)");
}

TEST(Coordinator, takesUpUnfinishedRunsOfALeaderBefore) {
    CoordinatorScript before;
    before.run(kToTraining);
    CoordinatorScript after;
    after.adopt(before);
    EXPECT_EQ(after.run("up a b c"), R"(! recovering
a < Freeze 2 "the leader was restarted, or another one leads"
b < Freeze 2 "the leader was restarted, or another one leads"
c < Freeze 2 "the leader was restarted, or another one leads"
)");
    EXPECT_EQ(after.events().front().sequence, before.events().back().sequence + 1);
    EXPECT_EQ(after.run("frozen 0 7 1\nfrozen 1 8 1\nfrozen 2 8 1"), R"(! membership 2 of 3 from step 8
a < AssignMembership 2: worker-1@node-b worker-2@node-c worker-0@node-a (no state)
b < AssignMembership 2: worker-1@node-b worker-2@node-c worker-0@node-a (no state)
c < AssignMembership 2: worker-1@node-b worker-2@node-c worker-0@node-a (no state)
)");
}

TEST(Coordinator, aTakenUpRunEndsWhenNobodyComesBack) {
    CoordinatorScript before;
    before.run(kToTraining);
    CoordinatorScript after;
    after.adopt(before);
    after.run("up a\nfrees a\nwait 3000");
    const RunSnapshot& run = after.coordinator().runs().at(before.lastRun());
    EXPECT_EQ(run.state, RunState::Paused);  // Their agents keep them for a while.
    after.run("wait 30000");
    EXPECT_EQ(run.state, RunState::Failed);
    EXPECT_NE(run.finished->cause.find("was lost"), std::string::npos) << run.finished->cause;
}

TEST(Coordinator, killsWhatNoRunKnows) {
    CoordinatorScript leader;
    leader.run("up a b c\nlists b worker-7");
    EXPECT_EQ(leader.run("wait 250"), "b < KillTask worker-7 \"no active run has this task\"\n");
}

TEST(Coordinator, repeatsAStartThatShowsNoEffect) {
    CoordinatorScript leader;
    leader.run("up a b c\nsubmit\nforget 1");
    EXPECT_EQ(leader.run("wait 750"), "");
    EXPECT_EQ(leader.run("wait 250"), "b < StartTask worker-1\n");
}

TEST(Coordinator, repeatsAnAssignmentThatShowsNoEffect) {
    check(kToReady + "entered 0\nentered 2", "wait 1000",
          "b < AssignMembership 1: worker-0@node-a worker-1@node-b worker-2@node-c\n");
}

TEST(Coordinator, refusesDataThatDiffers) {
    CoordinatorScript leader;
    leader.run("up a b c\nsubmit\nready 0\nready 1\nready 2 59999");
    const std::string cause = std::get<RunFinished>(leader.events().back().body).cause;
    EXPECT_TRUE(cause.starts_with("node-a and node-c did not find the same data")) << cause;
    EXPECT_NE(cause.find("59999 training"), std::string::npos) << cause;
}

TEST(Coordinator, namesTheWorkerWhoseResultDiffers) {
    CoordinatorScript leader;
    leader.run(kToTraining + "finished 0 odd\nfinished 1 same\nfinished 2 same");
    const auto& finished = std::get<RunFinished>(leader.events().back().body);
    EXPECT_EQ(finished.state, RunState::Failed);
    EXPECT_EQ(
        finished.cause,
        "the workers do not end with the same model: worker-0 on node-a differ from worker-1 on node-b");
}

TEST(Coordinator, stopsAtAStepThatAllAgreeOn) {
    CoordinatorScript leader;
    leader.run(kToTraining);
    EXPECT_EQ(leader.run("stop"), R"(! stopping
a < StopWork "stopped on request"
b < StopWork "stopped on request"
c < StopWork "stopped on request"
)");
    EXPECT_EQ(leader.run("stop"), "");
    EXPECT_EQ(leader.run("finished 0 same stopped\nfinished 1 same stopped\nfinished 2 same stopped"),
              R"(! model on node-a
! worker-0 on node-a exited "finished"
! worker-1 on node-b exited "finished"
! worker-2 on node-c exited "finished"
! finished as stopped "stopped on request"
)" + kThreeKills);
}

TEST(Coordinator, stopsARunThatWaitsOrLoads) {
    check("up a b", "submit\nstop", "! queued\n! finished as stopped \"stopped on request\"\n");
    check("up a b c\nsubmit 1", "stop", R"(! worker-0 on node-a exited "ended with the run"
! finished as stopped "stopped on request"
a < KillTask worker-0 "stopped on request"
)");
}

TEST(Coordinator, refusesToStopWhatHasEndedOrNeverWas) {
    CoordinatorScript leader;
    leader.run("up a b c\nsubmit 1\nstop");
    EXPECT_TRUE(leader.run("stop").starts_with("refused: The run "));
    const Result<void> unknown = leader.coordinator().stop(RunId("nothing"), leader.now(), UtcTime());
    EXPECT_EQ(unknown.error().kind, ErrorKind::NotFound);
}

TEST(Coordinator, queuesInOrderAndStartsTheNextWhenNodesAreFree) {
    CoordinatorScript leader;
    leader.run("up a b c\nsubmit 2");
    EXPECT_EQ(leader.run("submit 2"), "! queued\n");
    CoordinatorScript other;
    other.run("up a b c\nsubmit 3\nstop\nsubmit 1");
    // The first one's processes are still leaving; both its slots are waited for.
    EXPECT_EQ(other.run("wait 250"), "");
}

TEST(Coordinator, startsTheNextRunWhenTheLastTaskIsGone) {
    CoordinatorScript leader;
    leader.run(kToTraining + "finished 0\nfinished 1\nfinished 2");
    leader.run("exited 0\nexited 1\nexited 2\nwait 250");
    EXPECT_EQ(leader.run("submit 1"), R"(! queued
! preparing
! worker-0 on node-a starting
a < StartTask worker-0
)");
}

TEST(Coordinator, refusesJobsThatCannotBeServed) {
    CoordinatorScript leader;
    EXPECT_TRUE(leader.run("submit 4").starts_with("refused: The job asks for 4 workers"));
    const auto submit = [&](const std::string& yaml) {
        return leader.coordinator().submit(yaml, leader.now(), UtcTime()).error();
    };
    EXPECT_EQ(submit("global_batch: 0\n").kind, ErrorKind::BadInput);
    EXPECT_EQ(submit("[").kind, ErrorKind::BadInput);
    EXPECT_EQ(submit(std::string(kJobBytesMax + 1, '#')).kind, ErrorKind::BadInput);
}

TEST(Coordinator, aRunForAllNodesGetsThoseWhoseTasksHaveJustEnded) {
    CoordinatorScript script;
    script.run("up a b c\nsubmit\nwait 300\nready 0\nready 1\nready 2\nwait 300\nstop\n");
    const std::string next = script.run("exited 0\nexited 1\nexited 2\nsubmit\nwait 300\n");
    for (const char* node : {"a", "b", "c"}) {
        EXPECT_NE(next.find(std::string(node) + " < StartTask"), std::string::npos) << next;
    }
}

TEST(Coordinator, theQueueHasAnEnd) {
    CoordinatorScript leader;
    for (std::size_t i = 0; i < kQueuedRunsMax; ++i) {
        leader.run("submit");
    }
    EXPECT_TRUE(leader.run("submit").starts_with("refused: 100 runs are waiting already"));
}

/// Who speaks to an earlier leadership is there, but what it said before may have been lost; who speaks to a
/// later one has another leader.
TEST(Coordinator, confirmsOnlyWhatWasSaidToItsOwnTerm) {
    Coordinator::Options options;
    options.self = NodeId("node-a");
    options.term = 5;
    options.nodes = {NodeId("node-a"), NodeId("node-b")};
    Coordinator coordinator(options, TimePoint());
    const auto answerTo = [&](Term term) {
        Heartbeat beat{NodeId("node-b"), term, 7, {}, std::nullopt, ""};
        coordinator.handle(beat.node, beat, TimePoint(), UtcTime());
        const auto out = coordinator.pollTransmit();
        return out ? std::get<HeartbeatAck>(out->message).number : 99;
    };
    EXPECT_EQ(answerTo(9), 99u);
    EXPECT_EQ(coordinator.nodes(TimePoint())[1].state, NodeState::Connecting);
    EXPECT_EQ(answerTo(4), 0u);
    EXPECT_EQ(coordinator.nodes(TimePoint())[1].state, NodeState::Ready);
    EXPECT_EQ(answerTo(5), 7u);
    EXPECT_EQ(coordinator.term(), 5u);
    EXPECT_EQ(coordinator.counters().otherTerm, 2u);
}

TEST(Coordinator, countsWhatDoesNotBelong) {
    CoordinatorScript leader;
    leader.run(kToTraining);
    Coordinator& c = leader.coordinator();
    const TaskKey key{leader.lastRun(), TaskId("worker-1"), 1};
    const auto hear = [&](const char* node, const Message& message) {
        c.handle(NodeId(node), message, leader.now(), UtcTime());
    };
    hear("node-z", Heartbeat{});
    Heartbeat forged;
    forged.node = NodeId("node-a");
    hear("node-b", forged);
    EXPECT_EQ(c.counters().unknownNode, 2u);
    hear("node-c", TaskExited{key, "", false, ""});                            // Another node's task.
    hear("node-b", TaskExited{{key.run, key.task, 2}, "", false, ""});         // Another generation.
    hear("node-b", TaskExited{{RunId("other"), key.task, 1}, "", false, ""});  // Another run.
    hear("node-b", MembershipEntered{key, 2});                                 // Another membership.
    EXPECT_EQ(c.counters().unknownTask, 4u);
    hear("node-b", Ping{});
    hear("node-b", PhaseChanged{key, RunState::Completed});
    EXPECT_EQ(c.counters().unexpected, 2u);
    EXPECT_EQ(leader.run(""), "");
    EXPECT_EQ(c.runs().at(key.run).state, RunState::Training);
}

TEST(Coordinator, showsHowNodesAre) {
    CoordinatorScript leader;
    const auto states = [&] {
        std::string text;
        for (const NodeView& view : leader.coordinator().nodes(leader.now())) {
            text += std::string(toString(view.state)) + (view.leader ? "* " : " ");
        }
        return text;
    };
    EXPECT_EQ(states(), "connecting* connecting connecting ");
    leader.run("up a b\nsubmit 1\nwait 250");
    EXPECT_EQ(states(), "busy* ready connecting ");
    leader.run("silent b\nwait 1000");
    EXPECT_EQ(states(), "busy* silent connecting ");
    leader.run("wait 2000");
    EXPECT_EQ(states(), "busy* lost lost ");
    EXPECT_EQ(leader.coordinator().nodes(leader.now())[2].detail, "its agent never answered");
    leader.run("up b");
    EXPECT_EQ(states(), "busy* ready lost ");
}

TEST(Coordinator, membershipTokensDifferBetweenRuns) {
    CoordinatorScript leader;
    leader.run("up a b c\nsubmit 1\nready 0\nexited 0\nwait 250\nsubmit 1\nready 0");
    std::vector<std::string> tokens;
    for (const Coordinator::Outgoing& out : leader.sent()) {
        if (const auto* assign = std::get_if<AssignMembership>(&out.message)) {
            tokens.push_back(assign->token);
        }
    }
    ASSERT_EQ(tokens.size(), 2u);
    EXPECT_EQ(tokens[0].size(), 32u);
    EXPECT_NE(tokens[0], tokens[1]);
}

}  // namespace
}  // namespace longship
