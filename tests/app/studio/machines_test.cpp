// Machines that are written down and become nodes of a cluster, without widgets.
#include <algorithm>
#include <fstream>
#include <thread>

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

#include "app/studio/viewmodels/machine_setup.h"
#include "core/client/cluster_record.h"
#include "core/deploy/ssh_cluster.h"
#include "tests/support/temp_folder.h"

using namespace longship;
using namespace longship::test;

namespace {

struct Stage {
    TempFolder folder;
    HomeFolders home{folder.path() / "data", folder.path() / "config"};
    MachineSetup machines;

    explicit Stage(const std::string& sshConfig = {}) {
        std::filesystem::create_directories(folder.path() / ".ssh");
        std::ofstream(folder.path() / ".ssh" / "config") << sshConfig;
    }

    void open() {
        QSignalSpy read(&machines, &MachineSetup::configRead);
        machines.setSurroundings({home, {folder.path(), {}}, folder.path()});
        QTRY_COMPARE(read.size(), 1);
    }

    MachineDraft& draft() { return machines.draft(); }
};

std::optional<NodeListFault> faultOf(const MachineRow& row) {
    return row.fault == MachineFault::List ? std::optional(row.list.fault) : std::nullopt;
}

}  // namespace

class MachinesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyWrongLineHasItsRow();
    void theNameOfTheClusterIsChecked();
    void hostsOfTheConfigurationAreLinesOfTheList();
    void theWayToLogInGoesWithTheMachines();
    void machinesBecomeNodesOfANewCluster();
    void namesThatAreTakenAreTold();
    void whatCannotBeWrittenIsTold();
    void theGridTellsWhatIsGoodBadAndUntried();
    void aDeploymentsRowsTellHowLongItTakes();
    void aQuestionWaitsForItsAnswer();
    void questionsThatAreWithdrawnGetNoAnswer();
};

void MachinesTest::everyWrongLineHasItsRow() {
    Stage stage;
    stage.open();
    QAbstractItemModelTester tester(&stage.draft());
    stage.draft().setCluster(QStringLiteral("lab"));
    stage.draft().setList(
        QStringLiteral("ada@node[01-03]\nb -oProxyCommand=x\n# nothing\nc d e\nnode02 ada@other\nw[9-1]"));
    const auto& rows = stage.draft().rows();
    QCOMPARE(rows.size(), std::size_t{7});
    QCOMPARE(rows[2].name, QStringLiteral("node03"));
    QCOMPARE(rows[2].address, QStringLiteral("ada@node03"));
    QVERIFY(!rows[2].fault);
    const std::pair<unsigned, NodeListFault> expected[] = {{2, NodeListFault::Address},
                                                           {4, NodeListFault::Shape},
                                                           {5, NodeListFault::Twice},
                                                           {6, NodeListFault::Range}};
    for (std::size_t i = 0; i < std::size(expected); ++i) {
        QCOMPARE(rows[3 + i].line, expected[i].first);
        QVERIFY(faultOf(rows[3 + i]) == expected[i].second);
    }
    QCOMPARE(stage.draft().faults(), 4);
    QVERIFY(!stage.draft().complete());
    stage.draft().setList(QStringLiteral("ada@node[01-03]"));
    QVERIFY(stage.draft().complete());
    QCOMPARE(stage.draft().nodes().size(), std::size_t{3});
    stage.draft().setList(QStringLiteral("\n# nobody\n"));
    QVERIFY(!stage.draft().complete());
}

void MachinesTest::theNameOfTheClusterIsChecked() {
    Stage stage;
    const ClusterFiles demo{"demo", stage.home.data / "clusters" / "demo"};
    QVERIFY(makePrivateFolder(demo.folder).has_value());
    QVERIFY(writeClusterRecord(demo, {"demo", true, {}}).has_value());
    stage.open();
    QVERIFY(stage.draft().clusterFault() == ClusterNameFault::Missing);
    stage.draft().setCluster(QStringLiteral("../lab"));
    QVERIFY(stage.draft().clusterFault() == ClusterNameFault::NoName);
    stage.draft().setCluster(QStringLiteral("demo"));
    QVERIFY(stage.draft().clusterFault() == ClusterNameFault::NotOverSsh);
    stage.draft().setCluster(QStringLiteral(" lab "));
    QVERIFY(!stage.draft().clusterFault());
    QCOMPARE(stage.draft().cluster(), QStringLiteral("lab"));
}

