// The charts of the run page, by mouse and keys, on a scripted client.
#include <QAbstractScrollArea>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QTabBar>
#include <QTableView>
#include <QTranslator>
#include <QWheelEvent>

#include "app/studio/theme/theme.h"
#include "app/studio/widgets/chart_view.h"
#include "app/studio/widgets/heat_strip.h"
#include "tests/gui/stage.h"

using namespace longship;
using namespace longship::test;

namespace {

/// A run in which worker-2 computes half as fast as the others, and one before it that is over.
struct Charts {
    Stage stage;
    std::optional<FakeRun> earlier;
    std::optional<FakeRun> run;

    Charts() {
        stage.open();
        earlier.emplace(*stage.client, demoJob(),
                        FakeRun::Options{.trainingSamples = 6000, .testSamples = 100});
        earlier->prepare();
        earlier->finish();
        run.emplace(*stage.client, twoEpochs(), likeFashionMnist());
        QTRY_VERIFY(stage.studio.run().isShown());
        stage.studio.run().show(run->id());
        run->prepare();
        makeBusy(*stage.client);
        run->steps(300, 2.0);
        QTRY_COMPARE(stage.studio.run().progress().stepsDone, Step{300});
    }

    ChartView* chart(const char* name) { return stage.find<ChartView>(name); }
};

}  // namespace

class ChartsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeKind::Light); }
    void theStragglerIsNamed();
    void whatRunsToTheRightIsChosen();
    void allChartsShowTheSamePart();
    void keysZoomAndPan();
    void anEarlierRunIsLaidOverIt();
    void theNumbersStandInATable();
    void theWheelScrollsThePageUntilAChartIsClicked();
    void theHeadOfAFinishedRunHasRoom();
    void aChangeOfTheMembershipIsMarked();
    void theDarkThemeAndChinese();
};

void ChartsTest::theStragglerIsNamed() {
    Charts charts;
    QTRY_COMPARE(
        charts.stage.find<QLabel>("straggler")->text(),
        QStringLiteral(
            "The others wait for worker-2 on node-c: its last steps took 2.0 times as long to compute."));
    QVERIFY(charts.stage.find<HeatStrip>("heatStrip")->isVisible());
    QVERIFY(charts.stage.find<HeatStrip>("heatStrip")
                ->accessibleDescription()
                .contains(QStringLiteral("worker-2: compute")));
    charts.stage.grab("run_straggler");
    QVERIFY(choose(charts.stage.find<QComboBox>("heatPart"), QStringLiteral("Wait")));
    charts.stage.grab("run_waiting");
}

void ChartsTest::whatRunsToTheRightIsChosen() {
    Charts charts;
    auto* unit = charts.stage.find<QComboBox>("xUnit");
    QVERIFY(choose(unit, QStringLiteral("By epoch")));
    // 469 steps are an epoch, and the run has two.
    QVERIFY(charts.chart("lossChart")->xRange().max <= 2.0);
    QVERIFY(charts.chart("lossChart")->xRange().max > 300.0 / 469);
    QVERIFY(choose(unit, QStringLiteral("By time")));
    // 300 steps of 80 ms: 24 s of training.
    QTRY_VERIFY(charts.chart("lossChart")->xRange().max >= 24);
    QVERIFY(charts.chart("lossChart")->xRange().max < 40);
    QVERIFY2(charts.chart("lossChart")->xLabels().contains(QStringLiteral("0:20")),
             qPrintable(charts.chart("lossChart")->xLabels().join(u' ')));
    charts.stage.grab("run_by_time");
    QVERIFY(choose(unit, QStringLiteral("By step")));
    QTRY_VERIFY(charts.chart("lossChart")->xRange().max >= 300);
}

void ChartsTest::allChartsShowTheSamePart() {
    Charts charts;
    charts.chart("throughputChart")->zoomTo(100, 150);
    for (const char* name : {"lossChart", "accuracyChart", "stepTimeChart", "throughputChart"}) {
        QCOMPARE(charts.chart(name)->xRange(), (Extent{100, 150}));
    }
    charts.chart("lossChart")->resetZoom();
    QVERIFY(!charts.chart("throughputChart")->isZoomed());
}

void ChartsTest::keysZoomAndPan() {
    Charts charts;
    ChartView* loss = charts.chart("lossChart");
    const Extent all = loss->xRange();
    QTest::keyClick(loss, Qt::Key_Plus);
    QVERIFY(loss->isZoomed());
    const Extent zoomed = loss->xRange();
    QVERIFY(zoomed.span() < all.span());
    QTest::keyClick(loss, Qt::Key_Left);
    QVERIFY(loss->xRange().min < zoomed.min);
    QVERIFY(std::abs(loss->xRange().span() - zoomed.span()) < 1e-6);
    QTest::keyClick(loss, Qt::Key_Right);
    QVERIFY(std::abs(loss->xRange().min - zoomed.min) < 1e-6);
    QTest::keyClick(loss, Qt::Key_0);
    QVERIFY(!loss->isZoomed());
}

