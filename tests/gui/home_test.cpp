// The first page and the first minute, the settings, and what is back after a restart.
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>
#include <QTranslator>

#include "app/studio/pages/main_window.h"
#include "app/studio/theme/theme.h"
#include "tests/gui/clicks.h"
#include "tests/gui/stage.h"

using namespace longship;
using namespace longship::test;

namespace {

/// The window as it opens for somebody who never had it.
struct FirstStart {
    FirstStart() { stage.window.goTo(Page::Home); }
    Stage stage;
};

ClusterView startingCluster() {
    ClusterView cluster = demoClusterView();
    for (NodeView& node : cluster.nodes) {
        node.state = NodeState::Connecting;
        node.sample.reset();
    }
    return cluster;
}

}  // namespace

class HomeTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeKind::Light); }
    void cleanup() { QCOMPARE(dropPlans(), 0); }
    void theFirstStartShowsHome();
    void theNodesTurnReadyAndEnterTwiceTrains();
    void aRunThatGoesOnIsOneClickAway();
    void recentRunsAreOpenedFromHere();
    void afterTenSecondsAPlugIsPulled();
    void theHintIsDeclinedOnce();
    void settingsTakeEffectAtOnce();
    void theLanguageIsSwitchedOnItsPage();
    void pageAndSettingsAreBackAfterARestart();
    void everythingFitsASmallScreen();
};

void HomeTest::theFirstStartShowsHome() {
    TempFolder folder;
    StudioSettings settings(folder.path());
    StudioModel studio(settings);
    MainWindow window(studio);
    window.show();
    QVERIFY(findNamed<QPushButton>(window, "tryDemo")->isVisible());
    QVERIFY(findNamed<QAbstractButton>(window, "pageHome")->isChecked());
}

void HomeTest::theNodesTurnReadyAndEnterTwiceTrains() {
    FirstStart first;
    Stage& stage = first.stage;
    stage.open(startingCluster());
    auto* next = stage.find<Banner>("next");
    QTRY_COMPARE(next->heading(), QStringLiteral("The nodes turn ready: 0 of 3"));
    const ClusterView ready = demoClusterView();
    for (std::size_t i = 0; i < ready.nodes.size(); ++i) {
        stage.client->setNode(ready.nodes[i]);
        if (i == 1) {
            QTRY_COMPARE(next->heading(), QStringLiteral("The nodes turn ready: 2 of 3"));
            stage.grab("home_starting");
        }
    }
    QTRY_COMPARE(next->heading(), QStringLiteral("Ready: 3 nodes wait for work"));
    stage.grab("home_first");
    QTest::keyClick(stage.find<QPushButton>("tryDemo"), Qt::Key_Return);
    auto* train = stage.find<QPushButton>("train");
    QTRY_VERIFY(train->isVisible());
    QVERIFY(stage.window.focusWidget() == train);
    QTest::keyClick(train, Qt::Key_Return);
    QTRY_COMPARE(stage.client->submitted().size(), std::size_t{1});
    QVERIFY(stage.client->submitted().front() == demoJob());
}

void HomeTest::aRunThatGoesOnIsOneClickAway() {
    FirstStart first;
    Stage& stage = first.stage;
    stage.open();
    FakeRun run(*stage.client, demoJob(), likeFashionMnist());
    run.prepare();
    run.steps(20);
    auto* next = stage.find<Banner>("next");
    QTRY_COMPARE(next->heading(), QStringLiteral("“fashion-mnist-cnn” goes on"));
    QVERIFY(stage.find<QPushButton>("tryDemo")->isVisible());
    stage.grab("home_training");
    stage.click("nextAction");
    QTRY_VERIFY(stage.find<QLabel>("runName")->isVisible());
}

void HomeTest::recentRunsAreOpenedFromHere() {
    FirstStart first;
    Stage& stage = first.stage;
    stage.open();
    for (int i = 0; i < 8; ++i) {
        JobSpec job = demoJob();
        job.name = "run-" + std::to_string(i);
        FakeRun run(*stage.client, job);
        run.prepare();
        i == 3 ? run.fail(NodeId("node-c"), "node-c: the data file is missing") : run.endStopped();
    }
    auto* table = stage.find<QTableView>("recentRuns");
    QTRY_COMPARE(table->model()->rowCount(), 6);
    QTRY_COMPARE(table->model()->index(0, RunTableModel::Name).data().toString(), QStringLiteral("run-7"));
    stage.grab("home_runs");
    table->selectRow(2);
    QTest::keyClick(table, Qt::Key_Return);
    QTRY_COMPARE(stage.find<QLabel>("runName")->text(), QStringLiteral("run-5"));
    QVERIFY(stage.find<QLabel>("runName")->isVisible());
}

