// Every page of the studio, clicked through as a person would, on a scripted client.
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDialog>
#include <QDir>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSemaphore>
#include <QSignalSpy>
#include <QSlider>
#include <QTableView>
#include <QTest>
#include <QTimer>
#include <QToolButton>
#include <QTranslator>

#include "app/studio/pages/main_window.h"
#include "app/studio/theme/theme.h"
#include "app/studio/widgets/chart_view.h"
#include "core/base/files.h"
#include "tests/gui/clicks.h"
#include "tests/gui/stage.h"

using namespace longship;
using namespace longship::test;

class PagesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup() { QCOMPARE(dropPlans(), 0); }
    void theWindowShowsTheStartingCluster();
    void oneClickOnTrainStartsAndTheRunGrows();
    void enterTrainsToo();
    void aRunThatWasJustSentHasNoButtonsYet();
    void problemsStandBesideTheirFields();
    void theFormShowsItsFile();
    void aTableIsChosenAndPreviewed();
    void aFinishedRunHasItsBadgeAndProof();
    void aFailedRunTellsWhereAndWhy();
    void stopAsksOnce();
    void chartsZoomAndComeBack();
    void nodesAreShownInDetail();
    void fiftyNodesAndLongNamesHaveRoom();
    void theHistoryIsFilteredOpenedAndDeleted();
    void emptyPagesSayWhatToDo();
    void aClusterThatCannotStartSaysWhy();
    void everyControlHasAName();
    void theDarkThemeAndChinese();
};

void PagesTest::initTestCase() {
    applyTheme(*qApp, ThemeKind::Light);
}

void PagesTest::theWindowShowsTheStartingCluster() {
    Stage stage;
    QSemaphore started;
    stage.studio.bridge().open([&started]() -> Result<std::unique_ptr<Client>> {
        started.acquire();
        return failure(ErrorKind::Interrupted, "The test is over.");
    });
    stage.window.show();
    QVERIFY(stage.find<QPushButton>("train")->isVisible());
    QVERIFY(stage.find<QPushButton>("train")->isEnabled());
    stage.grab("starting");
    started.release();
    QTRY_COMPARE(stage.studio.bridge().state(), ClientBridge::State::Failed);
}

void PagesTest::oneClickOnTrainStartsAndTheRunGrows() {
    Stage stage;
    stage.open();
    stage.grab("new_run");
    stage.click("train");
    QTRY_COMPARE(stage.client->submitted().size(), std::size_t{1});
    QVERIFY(stage.client->submitted().front() == demoJob());
    QTRY_VERIFY(stage.find<QLabel>("runName")->isVisible());
    const RunId id = stage.client->runs().front().run;
    FakeRun run(*stage.client, id, demoJob(), likeFashionMnist());
    stage.grab("run_queued");
    run.prepare();
    makeBusy(*stage.client);
    run.steps(120);
    QTRY_COMPARE(stage.studio.run().progress().stepsDone, Step{120});
    QCOMPARE(stage.find<QLabel>("runState")->text(), QStringLiteral("Training"));
    QVERIFY(!stage.find<ChartView>("lossChart")->yLabels().isEmpty());
    stage.grab("run_training");
}

void PagesTest::aRunThatWasJustSentHasNoButtonsYet() {
    Stage stage;
    stage.open();
    // The cluster has taken it and told nothing of it yet.
    stage.studio.run().show(RunId("20260131-120000-9999"));
    Q_EMIT stage.studio.runStarted(RunId("20260131-120000-9999"));
    QTRY_COMPARE(stage.find<QLabel>("runName")->text(), QStringLiteral("The run starts…"));
    QVERIFY(stage.find<QLabel>("runName")->isVisible());
    for (const char* button : {"pause", "stop", "badge"}) {
        QVERIFY2(!stage.find<QPushButton>(button)->isVisible(), button);
    }
    stage.grab("run_sent");
}

void PagesTest::enterTrainsToo() {
    Stage stage;
    stage.open();
    // Whether the window is active is the window system's business, and may change at any moment.
    QTest::keyClick(stage.find<QLineEdit>("name"), Qt::Key_Return);
    QTRY_COMPARE(stage.client->submitted().size(), std::size_t{1});
}

