// The task board, by mouse, menu and keys, on a scripted client.
#include <QComboBox>
#include <QMenu>
#include <QPushButton>
#include <QTabBar>
#include <QTimer>
#include <QToolButton>
#include <QTranslator>

#include "app/studio/pages/task_column.h"
#include "app/studio/theme/theme.h"
#include "app/studio/widgets/banner.h"
#include "tests/gui/stage.h"

using namespace longship;
using namespace longship::test;

namespace {

constexpr int kTasksTab = 1;

/// A run of three nodes in the middle of its training, and a fourth node that is free; the board is open.
struct Board {
    Stage stage;
    std::optional<FakeRun> run;

    explicit Board(const std::string& cluster = "demo") {
        ClusterView view = demoClusterView();
        view.name = cluster;
        stage.open(view);
        run.emplace(*stage.client, demoJob(), likeFashionMnist());
        QTRY_VERIFY(stage.studio.run().isShown());
        run->prepare();
        makeBusy(*stage.client);
        run->steps(60);
        addFreeNode();
        QTRY_COMPARE(stage.studio.run().progress().stepsDone, Step{60});
        stage.find<QTabBar>("runTabs")->setCurrentIndex(kTasksTab);
        QTRY_VERIFY(stage.find<TaskColumn>("column_node-d") != nullptr);
        QTRY_VERIFY(card("worker-1") != nullptr && card("worker-1")->isVisible());
        // Layouts settle in the event loop; what is dragged needs its place.
        QTRY_VERIFY(column("node-d")->width() > 0 &&
                    column("node-d")->mapTo(&stage.window, QPoint()).x() > 0);
    }

    void addFreeNode() {
        NodeView node = demoClusterView().nodes[1];
        node.node = NodeId("node-d");
        stage.client->setNode(node);
    }

    TaskCard* card(const char* task) {
        return stage.find<TaskCard>(QByteArray("task_").append(task).constData());
    }
    TaskColumn* column(const char* node) {
        return stage.find<TaskColumn>(QByteArray("column_").append(node).constData());
    }
    QString preview() { return stage.find<Banner>("movePreview")->text(); }

    /// Presses on the card and goes to the middle of the column, without letting go.
    void dragOver(const char* task, const char* node) {
        TaskCard* from = card(task);
        const QPoint start = from->rect().center();
        QTest::mousePress(from, Qt::LeftButton, {}, start);
        TaskColumn* to = column(node);
        QTest::mouseMove(from, start + QPoint(40, 0));
        QTest::mouseMove(from, from->mapFromGlobal(to->mapToGlobal(to->rect().center())));
    }
    void drop(const char* task, const char* node) {
        TaskCard* from = card(task);
        TaskColumn* to = column(node);
        QTest::mouseRelease(from, Qt::LeftButton, {},
                            from->mapFromGlobal(to->mapToGlobal(to->rect().center())));
    }

    std::vector<std::string> commands() { return stage.client->commands(); }
    std::string move(const char* task, const char* node) {
        return "move " + run->id().value + " " + task + " " + node;
    }
    void moves(const char* task, const char* goal) {
        TaskChanged change{TaskId(task), 1, NodeId("node-b"), TaskState::Running, {}};
        change.next = 2;
        change.goal = NodeId(goal);
        stage.client->addEvent(run->id(), change);
    }
    void arrives(const char* task, const char* node) {
        stage.client->addEvent(run->id(), TaskChanged{TaskId(task), 2, NodeId(node), TaskState::Running, {}});
    }

    void loseNode() {
        NodeView node = stage.client->cluster().nodes[1];
        node.state = NodeState::Lost;
        node.detail = "Its agent has not been heard for 3.0 s.";
        node.tasks.clear();
        stage.client->setNode(node);
    }
};

}  // namespace

class BoardTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeKind::Light); }
    void cleanup() { QCOMPARE(dropPlans(), 0); }
    void tasksStandOnTheirNodes();
    void aTaskIsDraggedToAnotherNode();
    void aTakenNodeSaysWhyNot();
    void keysMoveATask();
    void escapeLetsGo();
    void theMenuMovesATask();
    void aRefusalIsToldAndTheCardStays();
    void aFailedNodeStandsOutAndItsWorkIsMoved();
    void aNodeIsDrainedOnItsHead();
    void faultsAreTriedOnTheDemo();
    void realNodesAreDrilledInADialog();
    void serversHaveCardsToo();
    void theDarkThemeAndChinese();
};

void BoardTest::tasksStandOnTheirNodes() {
    Board board;
    QCOMPARE(board.column("node-a")->cardCount(), std::size_t{1});
    QCOMPARE(board.column("node-b")->cards().front()->task(), TaskId("worker-1"));
    QCOMPARE(board.column("node-d")->cardCount(), std::size_t{0});
    QVERIFY(board.preview().startsWith(QStringLiteral("Drag a task")));
    board.stage.grab("board");
    board.run->finish();
    QTRY_VERIFY(board.preview().startsWith(QStringLiteral("This run is over")));
    // The next one is not.
    FakeRun next(*board.stage.client, demoJob(), likeFashionMnist());
    board.stage.studio.run().show(next.id());
    next.prepare();
    QTRY_VERIFY(board.preview().startsWith(QStringLiteral("Drag a task")));
}

void BoardTest::aTaskIsDraggedToAnotherNode() {
    Board board;
    board.dragOver("worker-1", "node-d");
    QTRY_VERIFY2(board.preview().startsWith(QStringLiteral("worker-1 → node-d.")),
                 qPrintable(board.preview()));
    // The fake run was ready one second after its start, and has had no membership change yet.
    QVERIFY(board.preview().contains(QStringLiteral("about 1.0 s, as when this run started")));
    QVERIFY(board.preview().contains(QStringLiteral("how long is not known yet")));
    QCOMPARE(board.column("node-d")->look(), PanelLook::Target);
    board.stage.grab("board_drag");
    QVERIFY(board.commands().empty());
    board.drop("worker-1", "node-d");
    // Pending at once, and until the cluster confirms it.
    QCOMPARE(board.card("worker-1")->look(), PanelLook::Pending);
    QVERIFY(board.card("worker-1")->accessibleName().contains(QStringLiteral("asked to move to node-d")));
    QTRY_COMPARE(board.commands(), std::vector<std::string>{board.move("worker-1", "node-d")});
    board.moves("worker-1", "node-d");
    QTRY_VERIFY(board.card("worker-1")->accessibleName().contains(QStringLiteral("moves to node-d")));
    board.stage.grab("board_moving");
    board.arrives("worker-1", "node-d");
    QTRY_COMPARE(board.column("node-d")->cardCount(), std::size_t{1});
    QCOMPARE(board.card("worker-1")->look(), PanelLook::Plain);
    QCOMPARE(board.column("node-b")->cardCount(), std::size_t{0});
    QVERIFY(board.preview().startsWith(QStringLiteral("Drag a task")));
}

void BoardTest::aTakenNodeSaysWhyNot() {
    Board board;
    board.dragOver("worker-1", "node-c");
    QTRY_COMPARE(board.preview(), QStringLiteral("node-c has no free slot: worker-2 is there."));
    QCOMPARE(board.column("node-c")->look(), PanelLook::Refused);
    board.drop("worker-1", "node-c");
    QCOMPARE(board.preview(), QStringLiteral("node-c has no free slot: worker-2 is there."));
    QVERIFY(board.commands().empty());
    QCOMPARE(board.column("node-c")->look(), PanelLook::Plain);
}

