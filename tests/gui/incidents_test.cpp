// What a person sees and clicks when something goes wrong, on a scripted client.
#include <QClipboard>
#include <QComboBox>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QTabBar>
#include <QTableView>
#include <QTimer>
#include <QTranslator>

#include "app/studio/theme/theme.h"
#include "app/studio/widgets/banner.h"
#include "app/studio/widgets/chart_view.h"
#include "tests/gui/stage.h"

using namespace longship;
using namespace longship::test;

namespace {

/// A run of three nodes in the middle of its training.
struct Voyage {
    Stage stage;
    std::optional<FakeRun> run;

    Voyage() {
        stage.open();
        run.emplace(*stage.client, demoJob(), likeFashionMnist());
        QTRY_VERIFY(stage.studio.run().isShown());
        run->prepare();
        makeBusy(*stage.client);
        run->steps(120);
        QTRY_COMPARE(stage.studio.run().progress().stepsDone, Step{120});
    }

    Banner* banner() { return stage.find<Banner>("incident"); }
    QPushButton* button(const char* name) { return stage.find<QPushButton>(name); }

    void loseNode() {
        NodeView node = stage.client->cluster().nodes[1];
        node.state = NodeState::Lost;
        node.detail = "Its agent has not been heard for 3.0 s.";
        node.tasks.clear();
        stage.client->setNode(node);
    }

    void addFreeNode() {
        NodeView node = demoClusterView().nodes[1];
        node.node = NodeId("node-d");
        stage.client->setNode(node);
    }
};

/// Clicks the entry of that text in the next menu that opens.
void clickInNextMenu(const QString& text) {
    auto* timer = new QTimer(qApp);
    QObject::connect(timer, &QTimer::timeout, timer, [timer, text] {
        auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
        if (menu == nullptr) {
            return;
        }
        for (QAction* action : menu->actions()) {
            if (action->text() == text) {
                timer->deleteLater();
                QTest::mouseClick(menu, Qt::LeftButton, {}, menu->actionGeometry(action).center());
                return;
            }
        }
    });
    timer->start(10);
}

QStringList linesIn(const QTableView* table) {
    QStringList lines;
    for (int row = 0; row < table->model()->rowCount(); ++row) {
        lines << table->model()->index(row, 2).data().toString();
    }
    return lines;
}

/// Commands of the fake cluster but for submissions.
std::vector<std::string> commandsOf(Voyage& voyage) {
    return voyage.stage.client->commands();
}

}  // namespace

class IncidentsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeKind::Light); }
    void anIncidentIsToldWhileItLastsAndAfterwards();
    void aPausedRunOffersItsChoicesWithTheirPrices();
    void waitingPutsTheChoicesAway();
    void workIsMovedFromTheCard();
    void aRunIsPausedAndGoesOn();
    void aNodeIsDrainedAndUndrained();
    void workIsMovedFromTheNodesPage();
    void theContextMenuDoesTheSame();
    void aRefusedMoveSaysWhy();
    void stoppingIsAskedOnceMore();
    void theAnswerEndsTheIncident();
    void nearMarksAreToldTogether();
    void theLogOfALostNodeIsRead();
    void theDarkThemeAndChinese();
};