void PagesTest::problemsStandBesideTheirFields() {
    Stage stage;
    stage.open();
    for (const char* field : {"epochs", "global_batch", "optimizer.learning_rate"}) {
        auto* line = stage.find<QLineEdit>(field);
        line->selectAll();
        QTest::keyClicks(line, QStringLiteral("0"));
    }
    QVERIFY(!stage.find<QPushButton>("train")->isEnabled());
    for (const char* field : {"epochs", "global_batch", "optimizer.learning_rate"}) {
        const auto* form = qobject_cast<FormField*>(stage.find<QLineEdit>(field)->parentWidget());
        QVERIFY2(!form->problem().isEmpty(), field);
    }
    stage.grab("new_run_problems");
    auto* epochs = stage.find<QLineEdit>("epochs");
    epochs->selectAll();
    QTest::keyClicks(epochs, QStringLiteral("2"));
    QVERIFY(qobject_cast<FormField*>(epochs->parentWidget())->problem().isEmpty());
}

void PagesTest::theFormShowsItsFile() {
    Stage stage;
    stage.open();
    stage.click("showAsFile");
    auto* text = stage.find<QPlainTextEdit>("jobFileText");
    QVERIFY(text->isVisible());
    const QString shown = text->toPlainText();
    stage.grab("job_file");
    const JobResult read = parseJob(shown.toStdString());
    QVERIFY(read.has_value());
    QVERIFY(*read == demoJob());
}

void PagesTest::aTableIsChosenAndPreviewed() {
    Stage stage;
    stage.open();
    const auto path = stage.folder.path() / "iris.csv";
    std::string text = "sepal length,sepal width,petal length,petal width,species\n";
    for (int i = 0; i < 60; ++i) {
        text += "5." + std::to_string(i % 10) + ",3." + std::to_string(i % 7) + ",1." +
                std::to_string(i % 5) + ",0." + std::to_string(i % 3) +
                (i % 3 == 0   ? ",setosa\n"
                 : i % 3 == 1 ? ",virginica\n"
                              : ",versicolor\n");
    }
    QVERIFY(writeFileAtomically(path, text).has_value());
    auto* dataset = stage.find<QComboBox>("dataset");
    dataset->setCurrentIndex(1);
    Q_EMIT dataset->activated(1);
    auto* file = stage.find<QLineEdit>("csvFile");
    QTRY_VERIFY(file->isVisible());
    file->setText(QString::fromStdString(path.string()));
    Q_EMIT file->editingFinished();
    QTRY_COMPARE(stage.studio.csv().state(), CsvPreviewModel::State::Loaded);
    QVERIFY(!stage.find<QPushButton>("train")->isEnabled());
    auto* label = stage.find<QComboBox>("csvLabel");
    label->setCurrentIndex(5);
    Q_EMIT label->activated(5);
    QVERIFY(stage.find<QPushButton>("train")->isEnabled());
    stage.grab("new_run_csv");
    stage.click("train");
    QTRY_COMPARE(stage.client->submitted().size(), std::size_t{1});
    QVERIFY(stage.client->submitted().front().dataset.label == "species");
    QVERIFY(stage.client->submitted().front().model.name == "mlp");
}

void PagesTest::aFinishedRunHasItsBadgeAndProof() {
    Stage stage;
    stage.open();
    FakeRun run(*stage.client, twoEpochs(), likeFashionMnist());
    QTRY_VERIFY(stage.studio.run().isShown());
    run.prepare();
    run.finish();
    QTRY_COMPARE(stage.studio.run().proofState(), ProofState::Exact);
    auto* badge = stage.find<QPushButton>("badge");
    QTRY_VERIFY(badge->isVisible());
    QCOMPARE(badge->text().replace(QChar(0x00a0), u' '),
             QStringLiteral("120 000 of 120 000 samples, each once"));
    stage.grab("run_completed");
    bool proofShown = false;
    withNextDialog([&](QDialog* dialog) {
        proofShown = dialog->objectName() == QStringLiteral("proof");
        grabInto(*dialog, "proof");
    });
    stage.click("badge");
    QVERIFY(proofShown);

    const QString path = QString::fromStdString((stage.folder.path() / "model.safetensors").string());
    QString python;
    withNextDialog([&](QDialog* dialog) {
        python = dialog->findChild<QPlainTextEdit*>()->toPlainText();
        grabInto(*dialog, "model_saved");
    });
    stage.studio.saveModel(run.id(), path);
    QTRY_VERIFY(!python.isEmpty());
    QCOMPARE(python.trimmed().count(u'\n'), 2);
    QVERIFY(python.contains(path));
    QVERIFY(QFile::exists(path));
}