void BoardTest::keysMoveATask() {
    Board board;
    board.card("worker-0")->setFocus();
    QTest::keyClick(board.card("worker-0"), Qt::Key_Right);
    QCOMPARE(QApplication::focusWidget(), static_cast<QWidget*>(board.card("worker-1")));
    QTest::keyClick(board.card("worker-1"), Qt::Key_X, Qt::ControlModifier);
    QTest::keyClick(board.card("worker-1"), Qt::Key_Right);
    QCOMPARE(board.preview(), QStringLiteral("node-c has no free slot: worker-2 is there."));
    QTest::keyClick(board.card("worker-1"), Qt::Key_Right);
    QVERIFY(board.preview().startsWith(QStringLiteral("worker-1 → node-d.")));
    QTest::keyClick(board.card("worker-1"), Qt::Key_Return);
    QTRY_COMPARE(board.commands(), std::vector<std::string>{board.move("worker-1", "node-d")});
    board.arrives("worker-1", "node-d");
    QTRY_COMPARE(board.column("node-d")->cardCount(), std::size_t{1});
    // The keyboard went with it.
    QCOMPARE(QApplication::focusWidget(), static_cast<QWidget*>(board.card("worker-1")));
}

void BoardTest::escapeLetsGo() {
    Board board;
    board.card("worker-1")->setFocus();
    QTest::keyClick(board.card("worker-1"), Qt::Key_X, Qt::ControlModifier);
    QTest::keyClick(board.card("worker-1"), Qt::Key_Right);
    QTest::keyClick(board.card("worker-1"), Qt::Key_Escape);
    QVERIFY(board.preview().startsWith(QStringLiteral("Drag a task")));
    QTest::keyClick(board.card("worker-1"), Qt::Key_V, Qt::ControlModifier);
    QVERIFY(board.commands().empty());
    QCOMPARE(board.column("node-c")->look(), PanelLook::Plain);
}

void BoardTest::theMenuMovesATask() {
    Board board;
    QStringList entries;
    QStringList targets;
    chooseFromNextMenu(0, entries);  // Opens the menu of targets, whose first possible entry is node-d.
    chooseFromNextMenu(0, targets);
    QTest::mouseClick(board.stage.find<QToolButton>("menu_worker-1"), Qt::LeftButton);
    QTRY_COMPARE(board.commands(), std::vector<std::string>{board.move("worker-1", "node-d")});
    QCOMPARE(targets,
             (QStringList{QStringLiteral("node-a (no free slot)"), QStringLiteral("node-b (it is there)"),
                          QStringLiteral("node-c (no free slot)"), QStringLiteral("node-d")}));
}

void BoardTest::aRefusalIsToldAndTheCardStays() {
    Board board;
    board.stage.client->failNextCommand({ErrorKind::Refused, "node-d was drained just now."});
    board.dragOver("worker-1", "node-d");
    board.drop("worker-1", "node-d");
    QTRY_VERIFY(board.preview().contains(QStringLiteral("node-d was drained just now.")));
    QTRY_COMPARE(board.card("worker-1")->look(), PanelLook::Plain);
    QCOMPARE(board.column("node-b")->cardCount(), std::size_t{1});
}

void BoardTest::aFailedNodeStandsOutAndItsWorkIsMoved() {
    Board board;
    board.loseNode();
    const std::uint64_t incident = board.run->lose(NodeId("node-b"));
    board.run->goOn(incident, 0.43, 1);
    board.run->steps(20);
    QTRY_COMPARE(board.column("node-b")->look(), PanelLook::Trouble);
    auto* trouble = board.stage.find<Banner>("trouble_node-b");
    QVERIFY(trouble->heading().startsWith(QStringLiteral("Lost since ")));
    QVERIFY(trouble->text().contains(QStringLiteral("node-b was lost: nothing was heard from its agent")));
    QVERIFY(trouble->text().contains(QStringLiteral("Done: training goes on with 2 workers")));
    QTRY_COMPARE(board.card("worker-1")->look(), PanelLook::Trouble);
    board.stage.grab("board_lost");
    board.dragOver("worker-1", "node-d");
    QTRY_VERIFY(board.preview().contains(QStringLiteral("the others train on meanwhile")));
    board.drop("worker-1", "node-d");
    QTRY_COMPARE(board.commands(), std::vector<std::string>{board.move("worker-1", "node-d")});
}

