// A second longship-studio raises the first one's window. The first one's is in this process, where a test
// can look at it; the second is the program itself.
#include <QApplication>
#include <QElapsedTimer>
#include <QProcess>
#include <QTest>

#include "app/studio/single_window.h"
#include "app/studio/theme/theme.h"
#include "tests/gui/stage.h"

using namespace longship;
using namespace longship::test;

class SingleWindowTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeKind::Light); }
    void theSecondRaisesTheFirst();
    void otherHomesAndClustersHaveTheirOwn();
};

void SingleWindowTest::theSecondRaisesTheFirst() {
    Stage stage;
    stage.open();
    SingleWindow first(stage.folder.path() / "data", "demo");
    QVERIFY(first.claim());
    connect(&first, &SingleWindow::raiseRequested, &stage.window, &MainWindow::comeToFront);
    QWidget other;
    other.resize(1600, 1000);
    other.show();
    other.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&other));
    QVERIFY(!stage.window.isActiveWindow());

    QProcess second;
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("LONGSHIP_HOME"), stage.path("").chopped(1));
    second.setProcessEnvironment(environment);
    second.start(QStringLiteral(PROGRAM_FOLDER "/longship-studio"), {});
    QTRY_COMPARE_WITH_TIMEOUT(second.state(), QProcess::NotRunning, 20'000);
    QCOMPARE(second.exitStatus(), QProcess::NormalExit);
    QCOMPARE(second.exitCode(), 0);
    QTRY_VERIFY(stage.window.isActiveWindow());
    // It came no further than to the question whose window it is: no cluster was started for it.
    QVERIFY(!QFile::exists(stage.path("data/clusters")));

    stage.window.hide();
    second.start(QStringLiteral(PROGRAM_FOLDER "/longship-studio"), {});
    QTRY_COMPARE_WITH_TIMEOUT(second.state(), QProcess::NotRunning, 20'000);
    QTRY_VERIFY(stage.window.isVisible());
}

void SingleWindowTest::otherHomesAndClustersHaveTheirOwn() {
    TempFolder folder;
    SingleWindow first(folder.path(), "demo");
    QVERIFY(first.claim());
    SingleWindow otherCluster(folder.path(), "lab");
    QVERIFY(otherCluster.claim());
    SingleWindow otherHome(folder.path() / "b", "demo");
    QVERIFY(otherHome.claim());
}

QTEST_MAIN(SingleWindowTest)
#include "single_window_test.moc"
