// The whole of the studio on real agents and workers: one click on Train, the window closed and opened again
// in the middle, and at the end the proof, the model and an export.
#include <filesystem>

#include <QApplication>
#include <QDialog>
#include <QDir>
#include <QFile>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTest>
#include <QTimer>

#include "app/studio/pages/main_window.h"
#include "app/studio/theme/theme.h"
#include "app/studio/viewmodels/cluster_opener.h"
#include "core/base/random.h"
#include "core/client/local_cluster.h"
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
        studio.setExpectedNodes(kDemoNodes);
        studio.bridge().open(clusterOpener(home, kDemoCluster),
                             clusterStarter(home, kDemoCluster, PROGRAM_FOLDER));
        window.resize(1280, 860);
        window.show();
    }

    template <typename T>
    T* visible(const char* name) {
        for (T* widget : window.findChildren<T*>(QString::fromLatin1(name))) {
            if (widget->isVisible()) {
                return widget;
            }
        }
        return nullptr;
    }

    void grab(const char* name) {
        QTest::qWait(100);
        QDir().mkpath(QStringLiteral(SCREENSHOT_FOLDER));
        window.grab().save(QStringLiteral(SCREENSHOT_FOLDER "/%1.png").arg(QString::fromLatin1(name)));
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
    void cleanupTestCase();
    void oneClickTrainsProvesSavesAndExports();

private:
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
        JobSpec job = demoJob();
        job.name = "clouds";
        job.dataset.name.clear();
        job.dataset.csv = table.string();
        job.dataset.label = "kind";
        job.model = {.name = "mlp", .hidden = {32}};
        job.epochs = 10;
        job.globalBatch = 64;
        first.studio.draft().setJob(job);
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

    QString python;
    QTimer dialogs;
    connect(&dialogs, &QTimer::timeout, this, [&] {
        if (auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget())) {
            if (auto* text = dialog->findChild<QPlainTextEdit*>()) {
                python = text->toPlainText();
            }
            dialog->close();
        }
    });
    dialogs.start(20);
    const auto model = m_folder.path() / "clouds.safetensors";
    again.studio.saveModel(run, QString::fromStdString(model.string()));
    QTRY_VERIFY_WITH_TIMEOUT(python.contains(QStringLiteral("clouds.safetensors")), kStartMs);
    QVERIFY(std::filesystem::file_size(model) > 100);

    for (const auto& [format, name] :
         {std::pair(ExportFormat::Csv, "run.csv"), std::pair(ExportFormat::Json, "run.json"),
          std::pair(ExportFormat::Html, "run.html")}) {
        const auto path = m_folder.path() / name;
        again.studio.exportTo({run}, format, QString::fromStdString(path.string()));
        QTRY_VERIFY_WITH_TIMEOUT(std::filesystem::exists(path), kStartMs);
    }
}

QTEST_MAIN(EndToEndTest)
#include "end_to_end_test.moc"