void ChartsTest::anEarlierRunIsLaidOverIt() {
    Charts charts;
    auto* button = charts.stage.find<QPushButton>("overlay");
    QTRY_VERIFY(button->isEnabled());
    QTest::mouseClick(button, Qt::LeftButton, {}, QPoint(10, button->height() / 2));
    QTRY_VERIFY(button->isChecked());
    charts.stage.grab("run_overlay");
    QTest::mouseClick(button, Qt::LeftButton, {}, QPoint(10, button->height() / 2));
    QTRY_VERIFY(!button->isChecked());
}

void ChartsTest::theNumbersStandInATable() {
    Charts charts;
    charts.stage.click("lossAsTable");
    auto* table = charts.stage.find<QTableView>("lossTable");
    QTRY_VERIFY(table->isVisible());
    QCOMPARE(table->model()->rowCount(), 300);
    QCOMPARE(table->model()->index(0, 0).data().toString(), QStringLiteral("1"));
    charts.stage.grab("run_table");
    table->selectRow(0);
    QTest::keyClick(table, Qt::Key_C, Qt::ControlModifier);
    const QStringList lines = QGuiApplication::clipboard()->text().trimmed().split(u'\n');
    QCOMPARE(lines.size(), 2);
    QVERIFY(lines[0].startsWith(QStringLiteral("Step\tTime\tLoss\tSmoothed")));
    QVERIFY(lines[1].startsWith(QStringLiteral("1\t")));
    charts.run->steps(10, 2.0);
    QTRY_COMPARE(table->model()->rowCount(), 310);
}

void ChartsTest::theWheelScrollsThePageUntilAChartIsClicked() {
    Charts charts;
    ChartView* loss = charts.chart("lossChart");
    const auto turn = [](QWidget* over, int by) {
        const QPointF at = over->rect().center();
        QWheelEvent wheel(at, over->mapToGlobal(at), {}, {0, by}, Qt::NoButton, Qt::NoModifier,
                          Qt::NoScrollPhase, false);
        QApplication::sendEvent(over, &wheel);
    };
    QWidget* plot = loss->findChild<QAbstractScrollArea*>()->viewport();
    charts.stage.find<QPushButton>("overlay")->setFocus();
    turn(plot, 120);
    QVERIFY(!loss->isZoomed());
    auto* tabs = charts.stage.find<QTabBar>("runTabs");
    turn(tabs, -120);
    QCOMPARE(tabs->currentIndex(), 0);
    loss->setFocus();
    turn(plot, 120);
    QVERIFY(loss->isZoomed());
}

void ChartsTest::theHeadOfAFinishedRunHasRoom() {
    Charts charts;
    charts.stage.window.resize(1280, 720);
    charts.run->finish();
    QTRY_VERIFY(charts.stage.find<QPushButton>("badge")->isVisible());
    auto* button = charts.stage.find<QPushButton>("export");
    QTRY_VERIFY(button->isVisible() &&
                button->mapTo(&charts.stage.window, QPoint(button->width(), 0)).x() <= 1280);
    charts.stage.grab("run_finished_720");
}

void ChartsTest::aChangeOfTheMembershipIsMarked() {
    Charts charts;
    MembershipCommitted next = charts.stage.studio.run().snapshot().memberships.back();
    next.number += 1;
    next.baseStep = 300;
    next.members.pop_back();
    charts.stage.client->addEvent(charts.run->id(), next);
    StepRow row = charts.stage.client->rows(charts.run->id(), std::nullopt, 1).front();
    row.key = {next.number, 300};
    row.appliedAt = charts.stage.client->now();
    row.members.pop_back();
    charts.stage.client->addRows(charts.run->id(), {row});
    QTRY_COMPARE(charts.chart("lossChart")->marks().size(), std::size_t{1});
    QCOMPARE(charts.chart("lossChart")->marks()[0].text, QStringLiteral("worker-2 left"));
    QVERIFY(charts.chart("lossChart")->marks()[0].quiet);
}

void ChartsTest::theDarkThemeAndChinese() {
    applyTheme(*qApp, ThemeKind::Dark);
    {
        Charts charts;
        charts.stage.window.resize(1280, 720);
        charts.stage.grab("dark_run_straggler");
    }
    applyTheme(*qApp, ThemeKind::Light);
    QTranslator translator;
    QVERIFY(translator.load(QStringLiteral(":/i18n/longship_zh_CN.qm")));
    QCoreApplication::installTranslator(&translator);
    {
        Charts charts;
        charts.stage.grab("zh_run_straggler");
    }
    QCoreApplication::removeTranslator(&translator);
}

QTEST_MAIN(ChartsTest)
#include "charts_test.moc"
