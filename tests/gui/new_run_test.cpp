// The form of a new run and its file, by real clicks and keys.
#include <QClipboard>
#include <QComboBox>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTest>

#include "app/studio/pages/new_run_page.h"
#include "app/studio/theme/theme.h"
#include "core/base/files.h"
#include "tests/gui/stage.h"

using namespace longship;
using namespace longship::test;

class NewRunTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeKind::Light); }
    void cleanup() { QCOMPARE(dropPlans(), 0); }
    void everyProblemIsListedAndLeadsToItsField();
    void fieldsFollowWhatIsChosen();
    void theFileAndTheFormAreOne();
    void aFileIsOpenedEditedAndSaved();
    void aStrangeKeyLeadsToItsLine();
    void presetsAreSetAndUndone();
    void anEarlierRunIsTakenAsItWas();
    void theCommandIsCopied();
    void theKeyboardReachesEverySection();
};

void NewRunTest::everyProblemIsListedAndLeadsToItsField() {
    Stage stage;
    stage.open();
    const std::pair<const char*, const char*> bad[] = {{"optimizer.learning_rate", "-1"},
                                                       {"epochs", "many"},
                                                       {"workers", "5000"},
                                                       {"recovery.tolerate_silence", "3 weeks"}};
    for (const auto& [key, text] : bad) {
        typeInto(stage.find<QLineEdit>(key), QString::fromLatin1(text));
    }
    QVERIFY(!stage.find<QPushButton>("train")->isEnabled());
    stage.grab("new_run_all_problems");
    // In the order of the file; each stays in the list until it is mended.
    for (const auto& [key, text] : bad) {
        stage.click("problem0");
        auto* line = stage.find<QLineEdit>(key);
        QTRY_COMPARE(stage.window.focusWidget(), line);
        QVERIFY(line->visibleRegion().boundingRect().height() > line->height() / 2);
        QTest::keyClicks(line, QLatin1String(key) == QLatin1String("recovery.tolerate_silence")
                                   ? QStringLiteral("3s")
                                   : QStringLiteral("2"));
    }
    QVERIFY(!stage.find<Banner>("jobProblems")->isVisible());
    QTest::keyClick(stage.find<QLineEdit>("epochs"), Qt::Key_Return);
    QTRY_COMPARE(stage.client->submitted().size(), std::size_t{1});
    QCOMPARE(stage.client->submitted().front().epochs, std::uint64_t{2});
    QCOMPARE(stage.client->submitted().front().workers, 2u);
}

void NewRunTest::fieldsFollowWhatIsChosen() {
    Stage stage;
    stage.open();
    QVERIFY(stage.find<QLineEdit>("optimizer.momentum")->isVisible());
    QVERIFY(!stage.find<QLineEdit>("optimizer.beta1")->isVisible());
    QVERIFY(!stage.find<QLineEdit>("model.hidden")->isVisible());
    QVERIFY(choose(stage.find<QComboBox>("optimizer.kind"), QStringLiteral("Adam")));
    QTest::keyClick(stage.find<QComboBox>("model.name"), Qt::Key_Home);
    QVERIFY(stage.studio.draft().job().model.name == "mlp");
    QVERIFY(!stage.find<QLineEdit>("optimizer.momentum")->isVisible());
    QVERIFY(stage.find<QLineEdit>("optimizer.beta1")->isVisible());
    QVERIFY(stage.find<QLineEdit>("model.hidden")->isVisible());
    QVERIFY(stage.studio.draft().isValid());
    stage.window.resize(1280, 720);
    stage.grab("new_run_adam");
}

void NewRunTest::theFileAndTheFormAreOne() {
    Stage stage;
    stage.open();
    stage.click("showAsFile");
    auto* file = stage.find<QPlainTextEdit>("jobFileText");
    file->moveCursor(QTextCursor::End);
    QTest::keyClicks(file, QStringLiteral("# the last word"));
    QVERIFY(file->toPlainText().endsWith(QStringLiteral("# the last word")));
    stage.click("showAsFile");
    typeInto(stage.find<QLineEdit>("epochs"), QStringLiteral("5"));
    QVERIFY(file->toPlainText().contains(QStringLiteral("epochs: 5\n")));
    QVERIFY(file->toPlainText().endsWith(QStringLiteral("# the last word")));
}