void IncidentsTest::anIncidentIsToldWhileItLastsAndAfterwards() {
    Voyage voyage;
    voyage.loseNode();
    const std::uint64_t incident = voyage.run->lose(NodeId("node-b"));
    QTRY_COMPARE(voyage.stage.find<QLabel>("runState")->text(), QStringLiteral("Recovering"));
    QCOMPARE(voyage.banner()->heading(), QStringLiteral("Recovering: node-b was lost: "
                                                        "nothing was heard from its agent for 3.0 s"));
    QVERIFY(voyage.banner()->text().contains(QStringLiteral("On node-b, since ")));
    QVERIFY(voyage.banner()->text().contains(QStringLiteral("Why: The machine may be off")));
    QVERIFY(!voyage.button("pause")->isEnabled());
    voyage.stage.grab("run_recovering");

    voyage.run->goOn(incident, 0.43, 1);
    voyage.run->steps(60);
    QTRY_COMPARE(voyage.stage.studio.run().progress().stepsDone, Step{180});
    QTRY_COMPARE(voyage.banner()->heading(), QStringLiteral("Survived: node-b was lost: "
                                                            "nothing was heard from its agent for 3.0 s"));
    QVERIFY(voyage.banner()->text().contains(QStringLiteral("training goes on with 2 workers")));
    QVERIFY(voyage.banner()->text().contains(
        QStringLiteral("It cost 0.4 s. Steps done again: 1, steps lost: 0.")));
    const auto marks = voyage.stage.find<ChartView>("lossChart")->marks();
    QCOMPARE(marks.size(), std::size_t{1});
    QCOMPARE(marks[0].x, 120.0);
    QCOMPARE(marks[0].text, QStringLiteral("node-b lost, 0.4 s, 0 steps lost, 1 redone"));
    voyage.stage.grab("run_survived");
    voyage.stage.click("hideIncident");
    QVERIFY(!voyage.banner()->isVisible());
    QCOMPARE(voyage.stage.find<ChartView>("lossChart")->marks().size(), std::size_t{1});

    // The next one is shown again.
    voyage.run->lose(NodeId("node-c"));
    QTRY_VERIFY(voyage.banner()->isVisible());
    QVERIFY(voyage.banner()->text().contains(QStringLiteral("Other incidents of this run")));
}

void IncidentsTest::aPausedRunOffersItsChoicesWithTheirPrices() {
    Voyage voyage;
    voyage.loseNode();
    voyage.run->loseAndAsk(NodeId("node-b"));
    QTRY_COMPARE(voyage.stage.find<QLabel>("runState")->text(), QStringLiteral("Paused"));
    QTRY_VERIFY(voyage.button("answerGoOn")->isVisible());
    QStringList texts;
    for (const auto* label : voyage.banner()->findChildren<QLabel*>()) {
        texts << label->text();
    }
    QVERIFY(texts.join(u'\n').contains(QStringLiteral("2 of 3 workers: about 67")));
    // Nobody is free to take its work.
    QVERIFY(!voyage.button("answerMove")->isEnabled());
    QVERIFY(texts.contains(QStringLiteral("No other node is free to take its work.")));
    // What stands still has neither a pace nor an end.
    QCOMPARE(voyage.stage.studio.run().throughputNow(), std::nullopt);
    QCOMPARE(voyage.stage.studio.run().progress().remainingSeconds, std::nullopt);
    voyage.stage.grab("run_paused");
    voyage.stage.click("answerGoOn");
    QTRY_COMPARE(commandsOf(voyage).size(), std::size_t{1});
    QCOMPARE(commandsOf(voyage)[0], "resume " + voyage.run->id().value);
    QTRY_VERIFY(!voyage.button("answerGoOn")->isVisible());
}

void IncidentsTest::waitingPutsTheChoicesAway() {
    Voyage voyage;
    voyage.run->loseAndAsk(NodeId("node-b"));
    voyage.stage.click("answerWait");
    QVERIFY(!voyage.button("answerGoOn")->isVisible());
    QVERIFY(voyage.banner()->text().contains(QStringLiteral("Waiting for it")));
    voyage.stage.click("chooseAgain");
    QVERIFY(voyage.button("answerGoOn")->isVisible());
    QVERIFY(commandsOf(voyage).empty());
    bool asked = false;
    withNextDialog([&](QDialog*) { asked = true; });
    voyage.stage.click("answerStop");
    QVERIFY(asked);
    QVERIFY(commandsOf(voyage).empty());
}

void IncidentsTest::workIsMovedFromTheCard() {
    Voyage voyage;
    voyage.loseNode();
    voyage.addFreeNode();
    voyage.run->loseAndAsk(NodeId("node-b"));
    QTRY_VERIFY(voyage.button("answerMove")->isVisible() && voyage.button("answerMove")->isEnabled());
    clickInNextMenu(QStringLiteral("node-d"));
    voyage.stage.click("answerMove");
    QTRY_COMPARE(commandsOf(voyage).size(), std::size_t{1});
    QCOMPARE(commandsOf(voyage)[0], "move " + voyage.run->id().value + " worker-1 node-d");
}

