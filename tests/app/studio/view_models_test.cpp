// The studio without widgets, on a scripted client.
#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

#include "app/studio/viewmodels/first_minute.h"
#include "app/studio/viewmodels/home_view.h"
#include "app/studio/viewmodels/incident_view.h"
#include "app/studio/viewmodels/notices.h"
#include "app/studio/viewmodels/run_logs.h"
#include "app/studio/viewmodels/sample_ages.h"
#include "app/studio/viewmodels/step_times.h"
#include "app/studio/viewmodels/studio_model.h"
#include "app/studio/viewmodels/task_board.h"
#include "core/base/files.h"
#include "tests/support/fake_client.h"
#include "tests/support/temp_folder.h"

using namespace longship;
using namespace longship::test;

namespace {

/// A studio that has opened a FakeClient; the test keeps the script in its hand.
struct Stage {
    TempFolder folder;
    StudioSettings settings{folder.path()};
    StudioModel studio{settings};
    FakeClient* client = nullptr;

    void open(const ClusterView& cluster = demoClusterView()) {
        auto made = std::make_unique<FakeClient>();
        client = made.get();
        client->setCluster(cluster);
        QSignalSpy opened(&studio.bridge(), &ClientBridge::stateChanged);
        auto shared = std::make_shared<std::unique_ptr<FakeClient>>(std::move(made));
        studio.bridge().open([shared]() -> Result<std::unique_ptr<Client>> { return std::move(*shared); });
        QTRY_COMPARE(studio.bridge().state(), ClientBridge::State::Open);
    }
};

JobSpec smallJob() {
    JobSpec job = demoJob();
    job.name = "small";
    job.globalBatch = 100;
    return job;
}

}  // namespace

class ViewModelsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void nodesTurnReadyOneByOne();
    void valuesGrowOldUntilNewOnesCome();
    void anHourOfHealthIsKept();
    void theNextStepFollowsTheCluster();
    void whatEndsIsToldOnce();
    void aFailedOpenTellsWhy();
    void trainWaitsForTheNodesAndStartsByItself();
    void trainCanBeTakenBackWhileItWaits();
    void aRefusedJobIsToldAndNothingIsShown();
    void aRunGrowsByCursorWithoutGap();
    void openingLateShowsTheSameAsWatching();
    void smoothingIsComputedFromAllPoints();
    void aNewMembershipDropsTheVoidRows();
    void anIncidentIsMarkedWhereTrainingWentOn();
    void answersAreOfferedWhileTheRunWaits();
    void workIsMovedToNodesThatAreFree();
    void theBoardSaysWhatAMoveCosts();
    void aPlannedChangeIsMeasured();
    void theSlowestTaskIsNamed();
    void theLogsOfAllTasksStandInOrder();
    void aFinishedRunIsProven();
    void theHistoryKeepsItsRowsWhileItGrows();
    void aDeletedRunCanBeTakenBack();
    void aDeletedRunIsForgottenInTheEnd();
    void theDraftTellsEveryProblem();
    void theDraftsFileDoesTheSame();
    void aTableIsPreviewedWithItsTypes();
    void aMissingTableIsAnError();
    void settingsAreRemembered();
};

void ViewModelsTest::valuesGrowOldUntilNewOnesCome() {
    using namespace std::chrono_literals;
    NodeView node = demoClusterView().nodes.front();
    node.sample = NodeSample();
    SampleAges ages;
    const TimePoint start = BootClock::now();
    QVERIFY(!ages.age(node.node, start));
    ages.see(node, start);
    ages.see(node, start + 2s);  // The same sample once more.
    QVERIFY(!ages.isStale(node.node, start + 3s));
    QVERIFY(ages.isStale(node.node, start + 3s + 1ns));
    QVERIFY(ages.age(node.node, start + 5s) == std::optional<std::chrono::nanoseconds>(5s));
    node.sample->time.microseconds += 1;
    ages.see(node, start + 5s);
    QVERIFY(!ages.isStale(node.node, start + 8s));
    node.sample.reset();
    ages.see(node, start + 6s);
    QVERIFY(!ages.isStale(node.node, start + 60s));
}

