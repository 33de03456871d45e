// What a job reads is brought to the machines of a cluster over SSH before it is sent, over a real SSH
// server.
#include <gtest/gtest.h>

#include <fstream>

#include <QAbstractItemModel>
#include <QApplication>
#include <QDialog>
#include <QLabel>
#include <QPushButton>
#include <QTableView>
#include <QTcpServer>
#include <QTest>
#include <QTimer>
#include <QTranslator>

#include "app/studio/theme/theme.h"
#include "core/base/files.h"
#include "core/deploy/ssh_cluster.h"
#include "tests/core/deploy/ssh/test_sshd.h"
#include "tests/gui/stage.h"

using namespace longship;
using namespace longship::test;

namespace {

constexpr int kPatienceMs = 60'000;
constexpr const char* kTable = "x,kind\n1,a\n2,b\n3,a\n4,b\n";

/// The studio shows a cluster whose machines are reached over SSH, and a table is about to be trained on.
struct DataStage : Stage {
    HomeFolders home{folder.path() / "data", folder.path() / "config"};
    SshSettings ssh = settingsIn(folder.path());

    void openWith(const std::vector<SshNode>& nodes) {
        const auto lab = createSshCluster(home, "lab");
        QVERIFY(lab && addSshNodes(*lab, nodes));
        studio.machines().setSurroundings({home, {folder.path(), ssh}, PROGRAM_FOLDER});
        QTRY_VERIFY(studio.machines().overSsh(QStringLiteral("lab")) != nullptr);
        ClusterView cluster = demoClusterView();
        cluster.name = "lab";
        open(cluster);
        std::ofstream(folder.path() / "some.csv") << kTable;
        studio.draft().edit([&](JobSpec& job) {
            job.dataset = {"", (folder.path() / "some.csv").string(), "kind"};
            job.model.name = "mlp";
        });
        QVERIFY(studio.draft().isValid());
    }
    void trust(const TestSshd& server) const {
        std::ifstream words(server.hostKey().string() + ".pub");
        HostKey key;
        words >> key.type >> key.base64;
        QVERIFY(KnownHosts(ssh.acceptedKeys, {}).accept(server.address().knownName(), key).has_value());
    }
    DataWork& data() { return studio.machines().data(); }
    QString remark(int row) {
        return find<QTableView>("dataTable")->model()->index(row, DeployTableModel::Remark).data().toString();
    }
};

/// Once it is asked for, above the dialog that shows the data's way.
void refuseTheHostKey() {
    auto* timer = new QTimer(qApp);
    QObject::connect(timer, &QTimer::timeout, timer, [timer] {
        QWidget* dialog = QApplication::activeModalWidget();
        if (dialog != nullptr && dialog->objectName() == QLatin1String("hostKey")) {
            timer->deleteLater();
            QTest::keyClick(dialog, Qt::Key_Return);
        }
    });
    timer->start(10);
}

}  // namespace

class DataTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init() {
        if (const std::string why = whyNoSshd(); !why.empty()) {
            QSKIP(why.c_str());
        }
    }
    void cleanup() { QCOMPARE(dropPlans(), 0); }
    void theTableIsBroughtAndTheJobNamesIt();
    void whereAMachineLacksItNothingIsSent();
    void aPersonMayGiveUp();
    void theDarkThemeAndChinese();
};

void DataTest::initTestCase() {
    testing::GTEST_FLAG(throw_on_failure) = true;  // The servers' own expectations.
    applyTheme(*qApp, ThemeKind::Light);
}

void DataTest::theTableIsBroughtAndTheJobNamesIt() {
    const TestSshd server;
    DataStage stage;
    stage.trust(server);
    stage.openWith({{NodeId("n1"), {{server.hop()}}}});
    stage.studio.train();
    QTRY_VERIFY_WITH_TIMEOUT(stage.client->submitted().size() == 1, kPatienceMs);
    const JobSpec sent = stage.client->submitted().front();
    QVERIFY(!sent.dataset.content.empty());
    const auto table = server.home() / ".local/share/longship/datasets" / sent.dataset.content / "table.csv";
    QCOMPARE(QString::fromStdString(readFile(table).value_or("")), QString::fromLatin1(kTable));
    QTRY_VERIFY(stage.studio.trainState() == StudioModel::TrainState::Idle);
    QVERIFY(!stage.find<QDialog>("dataDialog")->isVisible());
    QVERIFY(stage.studio.draft().job().dataset.content.empty());
}

void DataTest::whereAMachineLacksItNothingIsSent() {
    const TestSshd server;
    DataStage stage;
    stage.openWith({{NodeId("n1"), {{server.hop()}}}});
    refuseTheHostKey();
    stage.studio.train();
    QTRY_VERIFY_WITH_TIMEOUT(stage.data().phase() == DataWork::Phase::Failed, kPatienceMs);
    QVERIFY(stage.client->submitted().empty());
    QCOMPARE(stage.data().nodes().rowCount(), 1);
    QVERIFY(stage.data().nodes().at(0).state == DeployState::Failed);
    QVERIFY(!stage.remark(0).isEmpty());
    grabInto(*stage.find<QDialog>("dataDialog"), "data_failed");
    // Trusted now, the same button goes on.
    stage.trust(server);
    stage.click("dataAgain");
    QTRY_VERIFY_WITH_TIMEOUT(stage.client->submitted().size() == 1, kPatienceMs);
}

void DataTest::aPersonMayGiveUp() {
    // Takes the connection and never says a word.
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    SshHop hop;
    hop.address = {"somebody", "127.0.0.1", silent.serverPort()};
    DataStage stage;
    stage.openWith({{NodeId("n1"), {{hop}}}});
    stage.studio.train();
    QTRY_VERIFY(stage.find<QDialog>("dataDialog")->isVisible());
    QTRY_COMPARE_WITH_TIMEOUT(stage.data().nodes().rowCount(), 1, kPatienceMs);
    QTRY_VERIFY_WITH_TIMEOUT(stage.data().nodes().at(0).state == DeployState::Working, kPatienceMs);
    grabInto(*stage.find<QDialog>("dataDialog"), "data_under_way");
    stage.click("cancelData");
    QTRY_VERIFY_WITH_TIMEOUT(stage.studio.trainState() == StudioModel::TrainState::Idle, kPatienceMs);
    QVERIFY(!stage.find<QDialog>("dataDialog")->isVisible());
    QVERIFY(stage.client->submitted().empty());
}

void DataTest::theDarkThemeAndChinese() {
    QTranslator translator;
    QVERIFY(translator.load(QStringLiteral(":/i18n/longship_zh_CN.qm")));
    QCoreApplication::installTranslator(&translator);
    applyTheme(*qApp, ThemeKind::Dark);
    {
        const TestSshd server;
        DataStage stage;
        stage.openWith({{NodeId("n1"), {{server.hop()}}}});
        refuseTheHostKey();
        stage.studio.train();
        QTRY_VERIFY_WITH_TIMEOUT(stage.data().phase() == DataWork::Phase::Failed, kPatienceMs);
        grabInto(*stage.find<QDialog>("dataDialog"), "dark_zh_data_failed");
        stage.click("cancelData");
        QTRY_VERIFY(stage.studio.trainState() == StudioModel::TrainState::Idle);
    }
    applyTheme(*qApp, ThemeKind::Light);
    QCoreApplication::removeTranslator(&translator);
}

QTEST_MAIN(DataTest)
#include "data_test.moc"