void IncidentsTest::aRunIsPausedAndGoesOn() {
    Voyage voyage;
    QCOMPARE(voyage.button("pause")->text(), QStringLiteral("Pause"));
    voyage.stage.click("pause");
    QTRY_COMPARE(voyage.stage.find<QLabel>("runState")->text(), QStringLiteral("Paused"));
    QTRY_COMPARE(voyage.button("pause")->text(), QStringLiteral("Go on"));
    QVERIFY(!voyage.banner()->isVisible());
    voyage.stage.grab("run_paused_by_hand");
    voyage.stage.click("pause");
    QTRY_COMPARE(voyage.stage.find<QLabel>("runState")->text(), QStringLiteral("Training"));
    const std::string id = voyage.run->id().value;
    QCOMPARE(commandsOf(voyage), (std::vector<std::string>{"pause " + id, "resume " + id}));
}

void IncidentsTest::aNodeIsDrainedAndUndrained() {
    Voyage voyage;
    voyage.stage.click("page2");
    auto* table = voyage.stage.find<QTableView>("nodesTable");
    table->selectRow(2);
    QCOMPARE(voyage.button("drain")->text(), QStringLiteral("Drain"));
    voyage.stage.click("drain");
    QTRY_COMPARE(table->model()->index(2, NodeTableModel::State).data().toString(),
                 QStringLiteral("Draining"));
    NodeView empty = voyage.stage.client->cluster().nodes[2];
    empty.tasks.clear();
    empty.state = NodeState::Ready;
    voyage.stage.client->setNode(empty);
    QTRY_COMPARE(table->model()->index(2, NodeTableModel::State).data().toString(),
                 QStringLiteral("Drained"));
    voyage.stage.grab("nodes_drained");
    QTRY_COMPARE(voyage.button("drain")->text(), QStringLiteral("Undrain"));
    voyage.stage.click("drain");
    QTRY_COMPARE(table->model()->index(2, NodeTableModel::State).data().toString(), QStringLiteral("Ready"));
    QCOMPARE(commandsOf(voyage), (std::vector<std::string>{"drain node-c", "undrain node-c"}));
}

void IncidentsTest::workIsMovedFromTheNodesPage() {
    Voyage voyage;
    voyage.stage.click("page2");
    auto* table = voyage.stage.find<QTableView>("nodesTable");
    table->selectRow(1);
    QVERIFY(!voyage.button("moveWork")->isEnabled());
    QCOMPARE(voyage.stage.find<QLabel>("moveReason")->text(),
             QStringLiteral("No other node is free to take its work."));
    voyage.addFreeNode();
    QTRY_VERIFY(voyage.button("moveWork")->isEnabled());
    voyage.stage.grab("nodes_move");
    clickInNextMenu(QStringLiteral("node-d"));
    voyage.stage.click("moveWork");
    QTRY_COMPARE(commandsOf(voyage).size(), std::size_t{1});
    QCOMPARE(commandsOf(voyage)[0], "move " + voyage.run->id().value + " worker-1 node-d");
    table->selectRow(3);
    QVERIFY(!voyage.button("moveWork")->isEnabled());
    QCOMPARE(voyage.stage.find<QLabel>("moveReason")->text(),
             QStringLiteral("This node has no work to move."));
}

void IncidentsTest::theContextMenuDoesTheSame() {
    Voyage voyage;
    voyage.stage.click("page2");
    auto* table = voyage.stage.find<QTableView>("nodesTable");
    const QPoint at = table->visualRect(table->model()->index(0, 0)).center();
    clickInNextMenu(QStringLiteral("Drain"));
    Q_EMIT table->customContextMenuRequested(at);
    QTRY_COMPARE(commandsOf(voyage).size(), std::size_t{1});
    QCOMPARE(commandsOf(voyage)[0], std::string("drain node-a"));
}

void IncidentsTest::aRefusedMoveSaysWhy() {
    Voyage voyage;
    voyage.addFreeNode();
    voyage.stage.click("page2");
    voyage.stage.find<QTableView>("nodesTable")->selectRow(1);
    QTRY_VERIFY(voyage.button("moveWork")->isEnabled());
    voyage.stage.client->failNextCommand({ErrorKind::Refused, "node-d was drained just now."});
    QString told;
    withNextDialog([&](QDialog* dialog) {
        for (const auto* label : dialog->findChildren<QLabel*>()) {
            told += label->text();
        }
    });
    clickInNextMenu(QStringLiteral("node-d"));
    voyage.stage.click("moveWork");
    QTRY_VERIFY2(told.contains(QStringLiteral("node-d was drained just now.")), qPrintable(told));
}

