// File dialogs and menus of the studio, used as a person would: names are typed, buttons clicked, entries
// chosen with the keyboard. On a scripted client, with Qt's own file dialogs, which a test can reach.
#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QFile>
#include <QHeaderView>
#include <QLineEdit>
#include <QMenuBar>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTableView>
#include <QTest>

#include "app/studio/theme/theme.h"
#include "core/base/files.h"
#include "tests/gui/stage.h"

using namespace longship;
using namespace longship::test;

namespace {

QByteArray bytesOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// A stage whose Run page shows a completed run.
struct FinishedStage : Stage {
    std::optional<FakeRun> run;

    void openFinished() {
        open();
        settings.setLastFolder(QString::fromStdString(folder.path().string()));
        run.emplace(*client, twoEpochs(), likeFashionMnist());
        QTRY_VERIFY(studio.run().isShown());
        run->prepare();
        run->finish();
        QTRY_COMPARE(studio.run().proofState(), ProofState::Exact);
        QTRY_VERIFY(find<QPushButton>("export")->isVisible());
    }
};

}  // namespace

class DialogsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup() { QCOMPARE(dropPlans(), 0); }
    void saveModelAsksWhereAndShowsHowToLoad();
    void aFileThatIsThereIsReplacedOnlyIfWanted();
    void aCancelledDialogDoesNothing();
    void exportMenuWritesEachFormat_data();
    void exportMenuWritesEachFormat();
    void controlEOpensTheMenuOfThePage();
    void severalRunsOfTheHistoryGoIntoOneFile();
    void aTableIsChosenInTheDialog();
    void theJobFileIsSaved();
};

void DialogsTest::initTestCase() {
    QCoreApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
    applyTheme(*qApp, ThemeKind::Light);
}

void DialogsTest::saveModelAsksWhereAndShowsHowToLoad() {
    FinishedStage stage;
    stage.openFinished();
    stage.client->setModel(stage.run->id(), "the model's bytes");
    QDir(stage.path("")).mkdir(QStringLiteral("models"));
    const QString path = stage.path("models/mine.safetensors");
    FileDialogSeen seen;
    answerNextFileDialog(path, seen);
    stage.click("saveModel");
    QVERIFY(seen.accepted);
    QCOMPARE(seen.name, QStringLiteral("fashion-two-epochs.safetensors"));
    QCOMPARE(seen.folder, stage.path("").chopped(1));
    QString python;
    withNextDialog([&](QDialog* dialog) { python = dialog->findChild<QPlainTextEdit*>()->toPlainText(); });
    QTRY_VERIFY(python.contains(path));
    QCOMPARE(bytesOf(path), QByteArray("the model's bytes"));
    // The next dialog begins where the last one ended.
    answerNextFileDialog(stage.path("models/again.safetensors"), seen);
    bool shownAgain = false;
    withNextDialog([&](QDialog*) { shownAgain = true; });
    stage.click("saveModel");
    QTRY_VERIFY(shownAgain);
    QCOMPARE(seen.folder, stage.path("models"));
    QCOMPARE(bytesOf(stage.path("models/again.safetensors")), QByteArray("the model's bytes"));
}

void DialogsTest::aFileThatIsThereIsReplacedOnlyIfWanted() {
    FinishedStage stage;
    stage.openFinished();
    stage.client->setModel(stage.run->id(), "new");
    const QString path = stage.path("mine.safetensors");
    for (const auto answer : {QMessageBox::No, QMessageBox::Yes}) {
        QVERIFY(writeFileAtomically(path.toStdString(), "old"));
        FileDialogSeen seen;
        bool asked = false;
        bool shown = false;
        // The question comes while the button of the file dialog is being clicked.
        answerNextFileDialog(path, seen);
        withNextDialog([&](QDialog* question) {
            asked = true;
            qobject_cast<QMessageBox*>(question)->button(answer)->click();
        });
        if (answer == QMessageBox::Yes) {
            withNextDialog(
                [&](QDialog* saved) { shown = saved->objectName() == QStringLiteral("modelSaved"); });
        }
        stage.click("saveModel");
        QVERIFY(asked);
        QCOMPARE(seen.accepted, answer == QMessageBox::Yes);
        if (answer == QMessageBox::Yes) {
            QTRY_VERIFY(shown);
        }
        QCOMPARE(bytesOf(path), answer == QMessageBox::Yes ? QByteArray("new") : QByteArray("old"));
    }
}

void DialogsTest::aCancelledDialogDoesNothing() {
    FinishedStage stage;
    stage.openFinished();
    bool shown = false;
    withNextDialog([&](QDialog* dialog) {
        shown = true;
        QTest::keyClick(dialog, Qt::Key_Escape);
    });
    stage.click("saveModel");
    QVERIFY(shown);
    QVERIFY(QDir(stage.path("")).entryList({QStringLiteral("*.safetensors")}).isEmpty());
}

void DialogsTest::exportMenuWritesEachFormat_data() {
    QTest::addColumn<int>("entry");
    QTest::addColumn<QString>("ending");
    QTest::addColumn<QByteArray>("sign");
    QTest::newRow("CSV") << 0 << QStringLiteral(".csv") << QByteArray("loss");
    QTest::newRow("JSON") << 1 << QStringLiteral(".json") << QByteArray("\"loss\"");
    QTest::newRow("HTML") << 2 << QStringLiteral(".html") << QByteArray("<svg");
}