void ViewModelsTest::anHourOfHealthIsKept() {
    constexpr int kHour = 3600;
    NodeTableModel nodes;
    NodeView node = demoClusterView().nodes.front();
    node.sample = NodeSample();
    QVERIFY(!nodes.index(0, NodeTableModel::Gpu).isValid());
    for (int second = 0; second < kHour + 5; ++second) {
        node.sample->time.microseconds += 1'000'000;
        node.sample->cpu = second;
        nodes.setNodes({node});
    }
    QCOMPARE(nodes.recent(node.node).size(), std::size_t{kHour});
    QCOMPARE(nodes.recent(node.node).front().cpu, 5.0);
    // What is not measured is no number.
    QVERIFY(!nodes.index(0, NodeTableModel::Gpu).data().isValid());
    QVERIFY(!nodes.index(0, NodeTableModel::Temperature).data().isValid());
    node.sample->gpus = {{"A", 0.2, 0, 0, 61.0}, {"B", 0.7, 0, 0, std::nullopt}};
    node.sample->temperatureCelsius = 48;
    nodes.setNodes({node});
    QCOMPARE(nodes.index(0, NodeTableModel::Gpu).data().toDouble(), 0.7);
    QCOMPARE(nodes.index(0, NodeTableModel::Temperature).data().toDouble(), 61.0);
}

void ViewModelsTest::theNextStepFollowsTheCluster() {
    using Kind = NextStep::Kind;
    constexpr auto kOpen = ClientBridge::State::Open;
    ClusterView cluster = demoClusterView();
    RunTableModel runs;
    QCOMPARE(nextStep(ClientBridge::State::Failed, cluster, nullptr, runs).kind, Kind::StartAgain);
    QCOMPARE(nextStep(kOpen, ClusterView(), nullptr, runs).kind, Kind::Wait);
    QCOMPARE(nextStep(kOpen, cluster, nullptr, runs).kind, Kind::Try);
    cluster.nodes[1].state = NodeState::Connecting;
    QCOMPARE(nextStep(kOpen, cluster, nullptr, runs).kind, Kind::Wait);
    RunSummary run;
    run.run = RunId("20260131-120000-0001");
    run.state = RunState::Completed;
    runs.setRuns({run});
    cluster.nodes[1].state = NodeState::Ready;
    QCOMPARE(nextStep(kOpen, cluster, nullptr, runs).kind, Kind::Look);
    run.state = RunState::Training;
    runs.setRuns({run});
    QVERIFY(nextStep(kOpen, cluster, nullptr, runs).run->run == run.run);
    QCOMPARE(nextStep(kOpen, cluster, nullptr, runs).kind, Kind::Watch);
    KnownCluster bare;
    bare.overSsh = true;
    cluster.connected = false;
    QCOMPARE(nextStep(kOpen, cluster, &bare, runs).kind, Kind::SetUp);
}

void ViewModelsTest::whatEndsIsToldOnce() {
    Stage stage;
    stage.open();
    const Notices notices(stage.studio);
    QStringList told;
    connect(&notices, &Notices::noticed, &stage.studio,
            [&](NoticeKind, const QString& subject) { told << subject; });
    FakeRun first(*stage.client, smallJob());
    first.prepare();
    QTRY_COMPARE(stage.studio.runs().rowCount(), 1);
    first.fail(NodeId("node-c"), "node-c: the data file is missing");
    QTRY_COMPARE(told, QStringList{QStringLiteral("small")});
    NodeView node = stage.client->cluster().nodes[1];
    node.state = NodeState::Lost;
    stage.client->setNode(node);
    QTRY_COMPARE(told, (QStringList{QStringLiteral("small"), QStringLiteral("node-b")}));
    stage.settings.setNotifies(NoticeKind::NodeLost, false);
    node.state = NodeState::Ready;
    stage.client->setNode(node);
    QTRY_COMPARE(stage.studio.nodes().readyCount(), 3);
    node.state = NodeState::Lost;
    stage.client->setNode(node);
    QTRY_COMPARE(stage.studio.nodes().readyCount(), 2);
    QCOMPARE(told.size(), 2);
}