void IncidentsTest::stoppingIsAskedOnceMore() {
    Voyage voyage;
    voyage.run->loseAndAsk(NodeId("node-b"));
    withNextDialog([&](QDialog* dialog) {
        for (auto* button : dialog->findChildren<QPushButton*>()) {
            if (button->text() == QStringLiteral("Stop the run")) {
                QTest::mouseClick(button, Qt::LeftButton);
                return;
            }
        }
    });
    voyage.stage.click("answerStop");
    QTRY_COMPARE(commandsOf(voyage).size(), std::size_t{1});
    QCOMPARE(commandsOf(voyage)[0], "stop " + voyage.run->id().value);
}

/// Policy `ask` from the loss to the end, with nothing but clicks.
void IncidentsTest::theAnswerEndsTheIncident() {
    Voyage voyage;
    const std::uint64_t incident = voyage.run->loseAndAsk(NodeId("node-b"));
    QTRY_VERIFY(voyage.button("answerGoOn")->isVisible());
    QCOMPARE(
        voyage.banner()->heading(),
        QStringLiteral("The run is paused: node-b was lost: nothing was heard from its agent for 3.0 s"));
    voyage.stage.click("answerGoOn");
    QTRY_COMPARE(commandsOf(voyage), std::vector<std::string>{"resume " + voyage.run->id().value});
    voyage.run->goOn(incident, 7.5, 0);
    voyage.run->steps(30);
    QTRY_COMPARE(voyage.stage.find<QLabel>("runState")->text(), QStringLiteral("Training"));
    QVERIFY(voyage.banner()->text().contains(QStringLiteral("training goes on with 2 workers")));
    QVERIFY(voyage.banner()->text().contains(QStringLiteral("It cost 7.5 s.")));
    QVERIFY(!voyage.button("answerGoOn")->isVisible());
}

void IncidentsTest::nearMarksAreToldTogether() {
    Voyage voyage;
    const std::uint64_t first = voyage.run->lose(NodeId("node-b"));
    voyage.run->goOn(first, 0.43, 1);
    voyage.run->steps(2);
    const std::uint64_t second = voyage.run->lose(NodeId("node-c"));
    voyage.run->goOn(second, 1.27, 0);
    voyage.run->steps(60);
    QTRY_COMPARE(voyage.stage.find<ChartView>("lossChart")->marks().size(), std::size_t{2});
    QTRY_COMPARE(voyage.stage.studio.run().progress().stepsDone, Step{182});
    voyage.stage.grab("run_two_marks");
}