void DialogsTest::exportMenuWritesEachFormat() {
    QFETCH(const int, entry);
    QFETCH(const QString, ending);
    QFETCH(const QByteArray, sign);
    FinishedStage stage;
    stage.openFinished();
    const QString path = stage.path("kept") + ending;
    QStringList entries;
    FileDialogSeen seen;
    chooseFromNextMenu(entry, entries);
    answerNextFileDialog(path, seen);
    stage.click("export");
    QTRY_VERIFY(seen.accepted);
    QCOMPARE(entries.size(), 3);
    QCOMPARE(seen.name, QStringLiteral("fashion-two-epochs") + ending);
    QTRY_VERIFY(QFile::exists(path));
    QVERIFY(bytesOf(path).contains(sign));
    QVERIFY(bytesOf(path).contains(QByteArray::fromStdString(stage.run->id().value)));
}

void DialogsTest::controlEOpensTheMenuOfThePage() {
    FinishedStage stage;
    stage.openFinished();
    for (const char* page : {"page1", "page3"}) {
        stage.click(page);
        if (page == std::string_view("page3")) {
            auto* table = stage.find<QTableView>("runsTable");
            QTRY_COMPARE(table->model()->rowCount(), 1);
            table->selectRow(0);
        }
        const QString path = stage.path(page) + QStringLiteral(".json");
        QStringList entries;
        FileDialogSeen seen;
        chooseFromNextMenu(1, entries);
        answerNextFileDialog(path, seen);
        stage.window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&stage.window));
        QTest::keyClick(&stage.window, Qt::Key_E, Qt::ControlModifier);
        QTRY_VERIFY2(seen.accepted, page);
        QTRY_VERIFY2(QFile::exists(path), page);
    }
    // On the page of the nodes there is nothing to export, and no menu opens.
    stage.click("page2");
    QTest::keyClick(&stage.window, Qt::Key_E, Qt::ControlModifier);
    QVERIFY(QApplication::activePopupWidget() == nullptr);
    QVERIFY(QApplication::activeModalWidget() == nullptr);
}

void DialogsTest::severalRunsOfTheHistoryGoIntoOneFile() {
    FinishedStage stage;
    stage.openFinished();
    FakeRun second(*stage.client, demoJob());
    second.prepare();
    second.finish();
    stage.click("page3");
    auto* table = stage.find<QTableView>("runsTable");
    QTRY_COMPARE(table->model()->rowCount(), 2);
    table->selectAll();
    const QString path = stage.path("both.json");
    QStringList entries;
    FileDialogSeen seen;
    chooseFromNextMenu(1, entries);
    answerNextFileDialog(path, seen);
    stage.click("exportRuns");
    QTRY_VERIFY(QFile::exists(path));
    QCOMPARE(seen.name, QStringLiteral("runs.json"));
    for (const RunId& run : {stage.run->id(), second.id()}) {
        QVERIFY(bytesOf(path).contains(QByteArray::fromStdString(run.value)));
    }
}

void DialogsTest::aTableIsChosenInTheDialog() {
    Stage stage;
    stage.open();
    const QString path = stage.path("flowers.csv");
    std::string text = "length,width,petals,species\n";
    for (int i = 0; i < 40; ++i) {
        text += "5." + std::to_string(i % 10) + ",1." + std::to_string(i % 7) + ',' + std::to_string(i % 6) +
                (i % 2 == 0 ? ",setosa\n" : ",virginica\n");
    }
    QVERIFY(writeFileAtomically(path.toStdString(), text));
    QVERIFY(choose(stage.find<QComboBox>("dataset"), QStringLiteral("My own table (CSV)")));
    FileDialogSeen seen;
    answerNextFileDialog(path, seen);
    stage.click("chooseCsv");
    QVERIFY(seen.accepted);
    QTRY_COMPARE(stage.studio.csv().state(), CsvPreviewModel::State::Loaded);
    QCOMPARE(stage.find<QLineEdit>("csvFile")->text(), path);

    // The first rows and the inferred types are on the screen before anything runs.
    auto* preview = stage.find<QTableView>("csvPreview");
    QVERIFY(preview->isVisible());
    const auto* model = preview->model();
    const QString heads[] = {QStringLiteral("length\nnumber"), QStringLiteral("width\nnumber"),
                             QStringLiteral("petals\nwhole number"),
                             QStringLiteral("species\ntext, 2 different")};
    QCOMPARE(model->columnCount(), 4);
    for (int column = 0; column < 4; ++column) {
        QCOMPARE(model->headerData(column, Qt::Horizontal).toString(), heads[column]);
    }
    QVERIFY(model->rowCount() >= 5);
    QCOMPARE(model->index(1, 0).data().toString(), QStringLiteral("5.1"));
    QCOMPARE(model->index(1, 3).data().toString(), QStringLiteral("virginica"));
    stage.grab("csv_chosen");

    QVERIFY(!stage.find<QPushButton>("train")->isEnabled());
    QVERIFY(choose(stage.find<QComboBox>("csvLabel"), QStringLiteral("species")));
    stage.click("train");
    QTRY_COMPARE(stage.client->submitted().size(), std::size_t{1});
    const JobSpec job = stage.client->submitted().front();
    QCOMPARE(QString::fromStdString(job.dataset.csv), path);
    QCOMPARE(QString::fromStdString(job.dataset.label), QStringLiteral("species"));
    QCOMPARE(QString::fromStdString(job.name), QStringLiteral("flowers"));
}

void DialogsTest::theJobFileIsSaved() {
    Stage stage;
    stage.open();
    const QString path = stage.path("mine.yaml");
    FileDialogSeen seen;
    stage.click("showAsFile");
    answerNextFileDialog(path, seen);
    stage.click("saveJobFileAs");
    QVERIFY(seen.accepted);
    const JobResult job = parseJob(bytesOf(path).toStdString());
    QVERIFY(job.has_value());
    QVERIFY(*job == demoJob());
    QCOMPARE(stage.studio.draft().path(), path);
    QVERIFY(!stage.studio.draft().isUnsaved());
}

QTEST_MAIN(DialogsTest)
#include "dialogs_test.moc"