void ViewModelsTest::nodesTurnReadyOneByOne() {
    Stage stage;
    QAbstractItemModelTester tester(&stage.studio.nodes());
    ClusterView cluster = demoClusterView();
    const std::vector<NodeView> ready = cluster.nodes;
    for (NodeView& node : cluster.nodes) {
        node.state = NodeState::Connecting;
    }
    stage.open(cluster);
    QCOMPARE(stage.studio.nodes().rowCount(), 3);
    QCOMPARE(stage.studio.nodes().readyCount(), 0);
    int expected = 0;
    for (const NodeView& node : ready) {
        stage.client->setNode(node);
        ++expected;
        QTRY_COMPARE(stage.studio.nodes().readyCount(), expected);
    }
    QVERIFY(stage.studio.nodes().sharesMachine());
    QCOMPARE(stage.studio.nodes().recent(NodeId("node-a")).size(), std::size_t{1});
}

void ViewModelsTest::aFailedOpenTellsWhy() {
    Stage stage;
    stage.studio.bridge().open([]() -> Result<std::unique_ptr<Client>> {
        return failure(ErrorKind::NotFound, "There is no agent program.");
    });
    QTRY_COMPARE(stage.studio.bridge().state(), ClientBridge::State::Failed);
    QVERIFY(stage.studio.bridge().openError()->text == "There is no agent program.");
}

void ViewModelsTest::trainWaitsForTheNodesAndStartsByItself() {
    Stage stage;
    ClusterView cluster = demoClusterView();
    const NodeView last = cluster.nodes.back();
    cluster.nodes.back().state = NodeState::Connecting;
    stage.open(cluster);
    stage.studio.draft().setJob(smallJob());
    stage.studio.train();
    QCOMPARE(stage.studio.trainState(), StudioModel::TrainState::WaitingForNodes);
    QVERIFY(stage.client->submitted().empty());
    QSignalSpy started(&stage.studio, &StudioModel::runStarted);
    stage.client->setNode(last);
    QTRY_COMPARE(started.size(), 1);
    QCOMPARE(stage.client->submitted().size(), std::size_t{1});
    QVERIFY(stage.client->submitted().front() == smallJob());
    QVERIFY(stage.studio.run().isActive());
}

void ViewModelsTest::trainCanBeTakenBackWhileItWaits() {
    Stage stage;
    ClusterView cluster = demoClusterView();
    cluster.nodes.back().state = NodeState::Connecting;
    stage.open(cluster);
    stage.studio.train();
    stage.studio.cancelTrain();
    QCOMPARE(stage.studio.trainState(), StudioModel::TrainState::Idle);
    stage.client->setCluster(demoClusterView());
    QTRY_COMPARE(stage.studio.nodes().readyCount(), 3);
    QVERIFY(stage.client->submitted().empty());
}

void ViewModelsTest::aRefusedJobIsToldAndNothingIsShown() {
    Stage stage;
    stage.open();
    QSignalSpy failed(&stage.studio, &StudioModel::commandFailed);
    stage.client->failNextCommand({ErrorKind::Refused, "The queue is full."});
    stage.studio.train();
    QTRY_COMPARE(failed.size(), 1);
    QCOMPARE(stage.studio.trainState(), StudioModel::TrainState::Idle);
    QVERIFY(!stage.studio.run().isShown());
}

