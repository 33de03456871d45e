#include "core/protocol/worker_machine.h"

#include <gtest/gtest.h>

#include "tests/core/protocol/render.h"

namespace longship {
namespace {

const RunId kRun("run");

TaskKey keyOf(Rank rank) {
    return {kRun, TaskId("worker-" + std::to_string(rank)), 1};
}

/// Ranks 0 and 1 on node-a, rank 2 on node-b, rank 3 on node-c.
AssignMembership membership(MembershipNumber number = 1, Term term = 1) {
    AssignMembership assign{term, kRun, number, 0, "token", {}};
    for (Rank rank = 0; rank < 4; ++rank) {
        const char* nodes[] = {"node-a", "node-a", "node-b", "node-c"};
        assign.seats.push_back({{rank, keyOf(rank).task, 1, NodeId(nodes[rank]), 1}, "tcp", "key"});
    }
    return assign;
}

/// What the machine said and commanded since the last time, one line each.
std::string said(WorkerMachine& machine) {
    std::string text;
    while (const std::optional<Message> message = machine.pollTransmit()) {
        text += "> " + test::render(*message) + "\n";
    }
    while (const std::optional<WorkerCommand> command = machine.pollCommand()) {
        if (const auto* enter = std::get_if<EnterMembership>(&*command)) {
            text += "enter " + std::to_string(enter->assignment.number) + " as rank " +
                    std::to_string(enter->rank) + "\n";
        } else if (const auto* stop = std::get_if<RequestStop>(&*command)) {
            text += "stop: " + stop->reason + "\n";
        } else if (const auto* freeze = std::get_if<FreezeTraining>(&*command)) {
            text += "freeze for " + std::to_string(freeze->number) + "\n";
        } else {
            const auto& exit = std::get<ExitWorker>(*command);
            text += "exit " + std::to_string(exit.status) + ": " + exit.reason + "\n";
        }
    }
    return text;
}

WorkerMachine inTraining(Rank rank) {
    WorkerMachine machine(keyOf(rank));
    machine.ready("tcp", "key", {});
    machine.handle(membership(), {});
    machine.entered(1);
    said(machine);
    return machine;
}

TEST(WorkerMachine, goesFromLoadingToFinished) {
    WorkerMachine machine(keyOf(0));
    EXPECT_EQ(machine.state(), WorkerState::Loading);
    machine.ready("tcp", "key", {});
    EXPECT_EQ(said(machine), "> WorkerReady worker-0\n");
    machine.handle(membership(), {});
    EXPECT_EQ(said(machine), "enter 1 as rank 0\n");
    EXPECT_EQ(machine.state(), WorkerState::Entering);
    machine.entered(1);
    EXPECT_EQ(said(machine), "> MembershipEntered worker-0 1\n");
    machine.finished({10, 2560, "hash", false, ModelSaved{NodeId("x"), 1, "s"}});
    EXPECT_EQ(said(machine), "> WorkerFinished worker-0 with a model on x\n");
    machine.handle(KillTask{1, keyOf(0), "the run is finished"}, {});
    EXPECT_EQ(said(machine), "exit 0: the run is finished\n");
    EXPECT_EQ(machine.ignored(), 0u);
}

TEST(WorkerMachine, theTwoLowestRanksOnDifferentNodesPublish) {
    const char* expected[] = {
        "> StepsDone worker-0 1\n> EvaluationDone worker-0\n> PhaseChanged worker-0 evaluating\n", "",
        "> StepsDone worker-2 1\n> EvaluationDone worker-2\n> PhaseChanged worker-2 evaluating\n", ""};
    for (Rank rank = 0; rank < 4; ++rank) {
        WorkerMachine machine = inTraining(rank);
        machine.progress({StepRow{}}, EvaluationFinished{}, RunState::Evaluating);
        EXPECT_EQ(said(machine), expected[rank]) << rank;
        machine.progress({}, std::nullopt, RunState::Evaluating);
        EXPECT_EQ(said(machine), "") << rank;
        EXPECT_EQ(machine.savesModel(), rank == 0);
    }
}

TEST(WorkerMachine, serversPublishNothingAndStandInForNobody) {
    AssignMembership seats = membership();
    seats.seats[2].member.task = TaskId("server-0");  // On another node than rank 0, before worker-3.
    for (Rank rank : {Rank{2}, Rank{3}}) {
        const TaskKey key{kRun, seats.seats[rank].member.task, 1};
        WorkerMachine machine(key);
        machine.ready("tcp", "key", {});
        machine.handle(seats, {});
        machine.entered(1);
        said(machine);
        machine.progress({StepRow{}}, std::nullopt, RunState::Training);
        EXPECT_EQ(said(machine), rank == 3 ? "> StepsDone worker-3 1\n" : "") << rank;
    }
}

TEST(WorkerMachine, stopsOnceWhenAskedTwice) {
    WorkerMachine machine = inTraining(1);
    machine.handle(StopWork{1, kRun, "enough"}, {});
    machine.handle(StopWork{1, kRun, "enough"}, {});
    EXPECT_EQ(said(machine), "stop: enough\n");
}

TEST(WorkerMachine, aStopBeforeTrainingIsRememberedUntilThen) {
    WorkerMachine machine(keyOf(1));
    machine.handle(StopWork{1, kRun, "enough"}, {});
    machine.ready("tcp", "key", {});
    machine.handle(membership(), {});
    EXPECT_EQ(said(machine), "> WorkerReady worker-1\nenter 1 as rank 1\n");
    machine.entered(1);
    EXPECT_EQ(said(machine), "> MembershipEntered worker-1 1\nstop: enough\n");
}

TEST(WorkerMachine, aFailureIsToldOnceAndThenItWaitsForItsEnd) {
    WorkerMachine machine = inTraining(2);
    machine.failed({ErrorKind::Io, "disk"});
    machine.failed({ErrorKind::Io, "disk again"});
    machine.progress({StepRow{}}, std::nullopt, RunState::Training);
    machine.finished({});
    EXPECT_EQ(said(machine), "> WorkerFailed worker-2 \"disk\"\n");
    EXPECT_EQ(machine.state(), WorkerState::Failed);
    EXPECT_EQ(machine.ignored(), 3u);
    machine.handle(KillTask{1, keyOf(2), "over"}, {});
    EXPECT_EQ(said(machine), "exit 0: over\n");
}

TEST(WorkerMachine, neverOutlivesItsAgent) {
    WorkerMachine loading(keyOf(0));
    loading.agentLost();
    EXPECT_EQ(said(loading), "exit 1: the agent of this worker is gone\n");
    loading.agentLost();
    EXPECT_EQ(said(loading), "");
    WorkerMachine training = inTraining(0);
    training.agentLost();
    EXPECT_EQ(said(training), "exit 1: the agent of this worker is gone\n");
}

TEST(WorkerMachine, leavesWhenItsAgentRefusesIt) {
    WorkerMachine machine(keyOf(0));
    machine.handle(Welcome{}, {});
    EXPECT_EQ(said(machine), "");
    machine.handle(Refusal{0, ErrorKind::Refused, "Unknown task."}, {});
    EXPECT_EQ(said(machine), "exit 1: the agent refused this worker: Unknown task.\n");
}

TEST(WorkerMachine, answersPingsInEveryStateWithItsProgress) {
    WorkerMachine machine(keyOf(0));
    machine.handle(Ping{7}, {3, 4, 5});
    EXPECT_EQ(machine.pollTransmit(), Message(Pong{7, 3, 4, 5}));
    machine.agentLost();
    machine.handle(Ping{8}, {});
    EXPECT_EQ(machine.pollTransmit(), Message(Pong{8, 0, 0, 0}));
}

TEST(WorkerMachine, ignoresAndCountsWhatIsOldOrNotForIt) {
    WorkerMachine machine = inTraining(0);
    AssignMembership otherRun = membership(2);
    otherRun.run = RunId("other");
    AssignMembership withoutMe = membership(2);
    withoutMe.seats.erase(withoutMe.seats.begin());
    AssignMembership otherGeneration = membership(2);
    otherGeneration.seats[0].member.generation = 2;
    const std::vector<Message> ignored = {otherRun,
                                          withoutMe,
                                          otherGeneration,
                                          membership(1),          // The one it is in.
                                          membership(2, 0),       // Of an earlier leader.
                                          StopWork{0, kRun, ""},  // Of an earlier leader.
                                          StopWork{1, RunId("other"), ""},
                                          KillTask{1, keyOf(1), ""},
                                          KillTask{1, {kRun, keyOf(0).task, 2}, ""},
                                          Heartbeat{}};
    for (const Message& message : ignored) {
        const std::uint64_t before = machine.ignored();
        machine.handle(message, {});
        EXPECT_EQ(machine.ignored(), before + 1) << test::render(message);
        EXPECT_EQ(said(machine), "");
    }
    EXPECT_EQ(machine.state(), WorkerState::Training);
}

TEST(WorkerMachine, ignoresTrainerWordsOutOfTurn) {
    WorkerMachine machine(keyOf(0));
    machine.entered(1);
    machine.finished({});
    machine.progress({StepRow{}}, std::nullopt, RunState::Training);
    EXPECT_EQ(machine.ignored(), 3u);
    machine.ready("tcp", "key", {});
    machine.ready("tcp", "key", {});
    machine.handle(membership(), {});
    machine.entered(2);
    EXPECT_EQ(machine.ignored(), 5u);
    EXPECT_EQ(said(machine), "> WorkerReady worker-0\nenter 1 as rank 0\n");
    EXPECT_EQ(machine.state(), WorkerState::Entering);
}

TEST(WorkerMachine, freezesAndTakesASeatAgain) {
    WorkerMachine machine = inTraining(1);
    machine.handle(Freeze{1, kRun, 2, "a death"}, {});
    EXPECT_EQ(said(machine), "freeze for 2\n");
    machine.handle(Freeze{1, kRun, 2, "a death"}, {});
    EXPECT_EQ(said(machine), "");  // The answer is on its way.
    machine.frozen(7, 1, "tcp", "key");
    EXPECT_EQ(said(machine), "> Frozen worker-1 for 2 at step 7 of 1\n");
    EXPECT_EQ(machine.state(), WorkerState::Frozen);
    machine.handle(Freeze{1, kRun, 2, "a death"}, {});
    EXPECT_EQ(said(machine), "> Frozen worker-1 for 2 at step 7 of 1\n");
    machine.handle(Freeze{2, kRun, 3, "another leader"}, {});
    EXPECT_EQ(said(machine), "> Frozen worker-1 for 3 at step 7 of 1\n");
    machine.handle(membership(2, 2), {});
    EXPECT_EQ(said(machine), "");  // It promised not to.
    machine.handle(membership(3, 2), {});
    machine.entered(3);
    EXPECT_EQ(said(machine), "> MembershipEntered worker-1 3\nenter 3 as rank 1\n");
}

TEST(WorkerMachine, freezesWhereverItStands) {
    WorkerMachine waiting(keyOf(0));
    waiting.handle(Freeze{1, kRun, 2, ""}, {});
    EXPECT_EQ(said(waiting), "");  // Nothing to give up, nothing to say before it is ready.
    waiting.ready("tcp", "key", {});
    said(waiting);
    waiting.handle(membership(1), {});
    EXPECT_EQ(said(waiting), "");
    waiting.handle(Freeze{1, kRun, 2, ""}, {});
    EXPECT_EQ(said(waiting), "freeze for 2\n");
    WorkerMachine finished = inTraining(0);
    finished.finished({10, 2560, "hash", false, std::nullopt});
    finished.handle(Freeze{1, kRun, 2, ""}, {});
    EXPECT_EQ(said(finished), "> WorkerFinished worker-0\nfreeze for 2\n");
    WorkerMachine broken = inTraining(0);
    broken.broken(1, 7, {ErrorKind::Unavailable, "worker-2 is gone"});
    EXPECT_EQ(said(broken), "> MembershipBroken worker-0 1 \"worker-2 is gone\"\n");
    broken.broken(1, 7, {ErrorKind::Unavailable, "worker-2 is gone"});
    EXPECT_EQ(said(broken), "");
    broken.handle(Freeze{1, kRun, 2, ""}, {});
    EXPECT_EQ(said(broken), "freeze for 2\n");
}

TEST(WorkerMachine, saysThatItFollowsAndWhenItHasCaughtUp) {
    WorkerMachine machine(keyOf(0));
    machine.ready("tcp", "key", {});
    machine.handle(membership(1), {});
    said(machine);
    machine.caughtUp(1);
    EXPECT_EQ(said(machine), "");  // It has not entered yet.
    machine.entered(1, true);
    EXPECT_EQ(said(machine), "> MembershipEntered worker-0 1 following\n");
    machine.caughtUp(2);
    EXPECT_EQ(said(machine), "");
    machine.caughtUp(1);
    EXPECT_EQ(said(machine), "> MembershipEntered worker-0 1\n");
    machine.handle(Freeze{1, kRun, 2, ""}, {});
    machine.caughtUp(1);
    EXPECT_EQ(said(machine), "freeze for 2\n");  // Its standing says it better.
}

TEST(WorkerMachine, refusesToFreezeForWhatIsOld) {
    WorkerMachine machine = inTraining(0);
    machine.handle(Freeze{1, kRun, 1, "late"}, {});
    machine.handle(Freeze{0, kRun, 2, "an earlier leader"}, {});
    machine.handle(Freeze{1, RunId("other"), 2, ""}, {});
    EXPECT_EQ(said(machine), "");
    EXPECT_EQ(machine.ignored(), 3u);
}

TEST(WorkerMachine, whatBecameFinalBeforeTheFreezeIsStillTold) {
    WorkerMachine machine = inTraining(0);
    machine.handle(Freeze{1, kRun, 2, ""}, {});
    said(machine);
    machine.progress({StepRow{}}, std::nullopt, RunState::Training);
    EXPECT_EQ(said(machine), "> StepsDone worker-0 1\n");
    machine.frozen(2, 1, "tcp", "key");
    said(machine);
    machine.progress({StepRow{}}, std::nullopt, RunState::Training);
    EXPECT_EQ(said(machine), "");
}

TEST(WorkerMachine, aNewReporterSaysAgainWhatTheOldOnesMayHaveTakenWithThem) {
    WorkerMachine machine = inTraining(3);
    machine.progress({StepRow{}, StepRow{}}, EvaluationFinished{}, RunState::Training);
    EXPECT_EQ(said(machine), "");
    machine.handle(Freeze{1, kRun, 2, ""}, {});
    machine.frozen(3, 1, "tcp", "key");
    AssignMembership next = membership(2);
    next.seats.erase(next.seats.begin() + 1, next.seats.begin() + 3);
    next.seats[1].member.rank = 1;
    machine.handle(next, {});
    machine.entered(2);
    EXPECT_EQ(said(machine),
              "> Frozen worker-3 for 2 at step 3 of 1\n> MembershipEntered worker-3 2\n"
              "> StepsDone worker-3 2\n> EvaluationDone worker-3\nfreeze for 2\n"
              "enter 2 as rank 1\n");
}

}  // namespace
}  // namespace longship
