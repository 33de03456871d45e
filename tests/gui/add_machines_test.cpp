// A person's own machines in the studio, clicked through as they would.
#include <fstream>

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QTableView>
#include <QTest>
#include <QTranslator>

#include "app/studio/theme/theme.h"
#include "core/deploy/ssh_cluster.h"
#include "tests/gui/stage.h"

using namespace longship;
using namespace longship::test;

namespace {

constexpr const char* kConfig =
    "Host gate\n  HostName 10.0.0.1\n  User bob\n"
    "Host big\n  HostName 10.0.1.7\n  User ada\n  Port 2222\n  ProxyJump gate\n";

struct MachineStage : Stage {
    HomeFolders home{folder.path() / "data", folder.path() / "config"};

    void openWith(const std::string& config = kConfig) {
        std::filesystem::create_directories(folder.path() / ".ssh");
        std::ofstream(folder.path() / ".ssh" / "config") << config;
        studio.machines().setSurroundings({home, {folder.path(), {}}, folder.path()});
        QTRY_VERIFY(!studio.machines().draft().configHosts().isEmpty());
        open();
        click("page2");
    }
};

/// Lists are pasted.
void pasteInto(QPlainTextEdit* area, const QString& text) {
    QApplication::clipboard()->setText(text);
    area->setFocus();
    QTest::keyClick(area, Qt::Key_A, Qt::ControlModifier);
    QTest::keyClick(area, Qt::Key_V, Qt::ControlModifier);
}

/// With the layout that the last change asked for.
void grabSettled(QDialog& dialog, const char* name) {
    QCoreApplication::processEvents();
    QCoreApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
    grabInto(dialog, name);
}

}  // namespace

class AddMachinesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeKind::Light); }
    void cleanup() { QCOMPARE(dropPlans(), 0); }
    void machinesAreWrittenDownAndAdded();
    void aHostKeyIsGivenBeforehand();
    void theEmptyPageLeadsThere();
    void theDarkThemeAndChinese();
};

void AddMachinesTest::machinesAreWrittenDownAndAdded() {
    MachineStage stage;
    stage.openWith();
    bool accepted = false;
    withNextDialog([&](QDialog* dialog) {
        QObject::connect(dialog, &QDialog::accepted, dialog, [&accepted] { accepted = true; });
        auto* list = findNamed<QPlainTextEdit>(*dialog, "list");
        auto* add = findNamed<QPushButton>(*dialog, "add");
        auto* machines = findNamed<QTableView>(*dialog, "machines");
        QVERIFY(!add->isEnabled());
        grabSettled(*dialog, "add_machines_empty");
        typeInto(findNamed<QComboBox>(*dialog, "cluster"), QStringLiteral("lab"));
        pasteInto(list, QStringLiteral("ada@node[01-03]\nbad -x\n"));
        QCOMPARE(machines->model()->rowCount(), 4);
        QCOMPARE(machines->model()->index(3, MachineDraft::Remark).data().toString(),
                 QStringLiteral("Line 2: “-x” is no address. Write USER@HOST, USER@HOST:PORT or HOST."));
        QCOMPARE(list->extraSelections().size(), 1);
        QCOMPARE(list->extraSelections().front().cursor.blockNumber(), 1);
        QVERIFY(!add->isEnabled());
        grabSettled(*dialog, "add_machines_wrong");

        pasteInto(list, QStringLiteral("ada@node[01-03]\n"));
        QVERIFY(add->isEnabled());
        // The second host of the configuration, ticked with the keyboard.
        auto* hosts = findNamed<QListWidget>(*dialog, "hosts");
        hosts->setFocus();
        hosts->setCurrentRow(1);
        QTest::keyClick(hosts, Qt::Key_Space);
        QCOMPARE(list->toPlainText(), QStringLiteral("ada@node[01-03]\nbig"));
        QCOMPARE(machines->model()->index(3, MachineDraft::Address).data().toString(),
                 QStringLiteral("bob@10.0.0.1 → ada@10.0.1.7:2222"));
        QCOMPARE(add->text(), QStringLiteral("Add machines (4)"));

        // A key file that is not there is told where it was chosen.
        QVERIFY(choose(findNamed<QComboBox>(*dialog, "login"), QStringLiteral("A key file")));
        auto* key = findNamed<QLineEdit>(*dialog, "keyFile");
        QVERIFY(key->isVisible());
        typeInto(key, stage.path("nothing"));
        QVERIFY(!add->isEnabled());
        grabSettled(*dialog, "add_machines_key");
        QVERIFY(choose(findNamed<QComboBox>(*dialog, "login"), QStringLiteral("A password")));
        QVERIFY(!key->isVisible());
        grabSettled(*dialog, "add_machines");
        QTest::mouseClick(add, Qt::LeftButton);
        QTRY_VERIFY(accepted);
    });
    stage.click("addMachines");
    QVERIFY(accepted);
    const auto nodes = readSshNodes(*findSshCluster(stage.home, "lab"));
    QCOMPARE(nodes->size(), std::size_t{4});
    QVERIFY(nodes->back().node == NodeId("big"));
    QCOMPARE(nodes->back().route.hops.size(), std::size_t{2});
    QVERIFY(nodes->back().route.target().identitiesOnly);
}

