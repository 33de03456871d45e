// The whole of the studio on real agents and workers, by clicks and keys alone: a table is chosen in the file
// dialog, one click on Train, the window closed and opened again in the middle, and at the end the proof, the
// model and the exports.
#include <filesystem>

#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QFile>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTableView>
#include <QTest>

#include "app/studio/pages/main_window.h"
#include "app/studio/theme/theme.h"
#include "app/studio/viewmodels/cluster_opener.h"
#include "core/base/random.h"
#include "core/client/local_cluster.h"
#include "tests/gui/clicks.h"
#include "tests/support/temp_folder.h"

using namespace longship;
using namespace longship::test;

namespace {

// Generous: the machines that run tests are slow and shared. Nothing below waits longer than it must.
constexpr int kStartMs = 60'000;
constexpr int kRunMs = 240'000;

/// A studio on the demo cluster of a home folder, as main() builds it.
struct OpenStudio {
    explicit OpenStudio(const HomeFolders& home) : settings(home.config) {
        window.showNewRun();
        studio.setExpectedNodes(kDemoNodes);
        studio.bridge().open(clusterOpener(home, kDemoCluster),
                             clusterStarter(home, kDemoCluster, PROGRAM_FOLDER));
        window.resize(1280, 860);
        window.show();
    }

    template <typename T>
    T* visible(const char* name) {
        T* widget = findNamed<T>(window, name);
        return widget != nullptr && widget->isVisible() ? widget : nullptr;
    }

    void grab(const char* name) {
        QTest::qWait(100);
        grabInto(window, name);
    }

    StudioSettings settings;
    StudioModel studio{settings};
    MainWindow window{studio};
};

/// Three clouds of points in four dimensions.
std::string cloudsAsCsv() {
    SeededRandom random(7);
    std::string text = "a,b,c,d,kind\n";
    const char* const kinds[] = {"red", "green", "blue"};
    for (int i = 0; i < 6000; ++i) {
        const int kind = i % 3;
        for (int column = 0; column < 4; ++column) {
            text += std::to_string((column == kind ? 1.0 : 0.0) + random.unit()) + ',';
        }
        text += kinds[kind];
        text += '\n';
    }
    return text;
}

}  // namespace

class EndToEndTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup() { QCOMPARE(dropPlans(), 0); }
    void cleanupTestCase();
    void oneClickTrainsProvesSavesAndExports();

private:
    void saveTheModel(OpenStudio& studio);
    void exportTheRun(OpenStudio& studio);
    QString pathOf(const char* name) const {
        return QString::fromStdString((m_folder.path() / name).string());
    }

    TempFolder m_folder;
    HomeFolders m_home;
};

void EndToEndTest::initTestCase() {
    for (const char* program : {"longship-agent", "longship-worker"}) {
        if (!QFile::exists(QStringLiteral(PROGRAM_FOLDER "/") + QString::fromLatin1(program))) {
            QSKIP(qPrintable(QStringLiteral("%1 is not built here: ninja -C build/dev %1")
                                 .arg(QString::fromLatin1(program))));
        }
    }
    m_home = {m_folder.path() / "data", m_folder.path() / "config"};
    QVERIFY(makePrivateFolder(m_home.config).has_value());
    QCoreApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
    applyTheme(*qApp, ThemeKind::Light);
}

void EndToEndTest::cleanupTestCase() {
    if (!m_home.data.empty()) {
        const auto stopped = stopLocalCluster({kDemoCluster, m_home.data / "clusters" / kDemoCluster});
        QVERIFY2(stopped.has_value(), stopped ? "" : stopped.error().text.c_str());
    }
}