void ViewModelsTest::aRunGrowsByCursorWithoutGap() {
    Stage stage;
    stage.open();
    FakeRun run(*stage.client, smallJob());
    stage.studio.run().show(run.id());
    run.prepare();
    QTRY_VERIFY(stage.studio.run().snapshot().state == RunState::Training);
    for (std::size_t i = 1; i <= 3; ++i) {
        run.steps(7);
        QTRY_COMPARE(stage.studio.run().loss().size(), 7 * i);
    }
    for (std::size_t i = 0; i < 21; ++i) {
        QCOMPARE(stage.studio.run().loss()[i].step, Step{i + 1});
    }
    const RunProgress progress = stage.studio.run().progress();
    QCOMPARE(progress.stepsDone, Step{21});
    QCOMPARE(progress.stepsTotal, run.stepsTotal());
    QCOMPARE(progress.samples, std::uint64_t{2100});
    QVERIFY(progress.remainingSeconds.has_value());
    // One step of 100 samples each 100 ms.
    QVERIFY(std::abs(*stage.studio.run().throughputNow() - 1000) < 1);
}

void ViewModelsTest::openingLateShowsTheSameAsWatching() {
    Stage stage;
    stage.open();
    FakeRun run(*stage.client, smallJob());
    stage.studio.run().show(run.id());
    run.prepare();
    run.steps(10);
    QTRY_COMPARE(stage.studio.run().loss().size(), std::size_t{10});
    run.steps(10);
    QTRY_COMPARE(stage.studio.run().loss().size(), std::size_t{20});

    RunView late(stage.studio.bridge());
    late.setSmoothing(stage.studio.run().smoothing());
    late.show(run.id());
    QVERIFY(late.loss().points() == stage.studio.run().loss().points());
    QVERIFY(late.lossSmoothed().points() == stage.studio.run().lossSmoothed().points());
    QVERIFY(late.throughput().points() == stage.studio.run().throughput().points());
}

void ViewModelsTest::smoothingIsComputedFromAllPoints() {
    Stage stage;
    stage.open();
    FakeRun run(*stage.client, smallJob());
    run.prepare();
    run.steps(20);
    RunView& view = stage.studio.run();
    view.show(run.id());
    view.setSmoothing(0);
    QVERIFY(view.lossSmoothed().points() == view.loss().points());
    view.setSmoothing(90);
    QVERIFY(view.lossSmoothed().size() == view.loss().size());
    QVERIFY(view.lossSmoothed()[19].value > view.loss()[19].value);  // The loss falls; the average lags.
}

void ViewModelsTest::aNewMembershipDropsTheVoidRows() {
    Stage stage;
    stage.open();
    FakeRun run(*stage.client, smallJob());
    stage.studio.run().show(run.id());
    run.prepare();
    run.steps(10);
    QTRY_COMPARE(stage.studio.run().loss().size(), std::size_t{10});
    MembershipCommitted second;
    second.number = 2;
    second.term = 1;
    second.baseStep = 8;
    stage.client->addEvent(run.id(), second);
    QTRY_COMPARE(stage.studio.run().loss().size(), std::size_t{8});
    QCOMPARE(stage.studio.run().progress().samples, std::uint64_t{800});
}

void ViewModelsTest::anIncidentIsMarkedWhereTrainingWentOn() {
    Stage stage;
    stage.open();
    FakeRun run(*stage.client, smallJob());
    RunView& view = stage.studio.run();
    view.show(run.id());
    run.prepare();
    run.steps(20);
    const std::uint64_t incident = run.lose(NodeId("node-b"));
    QTRY_COMPARE(view.loss().size(), std::size_t{20});
    QTRY_VERIFY(view.snapshot().state == RunState::Recovering);
    QVERIFY((view.marks() == std::vector<RunMark>{{20, 0}}));
    run.goOn(incident, 0.4, 1);
    run.steps(10);
    QTRY_COMPARE(view.loss().size(), std::size_t{30});
    QVERIFY((view.marks() == std::vector<RunMark>{{20, 0}}));
    QVERIFY(incidentToShow(view.snapshot())->resolved.has_value());
    run.finish();
    QTRY_COMPARE(view.proofState(), ProofState::Exact);
}