void PagesTest::aFailedRunTellsWhereAndWhy() {
    Stage stage;
    stage.open();
    FakeRun run(*stage.client, demoJob(), likeFashionMnist());
    QTRY_VERIFY(stage.studio.run().isShown());
    run.prepare();
    makeBusy(*stage.client);
    run.steps(80);
    IncidentRaised incident;
    incident.node = NodeId("node-b");
    incident.task = TaskId("worker-1");
    incident.what = "worker-1 was killed by signal 9 (SIGKILL)";
    incident.why = "The kernel ends processes that use too much memory.";
    incident.action = "the run was ended";
    incident.lastLog =
        "12:00:07.120 info  step 78 done, loss 0.612\n12:00:07.204 info  step 79 done, loss 0.607\n"
        "12:00:07.288 info  step 80 done, loss 0.611";
    stage.client->addEvent(run.id(), incident);
    RunFinished finished;
    finished.state = RunState::Failed;
    finished.cause = "node-b: worker-1 was killed by signal 9 (SIGKILL)";
    stage.client->addEvent(run.id(), StateChanged{RunState::Failed});
    stage.client->addEvent(run.id(), finished);
    auto* banner = stage.find<Banner>("incident");
    QTRY_VERIFY_WITH_TIMEOUT(banner->isVisible(), 1000);
    QTRY_COMPARE(banner->heading(), QStringLiteral("The run failed"));
    QVERIFY(banner->text().contains(QStringLiteral("node-b")));
    QVERIFY(banner->text().contains(QStringLiteral("worker-1")));
    stage.grab("run_failed");
}

void PagesTest::stopAsksOnce() {
    Stage stage;
    stage.open();
    FakeRun run(*stage.client, demoJob(), likeFashionMnist());
    QTRY_VERIFY(stage.studio.run().isShown());
    run.prepare();
    run.steps(10);
    QTRY_VERIFY(stage.find<QPushButton>("stop")->isVisible());
    withNextDialog([](QDialog* dialog) { grabInto(*dialog, "stop"); });
    stage.click("stop");  // Closed without an answer: the run goes on.
    QVERIFY(stage.client->stopped().empty());
    withNextDialog([](QDialog* dialog) {
        auto* box = qobject_cast<QMessageBox*>(dialog);
        for (QAbstractButton* button : box->buttons()) {
            if (box->buttonRole(button) == QMessageBox::DestructiveRole) {
                button->click();
                return;
            }
        }
    });
    stage.click("stop");
    QTRY_COMPARE(stage.client->stopped().size(), std::size_t{1});
    QTRY_VERIFY(!stage.find<QPushButton>("stop")->isEnabled());
}

void PagesTest::chartsZoomAndComeBack() {
    Stage stage;
    stage.open();
    FakeRun run(*stage.client, demoJob(), likeFashionMnist());
    QTRY_VERIFY(stage.studio.run().isShown());
    run.prepare();
    run.steps(200);
    QTRY_COMPARE(stage.studio.run().progress().stepsDone, Step{200});
    auto* chart = stage.find<ChartView>("lossChart");
    const QStringList all = chart->xLabels();
    chart->zoomTo(40, 90);
    QVERIFY(chart->isZoomed());
    QVERIFY(chart->xLabels() != all);
    for (const QString& label : chart->xLabels()) {
        QVERIFY2(label.toDouble() == std::round(label.toDouble()), qPrintable(label));
    }
    stage.grab("run_zoomed");
    QTest::mouseDClick(chart->findChild<QAbstractScrollArea*>()->viewport(), Qt::LeftButton);
    QVERIFY(!chart->isZoomed());
    QCOMPARE(chart->xLabels(), all);
    stage.find<QCheckBox>("logScale")->click();
    stage.find<QSlider>("smoothing")->setValue(95);
    QCOMPARE(stage.studio.run().smoothing(), 95);
    stage.grab("run_log_scale");
    for (const char* ending : {"svg", "pdf", "png"}) {
        const QString path =
            QString::fromStdString((stage.folder.path() / "chart.").string()) + QString::fromLatin1(ending);
        QVERIFY(chart->saveImage(path));
        QVERIFY(QFileInfo(path).size() > 1000);
        QFile::remove(QStringLiteral(SCREENSHOT_FOLDER "/chart.") + QString::fromLatin1(ending));
        QFile::copy(path, QStringLiteral(SCREENSHOT_FOLDER "/chart.") + QString::fromLatin1(ending));
    }
}