void EndToEndTest::oneClickTrainsProvesSavesAndExports() {
    const auto table = m_folder.path() / "clouds.csv";
    QVERIFY(writeFileAtomically(table, cloudsAsCsv()).has_value());
    RunId run;
    {
        OpenStudio first(m_home);
        QVERIFY(choose(first.visible<QComboBox>("dataset"), QStringLiteral("My own table (CSV)")));
        FileDialogSeen seen;
        answerNextFileDialog(QString::fromStdString(table.string()), seen);
        QVERIFY(clickWhenReady(first.window, "chooseCsv"));
        QTRY_VERIFY(first.visible<QTableView>("csvPreview") != nullptr);
        QVERIFY(choose(first.visible<QComboBox>("csvLabel"), QStringLiteral("kind")));
        for (const auto& [field, text] :
             {std::pair("model.hidden", "32"), std::pair("epochs", "10"), std::pair("global_batch", "64")}) {
            typeInto(first.visible<QLineEdit>(field), QString::fromLatin1(text));
        }
        QTRY_VERIFY(first.visible<QPushButton>("train") != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(first.visible<QPushButton>("train")->isEnabled(), kStartMs);
        // At once: the nodes may still be starting, and the run begins when they are ready.
        QTest::mouseClick(first.visible<QPushButton>("train"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(first.studio.nodes().readyCount() == 3, kStartMs);
        QTRY_VERIFY_WITH_TIMEOUT(first.studio.run().progress().stepsDone >= 3, kStartMs);
        run = first.studio.run().snapshot().run;
        first.grab("real_training");
    }  // The window is closed; the run is the agents'.

    OpenStudio again(m_home);
    QTRY_VERIFY_WITH_TIMEOUT(again.studio.bridge().state() == ClientBridge::State::Open, kStartMs);
    if (!again.studio.run().isShown()) {
        again.studio.run().show(run);  // It ended while nobody watched.
    }
    QTRY_VERIFY_WITH_TIMEOUT(again.studio.run().isShown() && !again.studio.run().isActive(), kRunMs);
    const RunSnapshot& snapshot = again.studio.run().snapshot();
    QVERIFY(snapshot.run == run);
    QVERIFY2(snapshot.state == RunState::Completed,
             snapshot.finished ? snapshot.finished->cause.c_str() : "no cause");
    QTRY_VERIFY_WITH_TIMEOUT(again.studio.run().proofState() == ProofState::Exact, kStartMs);
    const Series& loss = again.studio.run().loss();
    QTRY_COMPARE(loss.size(), std::size_t(snapshot.prepared->stepsTotal));
    for (std::size_t i = 0; i < loss.size(); ++i) {
        QCOMPARE(loss[i].step, Step{i + 1});
    }
    QTRY_VERIFY(again.visible<QPushButton>("badge") != nullptr);
    QVERIFY(again.visible<QPushButton>("badge")->text().endsWith(QStringLiteral("each once")));
    again.grab("real_completed");

    saveTheModel(again);
    exportTheRun(again);
}

void EndToEndTest::saveTheModel(OpenStudio& studio) {
    const QString path = pathOf("clouds.safetensors");
    FileDialogSeen seen;
    QString python;
    answerNextFileDialog(path, seen);
    withNextDialog([&](QDialog* dialog) { python = dialog->findChild<QPlainTextEdit*>()->toPlainText(); });
    QVERIFY(clickWhenReady(studio.window, "saveModel"));
    QTRY_VERIFY_WITH_TIMEOUT(python.contains(path), kStartMs);
    QCOMPARE(seen.name, QStringLiteral("clouds.safetensors"));
    QVERIFY(std::filesystem::file_size(path.toStdString()) > 100);
}

void EndToEndTest::exportTheRun(OpenStudio& studio) {
    int entry = 0;
    for (const char* name : {"run.csv", "run.json", "run.html"}) {
        QStringList entries;
        FileDialogSeen seen;
        chooseFromNextMenu(entry++, entries);
        answerNextFileDialog(pathOf(name), seen);
        QVERIFY(clickWhenReady(studio.window, "export"));
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(pathOf(name)), kStartMs);
    }
}

QTEST_MAIN(EndToEndTest)
#include "end_to_end_test.moc"