void ViewModelsTest::answersAreOfferedWhileTheRunWaits() {
    Stage stage;
    stage.open();
    FakeRun run(*stage.client, smallJob());
    run.prepare();
    run.steps(5);
    QVERIFY(incidentToShow(*stage.client->run(run.id())) == nullptr);
    const std::uint64_t sequence = run.loseAndAsk(NodeId("node-b"));
    RunSnapshot paused = *stage.client->run(run.id());
    const TimedIncident& incident = *incidentToShow(paused);
    QVERIFY((answersTo(incident, paused) == std::vector{IncidentAnswer::GoOn, IncidentAnswer::Move,
                                                        IncidentAnswer::Wait, IncidentAnswer::Stop}));
    QCOMPARE(crewWithout(incident, paused).left, std::size_t{2});
    QCOMPARE(crewWithout(incident, paused).before, std::size_t{3});
    paused.memberships.back().members.push_back({3, TaskId("server-0"), 1, NodeId("node-b"), 1});
    QCOMPARE(crewWithout(incident, paused).left, std::size_t{2});
    QCOMPARE(crewWithout(incident, paused).before, std::size_t{3});
    QVERIFY(taskOf(incident, paused)->task == TaskId("worker-1"));
    run.goOn(sequence, 30, 0);
    const RunSnapshot goesOn = *stage.client->run(run.id());
    QVERIFY(answersTo(*incidentToShow(goesOn), goesOn).empty());
}

void ViewModelsTest::workIsMovedToNodesThatAreFree() {
    Stage stage;
    stage.open();
    FakeRun run(*stage.client, smallJob());
    run.prepare();
    for (NodeView node : stage.client->cluster().nodes) {
        node.state = NodeState::Busy;
        node.tasks = {"worker"};
        stage.client->setNode(node);
    }
    QTRY_VERIFY(stage.studio.cluster().nodes[2].state == NodeState::Busy);
    const auto obstacle = [&](NodeAction action, std::size_t node) {
        const ClusterView& cluster = stage.studio.cluster();
        return obstacleTo(action, cluster.nodes[node], cluster,
                          stage.studio.workOn(cluster.nodes[node].node));
    };
    QVERIFY(obstacle(NodeAction::Move, 1) == Obstacle::NoFreeNode);
    NodeView free = demoClusterView().nodes[0];
    free.node = NodeId("node-d");
    free.tasks = {"server-0"};
    stage.client->setNode(free);
    QTRY_COMPARE(stage.studio.cluster().nodes.size(), std::size_t{4});
    QVERIFY((moveTargets(stage.studio.cluster(), NodeId("node-b")) == std::vector<NodeId>{NodeId("node-d")}));
    QVERIFY(!obstacle(NodeAction::Move, 1));
    QVERIFY(obstacle(NodeAction::Move, 3) == Obstacle::NoWork);
    stage.studio.moveWork(stage.studio.workOn(NodeId("node-b")), NodeId("node-d"));
    QTRY_COMPARE(stage.client->commands().size(), std::size_t{1});
    QVERIFY(stage.client->commands()[0] == "move " + run.id().value + " worker-1 node-d");
    QVERIFY(obstacle(NodeAction::Undrain, 3) == Obstacle::NotDrained);
    stage.studio.drain(NodeId("node-d"));
    QTRY_VERIFY(stage.studio.cluster().nodes[3].drained);
    QVERIFY(obstacle(NodeAction::Drain, 3) == Obstacle::AlreadyDrained);
    QVERIFY(moveTargets(stage.studio.cluster(), NodeId("node-b")).empty());
    stage.client->setConnected(false, "gone");
    QTRY_VERIFY(!stage.studio.cluster().connected);
    QVERIFY(obstacle(NodeAction::Undrain, 3) == Obstacle::NoCluster);
}