void PagesTest::nodesAreShownInDetail() {
    Stage stage;
    stage.open();
    for (int i = 0; i < 5; ++i) {
        makeBusy(*stage.client);
        QTest::qWait(120);
    }
    stage.click("page2");
    auto* table = stage.find<QTableView>("nodesTable");
    QVERIFY(table->isVisible());
    QCOMPARE(table->model()->rowCount(), 3);
    stage.grab("nodes");
    table->selectRow(1);
    QTest::keyClick(table, Qt::Key_C, Qt::ControlModifier);
    const QStringList copied = QGuiApplication::clipboard()->text().split(u'\n', Qt::SkipEmptyParts);
    QCOMPARE(copied.size(), 2);
    QVERIFY(copied.front().startsWith(QStringLiteral("Node\tState\t")));
    QVERIFY(copied.back().startsWith(QStringLiteral("node-b\tTraining\tworker-1\t")));
    // No more samples come: after three seconds the numbers say how old they are.
    QVERIFY(!stage.find<QLabel>("valuesAge")->isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(stage.find<QLabel>("valuesAge")->isVisible(), 20'000);
    stage.grab("nodes_old");
    makeBusy(*stage.client);
    QTRY_VERIFY(!stage.find<QLabel>("valuesAge")->isVisible());
}

void PagesTest::fiftyNodesAndLongNamesHaveRoom() {
    Stage stage;
    ClusterView cluster = demoClusterView();
    const NodeView model = cluster.nodes.front();
    for (int i = 0; i < 47; ++i) {
        NodeView node = model;
        node.node = NodeId("machine-in-the-cellar-" + std::to_string(i));
        node.leader = false;
        node.state = i % 7 == 3 ? NodeState::Lost : i % 5 == 2 ? NodeState::Silent : NodeState::Ready;
        cluster.nodes.push_back(node);
    }
    stage.window.resize(1280, 720);
    stage.open(cluster);
    stage.click("page2");
    auto* table = stage.find<QTableView>("nodesTable");
    QTRY_COMPARE(table->model()->rowCount(), 50);
    QCOMPARE(stage.window.size(), QSize(1280, 720));
    table->selectRow(8);
    stage.grab("nodes_fifty");
}

void PagesTest::theHistoryIsFilteredOpenedAndDeleted() {
    Stage stage;
    stage.open();
    FakeRun first(*stage.client, twoEpochs());
    first.prepare();
    first.finish();
    JobSpec other = demoJob();
    other.name = "mlp-on-table";
    other.model.name = "mlp";
    FakeRun second(*stage.client, other);
    second.prepare();
    second.fail(NodeId("node-c"), "node-c: the data file is missing");
    FakeRun third(*stage.client, demoJob());
    third.prepare();
    third.steps(3);
    third.endStopped();
    stage.click("page3");
    auto* table = stage.find<QTableView>("runsTable");
    QTRY_COMPARE(table->model()->rowCount(), 3);
    table->selectRow(1);
    stage.grab("history");
    auto* filter = stage.find<QLineEdit>("filter");
    QTest::keyClicks(filter, QStringLiteral("fail mlp"));
    QCOMPARE(table->model()->rowCount(), 1);
    filter->clear();
    QTest::keyClicks(filter, QStringLiteral("nothing has this"));
    stage.grab("history_no_match");
    filter->clear();
    table->selectRow(0);
    stage.click("deleteRun");
    QCOMPARE(table->model()->rowCount(), 2);
    stage.grab("history_deleted");
    stage.click("undo");
    QCOMPARE(table->model()->rowCount(), 3);
    for (int row = 0; row < 3; ++row) {
        if (table->model()->index(row, RunTableModel::Name).data().toString() ==
            QStringLiteral("mlp-on-table")) {
            table->selectRow(row);
        }
    }
    stage.click("openRun");
    QTRY_COMPARE(stage.find<QLabel>("runName")->text(), QStringLiteral("mlp-on-table"));
    QVERIFY(stage.find<QLabel>("runName")->isVisible());
}

void PagesTest::emptyPagesSayWhatToDo() {
    Stage stage;
    stage.open();
    stage.click("page3");
    stage.grab("history_empty");
    auto* button = stage.find<QPushButton>("emptyAction");
    QVERIFY(button->isVisible());
    QTest::mouseClick(button, Qt::LeftButton);
    QVERIFY(stage.find<QPushButton>("train")->isVisible());
}

void PagesTest::aClusterThatCannotStartSaysWhy() {
    Stage stage;
    stage.studio.bridge().open([]() -> Result<std::unique_ptr<Client>> {
        return failure(ErrorKind::NotFound, "The program longship-agent is not beside longship-studio.");
    });
    stage.window.show();
    QTRY_COMPARE(stage.studio.bridge().state(), ClientBridge::State::Failed);
    stage.grab("cluster_failed");
    QSignalSpy again(&stage.window, &MainWindow::openClusterRequested);
    stage.click("page2");
    stage.grab("nodes_failed");
    stage.click("emptyAction");
    QCOMPARE(again.size(), 1);
}

void PagesTest::everyControlHasAName() {
    Stage stage;
    stage.open();
    for (QWidget* widget : stage.window.findChildren<QWidget*>()) {
        const bool control =
            qobject_cast<QAbstractButton*>(widget) != nullptr ||
            qobject_cast<QLineEdit*>(widget) != nullptr || qobject_cast<QComboBox*>(widget) != nullptr ||
            qobject_cast<QSlider*>(widget) != nullptr || qobject_cast<QTableView*>(widget) != nullptr ||
            qobject_cast<ChartView*>(widget) != nullptr;
        if (!control || widget->objectName().startsWith(QStringLiteral("qt_"))) {
            continue;
        }
        const auto* button = qobject_cast<QAbstractButton*>(widget);
        const bool named =
            !widget->accessibleName().isEmpty() || (button != nullptr && !button->text().isEmpty());
        const bool inner = qobject_cast<QLineEdit*>(widget->parentWidget()) != nullptr;
        // The badge has its words when there is a proof.
        QVERIFY2(
            named || inner || widget->objectName() == QStringLiteral("badge") || !widget->isVisible(),
            qPrintable(QString::fromLatin1(widget->metaObject()->className()) + u' ' + widget->objectName()));
    }
}

void PagesTest::theDarkThemeAndChinese() {
    QTranslator translator;
    QVERIFY(translator.load(QStringLiteral(":/i18n/longship_zh_CN.qm")));
    Stage stage;
    stage.open();
    applyTheme(*qApp, ThemeKind::Dark);
    FakeRun run(*stage.client, twoEpochs(), likeFashionMnist());
    QTRY_VERIFY(stage.studio.run().isShown());
    run.prepare();
    makeBusy(*stage.client);
    run.steps(300);
    QTRY_COMPARE(stage.studio.run().progress().stepsDone, Step{300});
    stage.grab("dark_run");
    stage.click("newRun");
    QVERIFY(stage.find<QPushButton>("train")->isVisible());
    stage.grab("dark_new_run");
    stage.click("page1");  // Back to the run that goes on.
    QVERIFY(stage.find<QLabel>("runName")->isVisible());
    stage.click("newRun");
    stage.click("page2");
    stage.grab("dark_nodes");
    stage.click("page3");
    stage.grab("dark_history");
    QCoreApplication::installTranslator(&translator);
    QTRY_COMPARE(stage.find<QAbstractButton>("page3")->accessibleName(), QStringLiteral("历史"));
    stage.click("newRun");
    stage.grab("zh_new_run");
    stage.click("page3");
    stage.grab("zh_history");
    applyTheme(*qApp, ThemeKind::Light);
    run.finish();
    QTRY_COMPARE(stage.studio.run().proofState(), ProofState::Exact);
    stage.studio.run().show(run.id());
    stage.click("page1");
    QTRY_COMPARE(stage.studio.run().proofState(), ProofState::Exact);
    stage.grab("zh_run");
    QCoreApplication::removeTranslator(&translator);
}

QTEST_MAIN(PagesTest)
#include "pages_test.moc"