void BoardTest::aNodeIsDrainedOnItsHead() {
    Board board;
    board.stage.click("drain_node-c");
    QTRY_COMPARE(board.commands(), std::vector<std::string>{"drain node-c"});
    QTRY_COMPARE(board.stage.find<QPushButton>("drain_node-c")->text(), QStringLiteral("Undrain"));
    board.dragOver("worker-1", "node-c");
    QTRY_COMPARE(board.preview(),
                 QStringLiteral("node-c is drained. Undrain it first, or choose another node."));
    board.drop("worker-1", "node-c");
    board.stage.click("drain_node-c");
    QTRY_COMPARE(board.commands(), (std::vector<std::string>{"drain node-c", "undrain node-c"}));
}

void BoardTest::faultsAreTriedOnTheDemo() {
    Board board;
    QStringList faults;
    chooseFromNextMenu(0, faults);
    board.stage.click("fault_node-b");
    QTRY_COMPARE(board.commands(),
                 std::vector<std::string>{"drill " + board.run->id().value + " node-b kill-worker"});
    QTRY_VERIFY(board.preview().startsWith(QStringLiteral("Done on node-b: Kill the worker.")));
    QVERIFY(!board.stage.find<QPushButton>("fault_node-d")->isVisible());
}

void BoardTest::realNodesAreDrilledInADialog() {
    Board board("lab");
    // Not to do it is the default.
    withNextDialog([&](QDialog* dialog) { QTest::keyClick(dialog, Qt::Key_Return); });
    board.stage.click("fault_node-b");
    QVERIFY(board.commands().empty());
    withNextDialog([&](QDialog* dialog) {
        QVERIFY(choose(dialog->findChild<QComboBox*>(QStringLiteral("drillFault")),
                       QStringLiteral("Cut it off from the others")));
        grabInto(*dialog, "drill");
        QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("drillGo")), Qt::LeftButton);
    });
    board.stage.click("fault_node-b");
    QTRY_COMPARE(board.commands(),
                 std::vector<std::string>{"drill " + board.run->id().value + " node-b partition"});
}

void BoardTest::serversHaveCardsToo() {
    Board board;
    board.stage.client->addEvent(
        board.run->id(), TaskChanged{TaskId("server-0"), 1, NodeId("node-a"), TaskState::Running, {}});
    QTRY_COMPARE(board.column("node-a")->cardCount(), std::size_t{2});
    QVERIFY(board.card("server-0")->isVisible());
    // A worker's slot is no hindrance for a server.
    board.dragOver("server-0", "node-b");
    QTRY_VERIFY(board.preview().startsWith(QStringLiteral("server-0 → node-b.")));
    board.stage.grab("board_servers");
    board.drop("server-0", "node-b");
    QTRY_COMPARE(board.commands(), std::vector<std::string>{board.move("server-0", "node-b")});
}

void BoardTest::theDarkThemeAndChinese() {
    applyTheme(*qApp, ThemeKind::Dark);
    {
        Board board;
        board.stage.window.resize(1280, 720);
        board.loseNode();
        board.run->loseAndAsk(NodeId("node-b"));
        QTRY_COMPARE(board.column("node-b")->look(), PanelLook::Trouble);
        board.stage.grab("dark_board_lost");
    }
    applyTheme(*qApp, ThemeKind::Light);
    QTranslator translator;
    QVERIFY(translator.load(QStringLiteral(":/i18n/longship_zh_CN.qm")));
    QCoreApplication::installTranslator(&translator);
    {
        Board board;
        board.loseNode();
        const std::uint64_t incident = board.run->lose(NodeId("node-b"));
        board.run->goOn(incident, 0.43, 1);
        QTRY_COMPARE(board.column("node-b")->look(), PanelLook::Trouble);
        board.dragOver("worker-0", "node-d");
        QTRY_VERIFY(board.preview().startsWith(QStringLiteral("worker-0 → node-d")));
        board.stage.grab("zh_board");
        board.drop("worker-0", "node-a");
    }
    QCoreApplication::removeTranslator(&translator);
}

QTEST_MAIN(BoardTest)
#include "board_test.moc"
