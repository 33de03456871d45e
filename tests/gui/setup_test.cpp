// A person's own machines are checked, deployed to and given back in the window, over a real SSH server.
#include <gtest/gtest.h>

#include <fstream>

#include <QAbstractItemModel>
#include <QApplication>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>
#include <QTranslator>

#include "app/studio/theme/theme.h"
#include "core/client/cluster_record.h"
#include "core/deploy/ssh_cluster.h"
#include "tests/core/deploy/ssh/test_sshd.h"
#include "tests/gui/stage.h"

using namespace longship;
using namespace longship::test;

namespace {

constexpr int kPatienceMs = 120'000;

/// The studio shows a cluster of one machine, on which an SSH server runs.
struct SetupStage : Stage {
    HomeFolders home{folder.path() / "data", folder.path() / "config"};
    TestSshd server;
    SshSettings ssh = settingsIn(folder.path());

    ClusterWork& work() { return studio.machines().work(); }

    void openWith(const std::filesystem::path& programs = PROGRAM_FOLDER) {
        const auto lab = createSshCluster(home, "lab");
        QVERIFY(lab && addSshNodes(*lab, {{NodeId("n1"), {{server.hop()}}}}));
        studio.machines().setSurroundings({home, {folder.path(), ssh}, programs});
        ClusterView cluster = demoClusterView();
        cluster.name = "lab";
        open(cluster);
        click("page2");
    }
    void trust() const {
        const HostKey key = keyOf(server.hostKey().string() + ".pub");
        QVERIFY(KnownHosts(ssh.acceptedKeys, {}).accept(server.address().knownName(), key).has_value());
    }
    static HostKey keyOf(const std::filesystem::path& file) {
        std::ifstream words(file);
        HostKey key;
        words >> key.type >> key.base64;
        return key;
    }
    CheckState state(std::string_view check) {
        const auto column = std::find(kChecks.begin(), kChecks.end(), check) - kChecks.begin();
        return work().checks().cell(0, static_cast<int>(column)).state;
    }
    void waitUntilIdle() {
        QTRY_VERIFY_WITH_TIMEOUT(work().phase() == ClusterWork::Phase::Idle, kPatienceMs);
    }
};

}  // namespace

class SetupTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init() {
        if (const std::string why = whyNoSshd(); !why.empty()) {
            QSKIP(why.c_str());
        }
    }
    void cleanup() { QCOMPARE(dropPlans(), 0); }
    void anUnknownMachineIsTrustedOnceAndChecked();
    void whoIsNotTrustedIsLeftAlone();
    void aChangedKeyStopsWithNoWayOn();
    void missingProgramsAreTold();
    void theMachinesBecomeAClusterAndAreGivenBack();
    void aMachineIsTakenOut();
    void machinesWithoutOurProgramsAreNotCalledSilent();
    void theDarkThemeAndChinese();
};

void SetupTest::initTestCase() {
    testing::GTEST_FLAG(throw_on_failure) = true;  // The servers' own expectations.
    applyTheme(*qApp, ThemeKind::Light);
}

void SetupTest::anUnknownMachineIsTrustedOnceAndChecked() {
    SetupStage stage;
    stage.openWith();
    bool cancelIsDefault = false;
    QString shown;
    withNextDialog([&](QDialog* dialog) {
        shown = findNamed<QLabel>(*dialog, "fingerprint")->text();
        cancelIsDefault = findNamed<QPushButton>(*dialog, "cancelTrust")->isDefault();
        grabInto(*dialog, "host_key");
        QTest::mouseClick(findNamed<QPushButton>(*dialog, "trust"), Qt::LeftButton);
    });
    stage.click("setup");
    stage.waitUntilIdle();
    QCOMPARE(shown, QStringLiteral("ssh-ed25519\n") + QString::fromStdString(stage.server.fingerprint()));
    QVERIFY(cancelIsDefault);
    for (const char* check : {"resolve", "connect", "host-key", "login", "shell", "home", "tools"}) {
        QVERIFY2(stage.state(check) == CheckState::Good, check);
    }
    QVERIFY(stage.work().outcome() == ClusterWork::Outcome::Checked);
    stage.grab("setup_checked");
    // The second time nobody is asked.
    stage.click("check");
    QVERIFY(stage.work().phase() == ClusterWork::Phase::Checking);
    stage.waitUntilIdle();
    QVERIFY(stage.state("login") == CheckState::Good);
}