void IncidentsTest::theLogOfALostNodeIsRead() {
    Voyage voyage;
    voyage.loseNode();
    const RunId run = voyage.run->id();
    voyage.stage.client->setTaskLog(run, {TaskId("worker-0"), NodeId("node-a")},
                                    {"2026-01-31T12:00:01.000Z [worker] info: loading data\n"
                                     "2026-01-31T12:00:02.000Z [worker] info: step 1\n",
                                     false, NodeId("node-a")});
    voyage.stage.client->setTaskLog(run, {TaskId("worker-1"), NodeId("node-b")},
                                    {"2026-01-31T12:00:03.000Z [worker] info: step 118\n"
                                     "2026-01-31T12:00:03.500Z [worker] error: out of memory\n"
                                     "a line of its own\n<b>no markup</b>\n",
                                     true, NodeId("node-a")});
    constexpr int kLogsTab = 2;
    voyage.stage.find<QTabBar>("runTabs")->setCurrentIndex(kLogsTab);
    auto* table = voyage.stage.find<QTableView>("logTable");
    // Those of all tasks together, in the order of their times.
    QTRY_COMPARE(table->model()->rowCount(), 6);
    QCOMPARE(linesIn(table).front(), QStringLiteral("2026-01-31T12:00:01.000Z [worker] info: loading data"));
    QCOMPARE(linesIn(table).back(), QStringLiteral("<b>no markup</b>"));
    QVERIFY(voyage.stage.find<QLabel>("logSource")
                ->text()
                .contains(QStringLiteral(
                    "node-b does not answer: the end of the log of worker-1, as kept by node-a")));
    // Nobody has one of worker-2.
    QVERIFY(voyage.stage.find<QLabel>("logSource")->text().contains(QStringLiteral("worker-2 on node-c")));
    auto* error = voyage.stage.find<Banner>("firstError");
    QCOMPARE(error->heading(), QStringLiteral("The first error, of worker-1 on node-b"));
    QCOMPARE(error->text(), QStringLiteral("2026-01-31T12:00:03.500Z [worker] error: out of memory"));
    voyage.stage.grab("logs");
    typeInto(voyage.stage.find<QLineEdit>("logWords"), QStringLiteral("STEP 1"));
    QTRY_COMPARE(linesIn(table),
                 (QStringList{QStringLiteral("2026-01-31T12:00:02.000Z [worker] info: step 1"),
                              QStringLiteral("2026-01-31T12:00:03.000Z [worker] info: step 118")}));
    QVERIFY(choose(voyage.stage.find<QComboBox>("logNode"), QStringLiteral("node-a")));
    QTRY_COMPARE(table->model()->rowCount(), 1);
    // What filters hide is shown when it is asked for, and can be copied.
    voyage.stage.click("showFirstError");
    QTRY_COMPARE(table->model()->rowCount(), 6);
    QCOMPARE(table->currentIndex().row(), 3);
    QTest::keyClick(table, Qt::Key_C, Qt::ControlModifier);
    QVERIFY(QGuiApplication::clipboard()->text().contains(
        QStringLiteral("node-b\tworker-1\t2026-01-31T12:00:03.500Z [worker] error: out of memory\n")));
    // It grows while it is seen.
    voyage.stage.client->setTaskLog(run, {TaskId("worker-0"), NodeId("node-a")},
                                    {"2026-01-31T12:00:01.000Z [worker] info: loading data\n"
                                     "2026-01-31T12:00:02.000Z [worker] info: step 1\n"
                                     "2026-01-31T12:00:09.000Z [worker] info: step 200\n",
                                     false, NodeId("node-a")});
    QTRY_COMPARE_WITH_TIMEOUT(table->model()->rowCount(), 7, 15'000);
}

void IncidentsTest::theDarkThemeAndChinese() {
    QTranslator translator;
    QVERIFY(translator.load(QStringLiteral(":/i18n/longship_zh_CN.qm")));
    applyTheme(*qApp, ThemeKind::Dark);
    {
        Voyage voyage;
        voyage.loseNode();
        voyage.addFreeNode();
        const std::uint64_t incident = voyage.run->loseAndAsk(NodeId("node-b"));
        QTRY_VERIFY(voyage.button("answerGoOn")->isVisible());
        voyage.stage.grab("dark_run_paused");
        voyage.run->goOn(incident, 12.4, 0);
        voyage.run->steps(40);
        QTRY_COMPARE(voyage.stage.studio.run().progress().stepsDone, Step{160});
        voyage.stage.grab("dark_run_survived");
    }
    applyTheme(*qApp, ThemeKind::Light);
    QCoreApplication::installTranslator(&translator);
    {
        Voyage voyage;
        voyage.loseNode();
        voyage.addFreeNode();
        const std::uint64_t incident = voyage.run->loseAndAsk(NodeId("node-b"));
        QTRY_VERIFY(voyage.button("answerGoOn")->isVisible());
        QCOMPARE(voyage.button("answerGoOn")->text(), QStringLiteral("不带它继续"));
        // What the cluster says is told in the reader's language.
        QVERIFY(voyage.banner()->heading().contains(QStringLiteral("node-b 失联")));
        QVERIFY(voyage.banner()->text().contains(QStringLiteral("该机器可能已关机")));
        QVERIFY(voyage.banner()->text().contains(QStringLiteral("运行已暂停，等待您的决定。")));
        voyage.stage.grab("zh_run_paused");
        voyage.stage.click("page2");
        voyage.stage.grab("zh_nodes_incident");
        voyage.stage.click("page1");
        voyage.run->goOn(incident, 12.4, 2);
        voyage.run->steps(40);
        QTRY_COMPARE(voyage.stage.studio.run().progress().stepsDone, Step{160});
        voyage.stage.grab("zh_run_survived");
    }
    QCoreApplication::removeTranslator(&translator);
}

QTEST_MAIN(IncidentsTest)
#include "incidents_test.moc"