void AddMachinesTest::aHostKeyIsGivenBeforehand() {
    const QString key = QStringLiteral("SHA256:") + QString(43, u'a');
    MachineStage stage;
    stage.openWith();
    bool accepted = false;
    withNextDialog([&](QDialog* dialog) {
        QObject::connect(dialog, &QDialog::accepted, dialog, [&accepted] { accepted = true; });
        auto* list = findNamed<QPlainTextEdit>(*dialog, "list");
        auto* add = findNamed<QPushButton>(*dialog, "add");
        auto* line = findNamed<QLineEdit>(*dialog, "hostKeyLine");
        typeInto(findNamed<QComboBox>(*dialog, "cluster"), QStringLiteral("lab"));
        pasteInto(list, QStringLiteral("one ada@10.0.0.9"));
        QVERIFY(add->isEnabled());
        typeInto(line, QStringLiteral("MD5:12:34"));
        QVERIFY(!add->isEnabled());
        QVERIFY(line->accessibleDescription().contains(QStringLiteral("SHA256:")));
        typeInto(line, key);
        QVERIFY(add->isEnabled());
        // It is the key of one machine.
        pasteInto(list, QStringLiteral("one ada@10.0.0.9\ntwo ada@10.0.0.10"));
        QVERIFY(!add->isEnabled());
        grabSettled(*dialog, "add_machines_host_key");
        pasteInto(list, QStringLiteral("one ada@10.0.0.9"));
        QTest::mouseClick(add, Qt::LeftButton);
        QTRY_VERIFY(accepted);
    });
    stage.click("addMachines");
    const auto nodes = readSshNodes(*findSshCluster(stage.home, "lab"));
    QCOMPARE(nodes->size(), std::size_t{1});
    QCOMPARE(QString::fromStdString(nodes->front().route.target().expectedHostKey), key);
}

void AddMachinesTest::theEmptyPageLeadsThere() {
    MachineStage stage;
    stage.openWith();
    ClusterView nobody;
    nobody.name = "lab";
    stage.client->setCluster(nobody);
    auto* button = stage.find<QPushButton>("addFirstMachines");
    QTRY_VERIFY(button->isVisible());
    stage.grab("nodes_empty");
    QString name;
    withNextDialog([&](QDialog* dialog) { name = dialog->objectName(); });
    stage.click("addFirstMachines");
    QCOMPARE(name, QStringLiteral("addMachines"));
}

void AddMachinesTest::theDarkThemeAndChinese() {
    QTranslator translator;
    QVERIFY(translator.load(QStringLiteral(":/i18n/longship_zh_CN.qm")));
    MachineStage stage;
    stage.openWith();
    const auto look = [&](const char* picture) {
        withNextDialog([&](QDialog* dialog) {
            typeInto(findNamed<QComboBox>(*dialog, "cluster"), QStringLiteral("lab"));
            pasteInto(findNamed<QPlainTextEdit>(*dialog, "list"),
                      QStringLiteral("ada@node[01-03]\nbad -x\nnode02 ada@10.0.0.9\nw[9-1]"));
            QCOMPARE(findNamed<QTableView>(*dialog, "machines")->model()->rowCount(), 6);
            grabSettled(*dialog, picture);
        });
        stage.click("addMachines");
    };
    applyTheme(*qApp, ThemeKind::Dark);
    look("dark_add_machines");
    QCoreApplication::installTranslator(&translator);
    QTRY_COMPARE(stage.find<QAbstractButton>("page2")->accessibleName(), QStringLiteral("集群"));
    stage.click("page2");
    QVERIFY(stage.find<QPushButton>("addMachines")->text() != QStringLiteral("Add machines…"));
    look("dark_zh_add_machines");
    applyTheme(*qApp, ThemeKind::Light);
    look("zh_add_machines");
    QCoreApplication::removeTranslator(&translator);
}

QTEST_MAIN(AddMachinesTest)
#include "add_machines_test.moc"
