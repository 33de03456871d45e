#include "core/domain/run_snapshot.h"

#include <gtest/gtest.h>

#include "tests/support/run_records.h"

namespace longship {
namespace {

std::vector<RunEvent> story() {
    std::vector<RunEvent> events;
    for (const RunEventBody& body : test::oneOfEach("epochs: 1\n")) {
        events.push_back(test::eventOf("r", events.size() + 1, body));
    }
    return events;
}

TEST(RunSnapshot, FoldsAWholeRun) {
    const auto events = story();
    const RunSnapshot run = foldEvents(events);
    EXPECT_EQ(run.run, RunId("r"));
    EXPECT_EQ(run.sequence, events.size());
    EXPECT_EQ(run.state, RunState::Completed);
    EXPECT_EQ(run.cluster, "demo");
    EXPECT_EQ(run.jobYaml, "epochs: 1\n");
    EXPECT_EQ(run.queuedAt, events[0].time);
    EXPECT_EQ(run.trainingAt, events[5].time);
    EXPECT_EQ(run.finishedAt, events.back().time);
    ASSERT_TRUE(run.prepared);
    EXPECT_EQ(run.prepared->trainingSamples, 1'000u);
    EXPECT_EQ(run.tasks.at(TaskId("worker-0")).state, TaskState::Exited);
    EXPECT_EQ(run.memberships.size(), 1u);
    EXPECT_EQ(run.evaluations.size(), 1u);
    ASSERT_EQ(run.incidents.size(), 1u);
    EXPECT_EQ(run.incidents[0].sequence, 9u);
    ASSERT_TRUE(run.incidents[0].resolved);
    EXPECT_EQ(run.incidents[0].resolved->membership, 2u);
    EXPECT_EQ(run.incidents[0].resolvedAt, events[9].time);
    EXPECT_TRUE(run.model && run.finished);
}

TEST(RunSnapshot, AnIncidentStandsWhereTrainingWentOn) {
    std::vector<RunEvent> events;
    const auto add = [&](RunEventBody body) {
        events.push_back(test::eventOf("r", events.size() + 1, std::move(body)));
    };
    MembershipCommitted membership;
    membership.number = 1;
    add(membership);
    IncidentRaised incident;
    incident.what = "node-b is lost";
    add(incident);
    EXPECT_FALSE(resumedAt(foldEvents(events), foldEvents(events).incidents.at(0)));
    membership.number = 2;
    membership.baseStep = 42;
    add(membership);
    add(IncidentResolved{2, "training goes on", 0.4, 1, 2});
    const RunSnapshot run = foldEvents(events);
    EXPECT_EQ(resumedAt(run, run.incidents.at(0)), Step{42});
}

TEST(RunSnapshot, EventsSeenBeforeChangeNothing) {
    const auto events = story();
    RunSnapshot run = foldEvents(events);
    const RunSnapshot before = run;
    for (const RunEvent& event : events) {
        apply(run, event);
    }
    EXPECT_EQ(run, before);
}

TEST(RunSnapshot, EventsOfAnotherRunChangeNothing) {
    RunSnapshot run = foldEvents(story());
    const RunSnapshot before = run;
    apply(run, test::eventOf("other", 99, StateChanged{RunState::Training}));
    EXPECT_EQ(run, before);
}

TEST(RunSnapshot, ATerminalStateStays) {
    RunSnapshot run;
    apply(run, test::eventOf("r", 1, RunFinished{RunState::Failed, 0, 0, {}, "node-b was lost", ""}));
    apply(run, test::eventOf("r", 2, StateChanged{RunState::Training}));
    EXPECT_EQ(run.state, RunState::Failed);
    EXPECT_FALSE(run.trainingAt);
}

TEST(RunSnapshot, AnIncidentIsResolvedOnceAndOnlyByItsOwnNumber) {
    RunSnapshot run;
    apply(run, test::eventOf("r", 1, IncidentRaised{NodeId("b"), TaskId(), "b was lost", "", "", ""}));
    apply(run, test::eventOf("r", 2, IncidentResolved{7, "another one", 1, 0, 2}));
    EXPECT_FALSE(run.incidents[0].resolved);
    apply(run, test::eventOf("r", 3, IncidentResolved{1, "goes on", 1, 0, 2}));
    apply(run, test::eventOf("r", 4, IncidentResolved{1, "again", 2, 0, 3}));
    EXPECT_EQ(run.incidents[0].resolved->action, "goes on");
}

TEST(RunSnapshot, AnOlderGenerationDoesNotSpeakForTheTask) {
    RunSnapshot run;
    apply(run, test::eventOf("r", 1, TaskChanged{TaskId("w"), 2, NodeId("b"), TaskState::Running, ""}));
    apply(run, test::eventOf("r", 2, TaskChanged{TaskId("w"), 1, NodeId("a"), TaskState::Exited, "gone"}));
    EXPECT_EQ(run.tasks.at(TaskId("w")).node, NodeId("b"));
    EXPECT_EQ(run.tasks.at(TaskId("w")).state, TaskState::Running);
}

}  // namespace
}  // namespace longship