void SetupTest::whoIsNotTrustedIsLeftAlone() {
    SetupStage stage;
    stage.openWith();
    withNextDialog([](QDialog* dialog) { QTest::keyClick(dialog, Qt::Key_Return); });
    stage.click("setup");
    stage.waitUntilIdle();
    QVERIFY(stage.state("connect") == CheckState::Good);
    QVERIFY(stage.state("host-key") == CheckState::Bad);
    QVERIFY(stage.state("login") == CheckState::Untried);
    const auto* problems = stage.find<QTableView>("problems");
    QVERIFY(problems->isVisible());
    QCOMPARE(problems->model()->rowCount(), 1);
    QCOMPARE(problems->model()->index(0, CheckProblemText::Place).data().toString(),
             QStringLiteral("n1: Host key"));
    QVERIFY(problems->model()
                ->index(0, CheckProblemText::Remedy)
                .data()
                .toString()
                .contains(QStringLiteral("fingerprint")));
    stage.grab("setup_problems");
}

void SetupTest::aChangedKeyStopsWithNoWayOn() {
    SetupStage stage;
    makeKey(stage.folder.path() / "other");
    const HostKey other = SetupStage::keyOf(stage.folder.path() / "other.pub");
    QVERIFY(
        KnownHosts(stage.ssh.acceptedKeys, {}).accept(stage.server.address().knownName(), other).has_value());
    stage.openWith();
    QString shown;
    QString expected;
    QStringList ways;
    withNextDialog([&](QDialog* dialog) {
        shown = findNamed<QLabel>(*dialog, "shownKey")->text();
        expected = findNamed<QLabel>(*dialog, "expectedKey")->text();
        for (const auto* button : dialog->findChildren<QPushButton*>()) {
            ways << button->objectName();
        }
        grabInto(*dialog, "changed_key");
    });
    stage.click("setup");
    stage.waitUntilIdle();
    QTRY_VERIFY(!shown.isEmpty());
    QVERIFY(shown.contains(QString::fromStdString(stage.server.fingerprint())));
    QVERIFY(expected.contains(QString::fromStdString(fingerprintOf(stage.folder.path() / "other.pub"))));
    QCOMPARE(ways, QStringList{QStringLiteral("closeAlarm")});
    QVERIFY(stage.state("host-key") == CheckState::Bad);
    QVERIFY(stage.state("login") == CheckState::Untried);
}

void SetupTest::missingProgramsAreTold() {
    SetupStage stage;
    stage.trust();
    stage.openWith(stage.folder.path() / "nowhere");
    stage.click("setup");
    stage.waitUntilIdle();
    stage.click("deploy");
    stage.waitUntilIdle();
    QVERIFY(stage.work().outcome() == ClusterWork::Outcome::Incomplete);
    QVERIFY(stage.work().error().has_value());
    QVERIFY(stage.work().error()->text.find("longship-agent") != std::string::npos);
}

void SetupTest::theMachinesBecomeAClusterAndAreGivenBack() {
    SetupStage stage;
    stage.trust();
    // Any program does for a worker that is never started.
    const auto programs = stage.folder.path() / "programs";
    std::filesystem::create_directories(programs);
    std::filesystem::create_symlink(PROGRAM_FOLDER "/longship-agent", programs / "longship-agent");
    std::filesystem::create_symlink("/bin/true", programs / "longship-worker");
    std::filesystem::create_symlink("/bin/true", programs / "longship-server");
    stage.openWith(programs);
    stage.click("setup");
    stage.waitUntilIdle();
    QSignalSpy chosen(&stage.window, &MainWindow::clusterChosen);
    stage.click("deploy");
    auto* table = stage.find<QTableView>("deployTable");
    QTRY_VERIFY(table->isVisible());
    QTRY_COMPARE(stage.work().nodes().rowCount(), 1);
    // One sentence about a node, in one column.
    QVERIFY(table->model()->index(0, DeployTableModel::Action).data().toString().isEmpty());
    stage.grab("setup_deploying");
    stage.waitUntilIdle();
    const std::string problem =
        stage.work().error() ? stage.work().error()->text : stage.work().nodes().at(0).error;
    QVERIFY2(stage.work().outcome() == ClusterWork::Outcome::Deployed, problem.c_str());
    QVERIFY(stage.work().nodes().at(0).state == DeployState::Ready);
    QVERIFY(table->model()->index(0, DeployTableModel::Action).data().toString().isEmpty());
    QVERIFY(!table->model()->index(0, DeployTableModel::Remark).data().toString().isEmpty());
    QCOMPARE(chosen.size(), 1);
    QCOMPARE(chosen.front().front().toString(), QStringLiteral("lab"));
    const auto lab = findSshCluster(stage.home, "lab");
    QVERIFY(readClusterRecord(*lab)->complete());

    stage.click("setup");
    stage.waitUntilIdle();
    withNextDialog([](QDialog* dialog) {
        grabInto(*dialog, "undeploy");
        QTest::mouseClick(findNamed<QPushButton>(*dialog, "confirmUndeploy"), Qt::LeftButton);
    });
    stage.click("undeploy");
    stage.waitUntilIdle();
    QVERIFY(stage.work().outcome() == ClusterWork::Outcome::Removed);
    QVERIFY(!readClusterRecord(*lab)->complete());
    QVERIFY(!std::filesystem::exists(stage.server.home() / ".local/share/longship"));
    stage.grab("setup_removed");

    // Nothing of ours is out there any more: this computer may forget it, too.
    QStringList shown;
    chooseFromNextMenu(1, shown);
    withNextDialog([](QDialog* dialog) {
        grabInto(*dialog, "forget");
        QTest::mouseClick(findNamed<QPushButton>(*dialog, "confirmForget"), Qt::LeftButton);
    });
    stage.click("more");
    QTRY_COMPARE(chosen.size(), 2);
    QCOMPARE(shown.first(), QStringLiteral("Take n1 out…"));
    QCOMPARE(shown.last(), QStringLiteral("Forget this cluster…"));
    QCOMPARE(chosen.back().front().toString(), QStringLiteral("demo"));
    QVERIFY(!findSshCluster(stage.home, "lab"));
}

