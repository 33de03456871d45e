// A cluster whose majority is gone, and runs that nobody knows any more, on a scripted client.
#include <QDialog>
#include <QPushButton>
#include <QTableView>
#include <QTranslator>

#include "app/studio/theme/theme.h"
#include "app/studio/widgets/banner.h"
#include "tests/gui/stage.h"

using namespace longship;
using namespace longship::test;

namespace {

/// Two of three nodes are gone; node-b would go on.
Standstill standstillOfB() {
    Standstill standstill;
    standstill.outlook = {
        NodeId("node-b"),
        {},
        {{NodeId("node-a"), false, 0}, {NodeId("node-b"), true, 40}, {NodeId("node-c"), false, 0}}};
    standstill.lastHeard[NodeId("node-a")] = BootClock::now() - std::chrono::minutes(2);
    return standstill;
}

QString textOf(QWidget& root) {
    QStringList texts;
    for (const auto* label : root.findChildren<QLabel*>()) {
        texts << label->text();
    }
    return texts.join(u'\n');
}

/// A run trains, and then the others are gone.
struct Calm {
    Stage stage;
    std::optional<FakeRun> run;

    Calm() {
        stage.open();
        run.emplace(*stage.client, demoJob(), likeFashionMnist());
        QTRY_VERIFY(stage.studio.run().isShown());
        run->prepare();
        makeBusy(*stage.client);
        run->steps(120);
        QTRY_COMPARE(stage.studio.run().progress().stepsDone, Step{120});
    }

    void loseTheOthers() {
        for (NodeView node : stage.client->cluster().nodes) {
            if (node.node != NodeId("node-b")) {
                node.state = NodeState::Lost;
                node.leader = false;
                node.tasks.clear();
                stage.client->setNode(node);
            }
        }
        stage.client->setStandstill(standstillOfB());
        QTRY_VERIFY(banner()->isVisible());
    }
    Banner* banner() { return stage.find<Banner>("connection"); }
    QPushButton* button() { return stage.find<QPushButton>("goOnWithout"); }
};

}  // namespace

class StandstillTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeKind::Light); }
    void cleanup() { QCOMPARE(dropPlans(), 0); }
    void itIsSaidWhoIsGoneAndThatNothingIsLost();
    void goingOnIsAskedOnceMoreAndTellsItsPrice();
    void aRefusalIsTold();
    void aRunThatWasLeftBehindSaysSo();
    void aRunOfAnotherBranchReplacesWhatWasShown();
    void theDarkThemeAndChinese();
};

void StandstillTest::itIsSaidWhoIsGoneAndThatNothingIsLost() {
    Calm calm;
    QVERIFY(!calm.banner()->isVisible());
    calm.loseTheOthers();
    QCOMPARE(calm.banner()->heading(), QStringLiteral("Too few nodes answer: all runs wait"));
    const QString text = calm.banner()->text();
    QVERIFY2(text.contains(QStringLiteral("node-a (since ")), qPrintable(text));
    QVERIFY2(text.contains(QStringLiteral("node-c (since before this window was opened)")), qPrintable(text));
    QVERIFY2(text.contains(QStringLiteral("Nothing is lost while you wait")), qPrintable(text));
    QVERIFY(calm.button()->isVisible() && calm.button()->isEnabled());
    calm.stage.grab("standstill");
    // They are back.
    calm.stage.client->setStandstill(std::nullopt);
    QTRY_VERIFY(!calm.banner()->isVisible());
}