void NewRunTest::aFileIsOpenedEditedAndSaved() {
    Stage stage;
    stage.open();
    const std::string before = "# tuned by night\ndataset: fashion-mnist  # small\nepochs: 3\n";
    const QString path = stage.path("ours.yaml");
    QVERIFY(writeFileAtomically(path.toStdString(), before).has_value());
    stage.click("showAsFile");
    FileDialogSeen seen;
    answerNextFileDialog(path, seen);
    stage.click("openJobFile");
    QVERIFY(seen.accepted);
    QVERIFY(!stage.find<QPushButton>("saveJobFile")->isEnabled());
    stage.click("showAsFile");
    QCOMPARE(stage.find<QLineEdit>("epochs")->text(), QStringLiteral("3"));
    QCOMPARE(stage.find<QLineEdit>("seed")->placeholderText(), QStringLiteral("1"));
    typeInto(stage.find<QLineEdit>("epochs"), QStringLiteral("4"));
    stage.click("showAsFile");
    stage.grab("job_file_changed");
    stage.click("saveJobFile");
    QCOMPARE(readFile(path.toStdString()).value_or(""),
             "# tuned by night\ndataset: fashion-mnist  # small\nepochs: 4\n");
}

void NewRunTest::aStrangeKeyLeadsToItsLine() {
    Stage stage;
    stage.open();
    stage.studio.draft().setFile("dataset: fashion-mnist\nepocs: 3\n");
    QVERIFY(!stage.find<QPushButton>("train")->isEnabled());
    stage.click("problem0");
    auto* file = stage.find<QPlainTextEdit>("jobFileText");
    QTRY_VERIFY(file->isVisible());
    QCOMPARE(file->textCursor().blockNumber(), 1);
    stage.grab("job_file_problem");
    QTest::keyClick(file, Qt::Key_End, Qt::ShiftModifier);
    QTest::keyClicks(file, QStringLiteral("epochs: 3"));
    QVERIFY(stage.find<QPushButton>("train")->isEnabled());
}

void NewRunTest::presetsAreSetAndUndone() {
    Stage stage;
    stage.open();
    const QString before = stage.studio.draft().yaml();
    QStringList shown;
    chooseFromNextMenu(1, shown);
    stage.click("startFrom");
    QVERIFY(stage.studio.draft().job().numerics == Numerics::Reproducible);
    QVERIFY(stage.studio.draft().isValid());
    stage.grab("new_run_preset");
    stage.click("undoDraft");
    QCOMPARE(stage.studio.draft().yaml(), before);
}

void NewRunTest::anEarlierRunIsTakenAsItWas() {
    Stage stage;
    stage.open();
    FakeRun run(*stage.client, twoEpochs(), likeFashionMnist());
    run.prepare();
    run.finish();
    QTRY_VERIFY(stage.studio.runs().rowCount() == 1);
    stage.click("newRun");
    QStringList shown;
    chooseFromNextMenu(4, shown);
    stage.click("startFrom");
    QVERIFY2(shown.size() > 4, qPrintable(shown.join(u'|')));
    QVERIFY(stage.studio.draft().job() == twoEpochs());
    QVERIFY(stage.find<Banner>("draftNotice")->isVisible());
}

void NewRunTest::theCommandIsCopied() {
    Stage stage;
    stage.open();
    stage.click("copyCommand");
    const QString command = QGuiApplication::clipboard()->text();
    QVERIFY(command.startsWith(QStringLiteral("longship run /dev/stdin --cluster ")));
    QVERIFY(command.contains(stage.studio.draft().yaml()));
}

void NewRunTest::theKeyboardReachesEverySection() {
    Stage stage;
    stage.open();
    int number = 0;
    for (const char* first : {"name", "model.name", "optimizer.kind", "strategy.kind", "workers"}) {
        stage.click(qPrintable(QStringLiteral("section%1").arg(++number)));
        QTRY_COMPARE(stage.window.focusWidget()->objectName(), QString::fromLatin1(first));
    }
    // From the first field to the last without the mouse.
    auto* name = stage.find<QLineEdit>("name");
    name->setFocus();
    QStringList passed;
    for (int i = 0; i < 80 && !passed.contains(QStringLiteral("checkpoint.every_steps")); ++i) {
        QTest::keyClick(stage.window.focusWidget(), Qt::Key_Tab);
        passed << stage.window.focusWidget()->objectName();
    }
    QVERIFY2(passed.contains(QStringLiteral("checkpoint.every_steps")), qPrintable(passed.join(u' ')));
}

QTEST_MAIN(NewRunTest)
#include "new_run_test.moc"