void MachinesTest::hostsOfTheConfigurationAreLinesOfTheList() {
    Stage stage(
        "Host gate\n  HostName 10.0.0.1\n  User bob\n"
        "Host big\n  HostName 10.0.1.7\n  User ada\n  Port 2222\n  ProxyJump gate\n"
        "Host odd\n  ProxyCommand nc %h %p\n"
        "Host *.lab\n  User eve\n");
    stage.open();
    QCOMPARE(stage.draft().configHosts(),
             QStringList({QStringLiteral("gate"), QStringLiteral("big"), QStringLiteral("odd")}));
    stage.draft().setCluster(QStringLiteral("lab"));
    stage.draft().setList(QStringLiteral("one.lab\n"));
    QSignalSpy listed(&stage.draft(), &MachineDraft::listChanged);
    stage.draft().setHost(QStringLiteral("big"), true);
    QCOMPARE(listed.size(), 1);
    QCOMPARE(stage.draft().list(), QStringLiteral("one.lab\nbig"));
    QVERIFY(stage.draft().hasHost(QStringLiteral("big")));
    QVERIFY(!stage.draft().hasHost(QStringLiteral("gate")));
    QCOMPARE(stage.draft().rows()[0].address, QStringLiteral("eve@one.lab"));
    QCOMPARE(stage.draft().rows()[1].address, QStringLiteral("bob@10.0.0.1 → ada@10.0.1.7:2222"));
    stage.draft().setHost(QStringLiteral("odd"), true);
    QVERIFY(stage.draft().rows()[2].fault == MachineFault::NoWay);
    QVERIFY(!stage.draft().rows()[2].text.isEmpty());
    stage.draft().setHost(QStringLiteral("odd"), false);
    stage.draft().setHost(QStringLiteral("big"), false);
    QCOMPARE(stage.draft().list(), QStringLiteral("one.lab"));
}

void MachinesTest::theWayToLogInGoesWithTheMachines() {
    Stage stage;
    stage.open();
    stage.draft().setCluster(QStringLiteral("lab"));
    stage.draft().setList(QStringLiteral("ada@n1"));
    QVERIFY(stage.draft().nodes()[0].route.target().identities.empty());
    QVERIFY(!stage.draft().nodes()[0].route.target().identitiesOnly);
    stage.draft().setLogin(LoginMethod::KeyFile);
    QVERIFY(!stage.draft().complete());
    const auto key = stage.folder.path() / "key";
    stage.draft().setKeyFile(QString::fromStdString(key.string()));
    QVERIFY(!stage.draft().keyFileFits());
    std::ofstream(key) << "a key";
    stage.draft().setKeyFile(QString::fromStdString(key.string()));
    QVERIFY(stage.draft().complete());
    QVERIFY(stage.draft().nodes()[0].route.target().identities == std::vector{key});
    stage.draft().setLogin(LoginMethod::Password);
    QVERIFY(stage.draft().nodes()[0].route.target().identities.empty());
    QVERIFY(stage.draft().nodes()[0].route.target().identitiesOnly);
}

void MachinesTest::machinesBecomeNodesOfANewCluster() {
    Stage stage;
    stage.open();
    stage.draft().setCluster(QStringLiteral("lab"));
    stage.draft().setList(QStringLiteral("ada@n[1-2]"));
    const std::vector<SshNode> wanted = stage.draft().nodes();
    QSignalSpy added(&stage.machines, &MachineSetup::added);
    QSignalSpy known(&stage.machines, &MachineSetup::clustersChanged);
    stage.machines.add();
    QTRY_COMPARE(added.size(), 1);
    QCOMPARE(added.front().at(0).toString(), QStringLiteral("lab"));
    QCOMPARE(added.front().at(1).toInt(), 2);
    QVERIFY(*readSshNodes(*findSshCluster(stage.home, "lab")) == wanted);
    QTRY_COMPARE(known.size(), 1);
    const KnownCluster lab{QStringLiteral("lab"), true, false, {NodeId("n1"), NodeId("n2")}};
    QVERIFY(stage.machines.clusters() == std::vector{lab});
}

void MachinesTest::namesThatAreTakenAreTold() {
    Stage stage;
    const auto lab = createSshCluster(stage.home, "lab");
    SshHop hop;
    hop.address = {"ada", "elsewhere", 22};
    QVERIFY(addSshNodes(*lab, {{NodeId("n2"), {{hop}}}}).has_value());
    stage.open();
    stage.draft().setCluster(QStringLiteral("lab"));
    stage.draft().setList(QStringLiteral("ada@n[1-3]"));
    QCOMPARE(stage.draft().faults(), 1);
    QVERIFY(stage.draft().rows()[1].fault == MachineFault::NameTaken);
    stage.draft().setCluster(QStringLiteral("other"));
    QVERIFY(stage.draft().complete());
}

void MachinesTest::whatCannotBeWrittenIsTold() {
    Stage stage;
    stage.open();
    stage.draft().setCluster(QStringLiteral("lab"));
    stage.draft().setList(QStringLiteral("ada@n1"));
    QVERIFY(createSshCluster(stage.home, "lab").has_value());
    std::ofstream(stage.home.data / "clusters" / "lab" / "ssh.json") << "nonsense";
    QSignalSpy failed(&stage.machines, &MachineSetup::failed);
    stage.machines.add();
    QVERIFY(stage.machines.isAdding());
    QTRY_COMPARE(failed.size(), 1);
    QVERIFY(!stage.machines.isAdding());
}