void ViewModelsTest::theBoardSaysWhatAMoveCosts() {
    Stage stage;
    ClusterView cluster = demoClusterView();
    cluster.nodes[0].tasks = {"worker-0"};
    cluster.nodes[1].tasks = {"server-0"};
    stage.open(cluster);
    FakeRun script(*stage.client, smallJob());
    script.prepare();
    QTRY_VERIFY(stage.studio.run().isShown());
    const RunSnapshot run = stage.studio.run().snapshot();
    const auto columns = boardColumns(run, cluster.nodes);
    QCOMPARE(columns.size(), std::size_t{3});
    BoardTask worker = columns[2].tasks.front();
    const auto problem = [&](BoardColumn target) { return outlookOf(worker, target, run, true).problem; };
    QVERIFY(problem(columns[0]) == MoveProblem::NoFreeSlot);
    QCOMPARE(outlookOf(worker, columns[0], run, true).occupants, std::vector<std::string>{"worker-0"});
    QVERIFY(!problem(columns[1]));  // A server has no worker's slot.
    QVERIFY(problem(columns[2]) == MoveProblem::AlreadyThere);
    QVERIFY(outlookOf(worker, columns[1], run, false).problem == MoveProblem::NoCluster);
    BoardColumn other = columns[1];
    other.node.drained = true;
    QVERIFY(problem(other) == MoveProblem::Drained);
    other = columns[1];
    other.node.state = NodeState::Silent;
    QVERIFY(problem(other) == MoveProblem::Unreachable);
    RunSnapshot over = run;
    over.state = RunState::Completed;
    QVERIFY(outlookOf(worker, columns[1], over, true).problem == MoveProblem::NotTraining);
    worker.asked = NodeId("node-b");
    QVERIFY(problem(columns[1]) == MoveProblem::OnItsWay);
    // A node that the cluster has no more keeps its column while a task is placed there.
    QCOMPARE(boardColumns(run, {cluster.nodes[0]}).size(), std::size_t{3});
}

void ViewModelsTest::aPlannedChangeIsMeasured() {
    Stage stage;
    stage.open();
    FakeRun script(*stage.client, smallJob());
    script.prepare();
    script.steps(3);
    QTRY_COMPARE(stage.studio.run().progress().stepsDone, Step{3});
    QCOMPARE(stage.studio.run().lastPauseSeconds(), std::nullopt);
    MembershipCommitted next = stage.studio.run().snapshot().memberships.back();
    next.number += 1;
    next.baseStep = 3;
    stage.client->addEvent(script.id(), next);
    stage.client->moveClock(std::chrono::milliseconds(600));
    StepRow row = stage.client->rows(script.id(), std::nullopt, 1).front();
    row.key = {next.number, 3};
    row.appliedAt = stage.client->now();
    stage.client->addRows(script.id(), {row});
    QTRY_COMPARE(stage.studio.run().progress().stepsDone, Step{4});
    // The step itself took 0.1 s of the 0.6 s.
    QVERIFY(std::abs(stage.studio.run().lastPauseSeconds().value() - 0.5) < 1e-6);
}

void ViewModelsTest::theSlowestTaskIsNamed() {
    MembershipCommitted membership;
    membership.number = 1;
    for (Rank rank = 0; rank < 3; ++rank) {
        membership.members.push_back(
            {rank, TaskId("worker-" + std::to_string(rank)), 1, NodeId("node-a"), 1});
    }
    StepTimes times;
    const auto add = [&](Step step, double slowMs) {
        StepRow row;
        row.key = {1, step};
        // The slowest waits for nobody: what it has left is the wire.
        row.members = {{0, 40, 10 + slowMs - 40, 60}, {1, slowMs, 10, 60}, {2, 40, 10 + slowMs - 40, 60}};
        times.add(row, membership);
    };
    for (Step step = 0; step < 9; ++step) {
        add(step, 80);
    }
    QVERIFY(!times.straggler());  // Too few to judge.
    add(9, 80);
    QVERIFY(times.straggler().has_value());
    QCOMPARE(times.straggler()->task, TaskId("worker-1"));
    QVERIFY(std::abs(times.straggler()->ratio - 2) < 1e-9);
    QCOMPARE(times.recent()[0].of(TimePart::Wait), 40.0);
    QCOMPARE(times.recent()[1].of(TimePart::Wait), 0.0);
    QCOMPARE(times.recent()[1].of(TimePart::Wire), 10.0);
    QCOMPARE(times.table(TimePart::Compute).largest(1, 0, 10), std::optional(80.0));
    QCOMPARE(times.mean(TimePart::Wire).size(), std::size_t{10});
    for (Step step = 10; step < 70; ++step) {
        add(step, 42);
    }
    QVERIFY(!times.straggler());  // It has caught up.
}