void StandstillTest::goingOnIsAskedOnceMoreAndTellsItsPrice() {
    Calm calm;
    calm.loseTheOthers();
    QString said;
    QString whenEntered;
    withNextDialog([&](QDialog* dialog) {
        said = textOf(*dialog);
        grabInto(*dialog, "standstill_question");
        for (const auto* button : dialog->findChildren<QPushButton*>()) {
            whenEntered += button->isDefault() ? button->objectName() : QString();
        }
        QTest::keyClick(dialog, Qt::Key_Return);
    });
    calm.stage.click("goOnWithout");
    QCOMPARE(whenEntered, QStringLiteral("cancelTakeOver"));
    QVERIFY2(said.contains(QStringLiteral("Go on without node-a, node-c?")), qPrintable(said));
    QVERIFY2(said.contains(QStringLiteral("node-b goes on alone")), qPrintable(said));
    QVERIFY2(said.contains(QStringLiteral("cannot be undone")), qPrintable(said));
    QVERIFY(calm.stage.client->commands().empty());

    withNextDialog([](QDialog* dialog) { QVERIFY(clickWhenReady(*dialog, "confirmTakeOver")); });
    calm.stage.click("goOnWithout");
    QTRY_COMPARE(calm.stage.client->commands(), std::vector<std::string>{"take over node-b"});
    QTRY_VERIFY(!calm.stage.studio.isTakingOver());
}

void StandstillTest::aRefusalIsTold() {
    Calm calm;
    calm.loseTheOthers();
    calm.stage.client->failNextCommand({ErrorKind::Refused, "node-a leads the cluster."});
    QString said;
    withNextDialog([](QDialog* question) { QVERIFY(clickWhenReady(*question, "confirmTakeOver")); });
    withNextDialog([&](QDialog* refusal) { said = textOf(*refusal); });
    calm.stage.click("goOnWithout");
    QTRY_VERIFY2(said.contains(QStringLiteral("node-a leads the cluster.")), qPrintable(said));
    QTRY_VERIFY(calm.button()->isEnabled());
}

void StandstillTest::aRunThatWasLeftBehindSaysSo() {
    Calm calm;
    QVERIFY(calm.stage.find<QPushButton>("stop")->isVisible());
    calm.stage.client->setLeftBehind(calm.run->id());
    QTRY_COMPARE(calm.stage.find<QLabel>("runState")->text(), QStringLiteral("Left behind"));
    QVERIFY(textOf(calm.stage.window).contains(QStringLiteral("Known only to nodes that were left behind")));
    QVERIFY(!calm.stage.find<QPushButton>("stop")->isVisible());
    QVERIFY(!calm.stage.find<QPushButton>("pause")->isVisible());
    calm.stage.grab("run_left_behind");
    calm.stage.click("page3");
    auto* table = calm.stage.find<QTableView>("runsTable");
    QTRY_COMPARE(table->model()->index(0, RunTableModel::State).data().toString(),
                 QStringLiteral("Left behind"));
    table->selectRow(0);
    calm.stage.grab("history_left_behind");
    // Nobody else keeps it: it can be put away.
    QTRY_VERIFY(calm.stage.find<QPushButton>("deleteRun")->isEnabled());
}

void StandstillTest::aRunOfAnotherBranchReplacesWhatWasShown() {
    Calm calm;
    calm.stage.client->replace(calm.run->id(),
                               {RunQueued{toYaml(demoJob()), "demo"}, StateChanged{RunState::Preparing}});
    QTRY_COMPARE(calm.stage.find<QLabel>("runState")->text(), QStringLiteral("Preparing"));
    QCOMPARE(calm.stage.studio.run().progress().stepsDone, Step{0});
    QVERIFY(calm.stage.studio.run().loss().empty());
}

void StandstillTest::theDarkThemeAndChinese() {
    applyTheme(*qApp, ThemeKind::Dark);
    QTranslator translator;
    QVERIFY(translator.load(QStringLiteral(":/i18n/longship_zh_CN.qm")));
    QCoreApplication::installTranslator(&translator);
    {
        Calm calm;
        calm.loseTheOthers();
        QVERIFY(!calm.banner()->heading().contains(QStringLiteral("Too few")));
        calm.stage.grab("standstill_dark_zh");
        withNextDialog([](QDialog* dialog) { grabInto(*dialog, "standstill_question_dark_zh"); });
        calm.stage.click("goOnWithout");
        calm.stage.client->setLeftBehind(calm.run->id());
        QTRY_VERIFY(calm.stage.studio.run().isLeftBehind());
        calm.stage.grab("run_left_behind_dark_zh");
    }
    QCoreApplication::removeTranslator(&translator);
    applyTheme(*qApp, ThemeKind::Light);
}

QTEST_MAIN(StandstillTest)
#include "standstill_test.moc"