void HomeTest::afterTenSecondsAPlugIsPulled() {
    Stage stage;
    stage.open();
    FakeRun run(*stage.client, demoJob(), likeFashionMnist());
    QTRY_VERIFY(stage.studio.run().isShown());
    run.prepare();
    makeBusy(*stage.client);
    run.steps(50);  // Four seconds.
    QTRY_COMPARE(stage.studio.run().progress().stepsDone, Step{50});
    QVERIFY(!stage.find<Banner>("guide")->isVisible());
    run.steps(90);
    QTRY_VERIFY(stage.find<Banner>("guide")->isVisible());
    QCOMPARE(stage.find<Banner>("guide")->heading(), QStringLiteral("Now pull a plug: kill node-b"));
    stage.grab("first_minute");
    stage.click("killNode");
    QTRY_COMPARE(stage.client->commands().size(), std::size_t{1});
    QCOMPARE(QString::fromStdString(stage.client->commands().front()),
             QStringLiteral("drill %1 node-b kill-agent").arg(QString::fromStdString(run.id().value)));
    QVERIFY(!stage.find<Banner>("guide")->isVisible());
    QVERIFY(stage.settings.plugHintSeen());
}

void HomeTest::theHintIsDeclinedOnce() {
    Stage stage;
    stage.open();
    FakeRun run(*stage.client, demoJob(), likeFashionMnist());
    QTRY_VERIFY(stage.studio.run().isShown());
    run.prepare();
    makeBusy(*stage.client);
    run.steps(140);
    QTRY_VERIFY(stage.find<Banner>("guide")->isVisible());
    stage.click("declineHint");
    QVERIFY(!stage.find<Banner>("guide")->isVisible());
    run.steps(20);
    QTRY_COMPARE(stage.studio.run().progress().stepsDone, Step{160});
    QVERIFY(!stage.find<Banner>("guide")->isVisible());
    QVERIFY(stage.client->commands().empty());
}

void HomeTest::settingsTakeEffectAtOnce() {
    Stage stage;
    stage.open();
    stage.click("pageSettings");
    QSignalSpy theme(&stage.settings, &StudioSettings::themeChanged);
    QVERIFY(choose(stage.find<QComboBox>("theme"), QStringLiteral("Dark")));
    QVERIFY(!theme.isEmpty());
    QCOMPARE(stage.settings.theme(), ThemeChoice::Dark);
    stage.grab("settings");
    stage.find<QCheckBox>("notifyFinished")->click();
    QVERIFY(!stage.settings.notifies(NoticeKind::Finished));
    QVERIFY(stage.settings.notifies(NoticeKind::Failed));
    stage.settings.setTheme(ThemeChoice::Light);
    QCOMPARE(stage.find<QComboBox>("theme")->currentText(), QStringLiteral("Light"));
}

void HomeTest::theLanguageIsSwitchedOnItsPage() {
    QTranslator translator;
    QVERIFY(translator.load(QStringLiteral(":/i18n/longship_zh_CN.qm")));
    Stage stage;
    stage.open();
    connect(&stage.settings, &StudioSettings::languageChanged, &stage.window,
            [&] { QCoreApplication::installTranslator(&translator); });
    stage.click("pageSettings");
    QVERIFY(choose(stage.find<QComboBox>("language"), QStringLiteral("简体中文")));
    QTRY_COMPARE(stage.find<QAbstractButton>("pageSettings")->accessibleName(), QStringLiteral("设置"));
    QTRY_COMPARE(stage.find<QComboBox>("language")->currentText(), QStringLiteral("简体中文"));
    QTRY_VERIFY(stage.find<QComboBox>("language")->isVisible());
    stage.grab("zh_settings");
    stage.click("pageHome");
    stage.grab("zh_home");
    applyTheme(*qApp, ThemeKind::Dark);
    stage.grab("dark_zh_home");
    stage.click("pageSettings");
    stage.grab("dark_zh_settings");
    applyTheme(*qApp, ThemeKind::Light);
    QCoreApplication::removeTranslator(&translator);
}

void HomeTest::pageAndSettingsAreBackAfterARestart() {
    TempFolder folder;
    for (const Page page : {Page::History, Page::Settings, Page::Cluster, Page::Home}) {
        {
            StudioSettings settings(folder.path());
            StudioModel studio(settings);
            MainWindow window(studio);
            window.show();
            window.goTo(page);
            settings.setTheme(ThemeChoice::Dark);
        }  // Not closed, as after a crash.
        StudioSettings settings(folder.path());
        StudioModel studio(settings);
        MainWindow again(studio);
        again.show();
        const char* const buttons[] = {"page1", "page2", "page3", "pageHome", "pageSettings"};
        QVERIFY(findNamed<QAbstractButton>(again, buttons[static_cast<std::size_t>(page)])->isChecked());
        QCOMPARE(settings.theme(), ThemeChoice::Dark);
    }
}

void HomeTest::everythingFitsASmallScreen() {
    FirstStart first;
    Stage& stage = first.stage;
    stage.window.resize(1280, 720);
    stage.open();
    for (int i = 0; i < 6; ++i) {
        FakeRun run(*stage.client, demoJob());
        run.prepare();
        run.endStopped();
    }
    QTRY_COMPARE(stage.find<QTableView>("recentRuns")->model()->rowCount(), 6);
    QVERIFY(stage.window.minimumSizeHint().height() <= 720);
    QCOMPARE(stage.window.size(), QSize(1280, 720));
    stage.grab("home_small");
    for (QLabel* label : stage.window.findChildren<QLabel*>()) {
        if (label->isVisible() && label->wordWrap() && !label->text().isEmpty()) {
            QVERIFY2(label->height() >= label->heightForWidth(label->width()), qPrintable(label->text()));
        }
    }
}

QTEST_MAIN(HomeTest)
#include "home_test.moc"