void ViewModelsTest::theLogsOfAllTasksStandInOrder() {
    Stage stage;
    stage.open();
    FakeRun script(*stage.client, smallJob());
    script.prepare();
    const auto write = [&](const char* task, const char* node, const std::string& text) {
        stage.client->setTaskLog(script.id(), {TaskId(task), NodeId(node)}, {text, false, NodeId(node)});
    };
    write("worker-0", "node-a",
          "2026-01-31T12:00:01.000Z [w] info: a\n2026-01-31T12:00:03.000Z [w] info: c\n");
    write("worker-1", "node-b", "2026-01-31T12:00:02.000Z [w] error: b\nits second line\n");
    RunLogs logs(stage.studio.bridge());
    QAbstractItemModelTester tester(&logs);
    logs.show(script.id());
    QCOMPARE(logs.rowCount(), 0);
    logs.setWatched(true);
    QTRY_COMPARE(logs.rowCount(), 4);
    QCOMPARE(logs.at(1).place.task, TaskId("worker-1"));
    QCOMPARE(logs.at(2).text, std::string("its second line"));
    QCOMPARE(logs.firstError(), 1);
    QCOMPARE(logs.problems().size(), std::size_t{1});  // Of the task without a log.
    QCOMPARE(logs.data(logs.index(0, RunLogs::Node)).toString(), QStringLiteral("node-a"));
    logs.show(RunId());
    QCOMPARE(logs.rowCount(), 0);
}

void ViewModelsTest::aFinishedRunIsProven() {
    Stage stage;
    stage.open();
    FakeRun run(*stage.client, smallJob());
    stage.studio.run().show(run.id());
    run.prepare();
    run.finish();
    QTRY_COMPARE(stage.studio.run().proofState(), ProofState::Exact);
    QCOMPARE(stage.studio.run().proof()->samplesRead, std::uint64_t{6000});
    QVERIFY(stage.studio.run().modelCopy().complete);
    QVERIFY(!stage.studio.run().isActive());
    QCOMPARE(stage.studio.run().testAccuracy().size(), std::size_t{1});
}

void ViewModelsTest::theHistoryKeepsItsRowsWhileItGrows() {
    Stage stage;
    QAbstractItemModelTester tester(&stage.studio.runs());
    stage.open();
    FakeRun first(*stage.client, smallJob());
    QTRY_COMPARE(stage.studio.runs().rowCount(), 1);
    const QPersistentModelIndex kept(stage.studio.runs().index(0, 0));
    FakeRun second(*stage.client, smallJob());
    QTRY_COMPARE(stage.studio.runs().rowCount(), 2);
    QVERIFY(kept.isValid());
    QVERIFY(stage.studio.runs().at(kept.row()).run == first.id());
    second.prepare();
    QTRY_VERIFY(stage.studio.runs().at(0).state == RunState::Training);
    QCOMPARE(stage.studio.runs().index(0, RunTableModel::Name).data().toString(), QStringLiteral("small"));
}

void ViewModelsTest::aDeletedRunCanBeTakenBack() {
    Stage stage;
    QAbstractItemModelTester tester(&stage.studio.runs());
    stage.open();
    FakeRun run(*stage.client, smallJob());
    run.prepare();
    run.finish();
    QTRY_COMPARE(stage.studio.runs().rowCount(), 1);
    stage.studio.hide(run.id());
    QCOMPARE(stage.studio.runs().rowCount(), 0);
    stage.studio.unhide();
    QCOMPARE(stage.studio.runs().rowCount(), 1);
    QVERIFY(stage.client->run(run.id()).has_value());
}