void SetupTest::aMachineIsTakenOut() {
    SetupStage stage;
    stage.trust();
    stage.openWith();
    const auto lab = findSshCluster(stage.home, "lab");
    QVERIFY(lab && addSshNodes(*lab, {{NodeId("n2"), {{stage.server.hop()}}}}));
    stage.click("setup");
    stage.waitUntilIdle();
    QStringList shown;
    chooseFromNextMenu(1, shown);
    withNextDialog([](QDialog* dialog) {
        grabInto(*dialog, "take_out");
        QTest::keyClick(dialog, Qt::Key_Return);  // Cancel.
    });
    stage.click("more");
    QCOMPARE(readSshNodes(*lab)->size(), std::size_t{2});
    chooseFromNextMenu(1, shown);
    withNextDialog([](QDialog* dialog) {
        QTest::mouseClick(findNamed<QPushButton>(*dialog, "confirmTakeOut"), Qt::LeftButton);
    });
    stage.click("more");
    QTRY_VERIFY_WITH_TIMEOUT(stage.work().outcome() == ClusterWork::Outcome::NodeLeft, kPatienceMs);
    QCOMPARE(readSshNodes(*lab)->size(), std::size_t{1});
    QVERIFY(readSshNodes(*lab)->front().node == NodeId("n1"));
    QCOMPARE(stage.work().checks().rowCount(), 1);
    QCOMPARE(stage.find<QLabel>("setupSummary")->text(), QStringLiteral("Machines: 1. Not checked"));
    stage.grab("setup_taken_out");
}

void SetupTest::machinesWithoutOurProgramsAreNotCalledSilent() {
    SetupStage stage;
    stage.trust();
    stage.openWith();
    ClusterView bare;
    bare.name = "lab";
    bare.detail = "Connecting to the cluster lab (1 nodes) …";
    bare.nodes.emplace_back();
    bare.nodes.back().node = NodeId("n1");
    bare.nodes.back().state = NodeState::Connecting;
    stage.client->setCluster(bare);
    auto* banner = stage.find<Banner>("connection");
    QTRY_VERIFY(banner->isVisible());
    QTRY_COMPARE(banner->heading(), QStringLiteral("Longship is not on the machines of “lab” yet"));
    QTRY_COMPARE(
        stage.find<QTableView>("nodesTable")->model()->index(0, NodeTableModel::State).data().toString(),
        QStringLiteral("No agent yet"));
    stage.grab("nodes_bare");
    stage.click("setUpMachines");
    QTRY_VERIFY(stage.find<QTableView>("checkGrid")->isVisible());
    stage.waitUntilIdle();
    QVERIFY(stage.state("login") == CheckState::Good);
}

void SetupTest::theDarkThemeAndChinese() {
    QTranslator translator;
    QVERIFY(translator.load(QStringLiteral(":/i18n/longship_zh_CN.qm")));
    SetupStage stage;
    stage.openWith();
    applyTheme(*qApp, ThemeKind::Dark);
    QCoreApplication::installTranslator(&translator);
    QTRY_COMPARE(stage.find<QAbstractButton>("page2")->accessibleName(), QStringLiteral("集群"));
    stage.click("page2");
    withNextDialog([](QDialog* dialog) { grabInto(*dialog, "dark_zh_host_key"); });
    stage.click("setup");
    stage.waitUntilIdle();
    stage.grab("dark_zh_setup_problems");
    applyTheme(*qApp, ThemeKind::Light);
    QCoreApplication::removeTranslator(&translator);
}

QTEST_MAIN(SetupTest)
#include "setup_test.moc"