void MachinesTest::theGridTellsWhatIsGoodBadAndUntried() {
    CheckGridModel grid;
    QAbstractItemModelTester tester(&grid);
    const NodeId a("a");
    const NodeId b("b");
    const NodeId c("c");
    grid.begin({a, b, c});
    const auto column = [](std::string_view check) {
        return static_cast<int>(std::find(kChecks.begin(), kChecks.end(), check) - kChecks.begin());
    };
    grid.add({a, std::nullopt, "resolve", true, "good", ""});
    grid.add({b, std::nullopt, "resolve", false, "no such name", "Correct the name."});
    grid.add({a, b, "reach", true, "", ""});
    QVERIFY(grid.cell(0, column("reach")).state == CheckState::Waiting);
    grid.add({a, c, "reach", false, "closed", "Open it."});
    grid.add({c, a, "reach", true, "", ""});
    QVERIFY(grid.cell(0, column("resolve")).state == CheckState::Good);
    QVERIFY(grid.cell(1, column("resolve")).state == CheckState::Bad);
    QVERIFY(grid.cell(0, column("reach")).state == CheckState::Bad);
    QVERIFY(grid.cell(1, column("login")).state == CheckState::Waiting);
    QCOMPARE(grid.done(), 3);
    grid.end();
    QVERIFY(grid.cell(1, column("login")).state == CheckState::Untried);
    QVERIFY(grid.cell(2, column("reach")).state == CheckState::Good);
    QCOMPARE(grid.problems().size(), std::size_t{2});
    QVERIFY(grid.problems()[0].remedy == "Open it.");

    grid.add({c, b, "bandwidth", true, "", ""});
    QVERIFY(grid.cell(2, column("reach")).state == CheckState::Good);
    grid.add({c, b, "bandwidth", false, "slow", "Connect it."});
    QVERIFY(grid.cell(2, column("reach")).state == CheckState::Bad);
    QCOMPARE(grid.problems().size(), std::size_t{3});
}

void MachinesTest::aDeploymentsRowsTellHowLongItTakes() {
    using namespace std::chrono_literals;
    DeployTableModel table;
    QAbstractItemModelTester tester(&table);
    const NodeId a("a");
    const NodeId b("b");
    const TimePoint begin = BootClock::now();
    table.begin({a, b}, DeployState::Waiting);
    table.progress({a, "connect", 0, 0}, begin);
    table.progress({a, "upload", 0, 1000}, begin + 1s);
    QVERIFY(!table.at(0).secondsLeft);
    table.progress({a, "upload", 250, 1000}, begin + 2s);
    QCOMPARE(*table.at(0).secondsLeft, 3.0);
    table.set(a, DeployState::Ready, 1000, {});
    table.set(b, DeployState::Failed, 0, "full disk");
    QVERIFY(table.nodesIn(DeployState::Failed) == std::vector{b});
    // Only what failed is tried again.
    table.begin({a, b}, DeployState::Waiting);
    QVERIFY(table.at(0).state == DeployState::Ready);
    QVERIFY(table.at(1).state == DeployState::Waiting);
}

void MachinesTest::aQuestionWaitsForItsAnswer() {
    PersonQuestions questions;
    QSignalSpy asked(&questions, &PersonQuestions::hostKeyAsked);
    QSignalSpy secrets(&questions, &PersonQuestions::secretAsked);
    bool accepted = false;
    std::string secret;
    std::jthread connection([&] {
        accepted = questions.acceptHostKey({{"ada", "n1", 22}, "ssh-ed25519", "SHA256:x"});
        secret = questions.secret({SecretKind::Password, {"ada", "n1", 22}, "", false, 1})->c_str();
    });
    QTRY_COMPARE(asked.size(), 1);
    QVERIFY(secrets.empty());
    questions.answerHostKey(true);
    QTRY_COMPARE(secrets.size(), 1);
    questions.answerSecret(Secret("open"));
    connection.join();
    QVERIFY(accepted);
    QVERIFY(secret == "open");
}

void MachinesTest::questionsThatAreWithdrawnGetNoAnswer() {
    PersonQuestions questions;
    QSignalSpy asked(&questions, &PersonQuestions::hostKeyAsked);
    bool accepted = true;
    bool later = true;
    std::jthread connection([&] {
        accepted = questions.acceptHostKey({{"ada", "n1", 22}, "ssh-ed25519", "SHA256:x"});
        later = questions.acceptHostKey({{"ada", "n2", 22}, "ssh-ed25519", "SHA256:y"});
    });
    QTRY_COMPARE(asked.size(), 1);
    questions.withdraw();
    connection.join();
    QVERIFY(!accepted);
    QVERIFY(!later);
    QCOMPARE(asked.size(), 1);
}

QTEST_GUILESS_MAIN(MachinesTest)
#include "machines_test.moc"