void ViewModelsTest::aDeletedRunIsForgottenInTheEnd() {
    Stage stage;
    stage.open();
    FakeRun run(*stage.client, smallJob());
    run.prepare();
    run.finish();
    QTRY_COMPARE(stage.studio.runs().rowCount(), 1);
    stage.studio.hide(run.id());
    stage.studio.forgetHidden();
    QTRY_VERIFY(!stage.client->run(run.id()).has_value());
    QTRY_VERIFY(stage.studio.runs().hidden().empty());
    QCOMPARE(stage.studio.runs().rowCount(), 0);
}

void ViewModelsTest::theDraftTellsEveryProblem() {
    JobDraft draft;
    QVERIFY(draft.isValid());
    QVERIFY(draft.job() == demoJob());
    draft.setText("epochs", QStringLiteral("many"));
    draft.setText("global_batch", QStringLiteral("0"));
    draft.setText("optimizer.learning_rate", QStringLiteral("nan"));
    QVERIFY(!draft.isValid());
    QCOMPARE(draft.problems().size(), std::size_t{3});
    QCOMPARE(draft.text("epochs"), QStringLiteral("many"));  // As it was typed, also in the file.
    QVERIFY(draft.yaml().contains(QStringLiteral("epochs: many")));
    for (const JobProblem& problem : draft.problems()) {
        QVERIFY2(problem.line > 0, problem.text.c_str());
    }
    draft.setText("epochs", QStringLiteral("3"));
    draft.setText("global_batch", QStringLiteral(" 128 "));
    draft.setText("optimizer.learning_rate", QStringLiteral("1e-2"));
    QVERIFY(draft.isValid());
    QCOMPARE(draft.job().epochs, std::uint64_t{3});
    QCOMPARE(draft.job().optimizer.learningRate, 0.01);
}

void ViewModelsTest::theDraftsFileDoesTheSame() {
    JobDraft draft;
    draft.edit([](JobSpec& job) {
        job.name = "a: name # with marks";
        job.numerics = Numerics::Reproducible;
        job.model.name = "mlp";
    });
    draft.setText("model.hidden", QStringLiteral("64, 32"));
    const JobResult read = parseJob(draft.yaml().toStdString());
    QVERIFY(read.has_value());
    QVERIFY(*read == draft.job());
    QVERIFY((read->model.hidden == std::vector<std::int64_t>{64, 32}));
}

void ViewModelsTest::aTableIsPreviewedWithItsTypes() {
    TempFolder folder;
    const auto path = folder.path() / "iris.csv";
    QVERIFY(writeFileAtomically(path, "length,width,kind\n1.5,2,a\n2.5,3,b\n3.5,4,a\n").has_value());
    CsvPreviewModel table;
    QAbstractItemModelTester tester(&table);
    table.load(QString::fromStdString(path.string()));
    QTRY_COMPARE(table.state(), CsvPreviewModel::State::Loaded);
    QCOMPARE(table.rowCount(), 3);
    QCOMPARE(table.columnCount(), 3);
    QCOMPARE(table.index(1, 2).data().toString(), QStringLiteral("b"));
    QVERIFY(table.summary().columns[2].type == CsvColumnType::Categorical);
}

void ViewModelsTest::aMissingTableIsAnError() {
    CsvPreviewModel table;
    table.load(QStringLiteral("/nowhere/table.csv"));
    QTRY_COMPARE(table.state(), CsvPreviewModel::State::Failed);
    QVERIFY(table.error()->kind == ErrorKind::NotFound);
}

void ViewModelsTest::settingsAreRemembered() {
    TempFolder folder;
    {
        StudioSettings settings(folder.path());
        QCOMPARE(settings.theme(), ThemeChoice::System);
        settings.setTheme(ThemeChoice::Dark);
        settings.setLanguage(QStringLiteral("zh_CN"));
        settings.setSmoothing(85);
    }
    const StudioSettings again(folder.path());
    QCOMPARE(again.theme(), ThemeChoice::Dark);
    QCOMPARE(again.language(), QStringLiteral("zh_CN"));
    QCOMPARE(again.smoothing(), 85);
}

QTEST_GUILESS_MAIN(ViewModelsTest)
#include "view_models_test.moc"
