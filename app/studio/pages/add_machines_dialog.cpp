#include "app/studio/pages/add_machines_dialog.h"

#include <algorithm>

#include <QEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QTextBlock>
#include <QVBoxLayout>

#include "app/studio/text/machine_words.h"
#include "app/studio/text/words.h"
#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"
#include "app/studio/widgets/table.h"

namespace longship {

namespace {

constexpr QSize kSizeFirst(880, 760);
constexpr int kRowHeight = 28;
constexpr int kHostsWidth = 260;

}  // namespace

AddMachinesDialog::AddMachinesDialog(StudioModel& studio, const QString& cluster, QWidget* parent)
    : QDialog(parent), m_studio(studio), m_draft(studio.machines().draft()) {
    setObjectName(QStringLiteral("addMachines"));
    setWindowTitle(tr("Add machines"));
    resize(kSizeFirst);
    m_draft.clear();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kPage, spacing::kLarge, spacing::kPage, spacing::kLarge);
    layout->setSpacing(spacing::kMedium);
    layout->addWidget(makeTop());
    auto* middle = new QHBoxLayout;
    middle->setSpacing(spacing::kLarge);
    middle->addWidget(makeList(), 1);
    middle->addWidget(makeHosts());
    layout->addLayout(middle, 1);
    layout->addWidget(makeLogin());
    layout->addWidget(makeMachines(), 1);
    m_failure = new Banner(this);
    m_failure->setVisible(false);
    layout->addWidget(m_failure);
    layout->addWidget(makeButtons());
    MachineSetup& machines = studio.machines();
    connect(&m_draft, &MachineDraft::changed, this, &AddMachinesDialog::refresh);
    connect(&m_draft, &MachineDraft::listChanged, this, [this] { m_list->setPlainText(m_draft.list()); });
    connect(&machines, &MachineSetup::configRead, this, &AddMachinesDialog::fillHosts);
    connect(&machines, &MachineSetup::added, this, &QDialog::accept);
    connect(&machines, &MachineSetup::failed, this, [this](const Error& error) {
        m_failure->show(Tone::Bad, tr("The machines were not added"), QString::fromStdString(error.text));
        refresh();
    });
    m_draft.setCluster(cluster);
    m_cluster->setEditText(cluster);
    fillHosts();
    refresh();
    machines.refresh();
    (cluster.isEmpty() ? static_cast<QWidget*>(m_cluster) : m_list)->setFocus();
}

QWidget* AddMachinesDialog::makeTop() {
    auto* area = new QWidget(this);
    auto* layout = new QVBoxLayout(area);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kSmall);
    layout->addWidget(makeLabel(TextRole::Heading, tr("Add your machines"), area));
    auto* about =
        makeLabel(TextRole::Muted,
                  tr("Linux machines that you can log in to over SSH. Nothing has to be installed on "
                     "them, and nothing is changed there before you deploy."),
                  area);
    about->setWordWrap(true);
    layout->addWidget(about);
    m_cluster = new QComboBox(area);
    m_cluster->setObjectName(QStringLiteral("cluster"));
    m_cluster->setEditable(true);
    m_cluster->setInsertPolicy(QComboBox::NoInsert);
    m_cluster->setMaximumWidth(360);
    for (const KnownCluster& known : m_studio.machines().clusters()) {
        if (known.overSsh) {
            m_cluster->addItem(known.name);
        }
    }
    m_cluster->lineEdit()->setPlaceholderText(tr("For example: lab"));
    m_clusterField = new FormField(tr("Cluster"), m_cluster, area);
    layout->addWidget(m_clusterField);
    connect(m_cluster, &QComboBox::editTextChanged, &m_draft, &MachineDraft::setCluster);
    return area;
}

QWidget* AddMachinesDialog::makeList() {
    m_list = new QPlainTextEdit(this);
    m_list->setObjectName(QStringLiteral("list"));
    m_list->setTabChangesFocus(true);
    m_list->setPlaceholderText(
        tr("One machine a line, or a range, or a table with a first line that names its columns:\n\n"
           "ada@node[01-16]\nbig ada@10.0.0.7:2222\nname,host,user,port,jump"));
    auto* field = new FormField(tr("Machines"), m_list, this);
    qobject_cast<QVBoxLayout*>(field->layout())->setStretchFactor(m_list, 1);
    field->setHint(tr("USER@HOST:PORT; user and port may be left out. Lists can be pasted."));
    connect(m_list, &QPlainTextEdit::textChanged, this, [this] { m_draft.setList(m_list->toPlainText()); });
    return field;
}

QWidget* AddMachinesDialog::makeHosts() {
    auto* area = new QWidget(this);
    area->setFixedWidth(kHostsWidth);
    auto* layout = new QVBoxLayout(area);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(3);
    auto* name = makeLabel(TextRole::Plain, tr("From ~/.ssh/config"), area);
    layout->addWidget(name);
    m_hostFilter = new QLineEdit(area);
    m_hostFilter->setObjectName(QStringLiteral("hostFilter"));
    m_hostFilter->setPlaceholderText(tr("Filter"));
    m_hostFilter->setAccessibleName(tr("Filter the hosts"));
    m_hostFilter->setClearButtonEnabled(true);
    layout->addWidget(m_hostFilter);
    m_hosts = new QListWidget(area);
    m_hosts->setObjectName(QStringLiteral("hosts"));
    m_hosts->setAccessibleName(tr("Hosts of ~/.ssh/config"));
    name->setBuddy(m_hosts);
    layout->addWidget(m_hosts, 1);
    m_hostsNote = makeLabel(TextRole::Small, {}, area);
    m_hostsNote->setWordWrap(true);
    layout->addWidget(m_hostsNote);
    connect(m_hostFilter, &QLineEdit::textChanged, this, [this](const QString& words) {
        for (int row = 0; row < m_hosts->count(); ++row) {
            QListWidgetItem* item = m_hosts->item(row);
            item->setHidden(!item->text().contains(words.trimmed(), Qt::CaseInsensitive));
        }
    });
    connect(m_hosts, &QListWidget::itemChanged, this, [this](const QListWidgetItem* item) {
        m_draft.setHost(item->text(), item->checkState() == Qt::Checked);
    });
    return area;
}

QWidget* AddMachinesDialog::makeLogin() {
    auto* area = new QWidget(this);
    m_login = new QComboBox(area);
    m_login->setObjectName(QStringLiteral("login"));
    for (const LoginMethod method : {LoginMethod::Usual, LoginMethod::KeyFile, LoginMethod::Password}) {
        m_login->addItem(MachineWords::of(method), static_cast<int>(method));
    }
    m_loginField = new FormField(tr("Log in with"), m_login, area);
    m_keyFile = new QLineEdit;
    m_keyFile->setObjectName(QStringLiteral("keyFile"));
    auto* choose = new QPushButton(tr("Choose…"));
    choose->setObjectName(QStringLiteral("chooseKey"));
    auto* both = new QWidget(area);
    auto* line = new QHBoxLayout(both);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(spacing::kSmall);
    line->addWidget(m_keyFile, 1);
    line->addWidget(choose);
    both->setFocusProxy(m_keyFile);
    m_keyField = new FormField(tr("Key file"), both, area);
    m_keyFile->setAccessibleName(tr("Key file"));
    auto* layout = new QHBoxLayout(area);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kLarge);
    layout->addWidget(m_loginField, 1);
    layout->addWidget(m_keyField, 1);
    m_hostKey = new QLineEdit(area);
    m_hostKey->setObjectName(QStringLiteral("hostKeyLine"));
    m_hostKey->setPlaceholderText(QStringLiteral("SHA256:…"));
    m_hostKeyField = new FormField(tr("Host key, if you know it"), m_hostKey, area);
    layout->addWidget(m_hostKeyField, 1);
    connect(m_hostKey, &QLineEdit::textChanged, &m_draft, &MachineDraft::setHostKey);
    connect(m_login, &QComboBox::currentIndexChanged, this,
            [this] { m_draft.setLogin(static_cast<LoginMethod>(m_login->currentData().toInt())); });
    connect(m_keyFile, &QLineEdit::textChanged, &m_draft, &MachineDraft::setKeyFile);
    connect(choose, &QPushButton::clicked, this, &AddMachinesDialog::chooseKeyFile);
    return area;
}

QWidget* AddMachinesDialog::makeMachines() {
    auto* area = new QWidget(this);
    auto* layout = new QVBoxLayout(area);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(3);
    m_summary = makeLabel(TextRole::Plain, {}, area);
    m_summary->setObjectName(QStringLiteral("summary"));
    layout->addWidget(m_summary);
    m_machines = makeTableView(tr("The machines of the list"), area);
    m_machines->setObjectName(QStringLiteral("machines"));
    m_machines->setModel(new MachineTableText(&m_draft, m_machines));
    m_machines->verticalHeader()->setDefaultSectionSize(kRowHeight);
    m_machines->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_machines->setColumnWidth(MachineDraft::Name, 140);
    m_machines->setColumnWidth(MachineDraft::Address, 260);
    layout->addWidget(m_machines, 1);
    return area;
}

QWidget* AddMachinesDialog::makeButtons() {
    auto* area = new QWidget(this);
    auto* layout = new QHBoxLayout(area);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kSmall);
    layout->addStretch();
    auto* cancel = new QPushButton(tr("Cancel"), area);
    cancel->setObjectName(QStringLiteral("cancelAdd"));
    cancel->setAutoDefault(false);
    m_add = new QPushButton(area);
    m_add->setObjectName(QStringLiteral("add"));
    m_add->setProperty("primary", true);
    m_add->setDefault(true);
    layout->addWidget(cancel);
    layout->addWidget(m_add);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_add, &QPushButton::clicked, this, [this] {
        m_failure->setVisible(false);
        m_studio.machines().add();
        refresh();
    });
    return area;
}

void AddMachinesDialog::chooseKeyFile() {
    const QString folder =
        QString::fromStdString((m_studio.machines().surroundings().ssh.home / ".ssh").string());
    const QString path = QFileDialog::getOpenFileName(this, tr("Choose a key file"), folder);
    if (!path.isEmpty()) {
        m_keyFile->setText(path);
    }
}

void AddMachinesDialog::fillHosts() {
    const QSignalBlocker quiet(m_hosts);
    m_hosts->clear();
    for (const QString& host : m_draft.configHosts()) {
        auto* item = new QListWidgetItem(host, m_hosts);
        item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
        item->setHidden(!host.contains(m_hostFilter->text().trimmed(), Qt::CaseInsensitive));
    }
    const auto& error = m_studio.machines().configError();
    m_hostsNote->setText(error                   ? QString::fromStdString(error->text)
                         : m_hosts->count() == 0 ? tr("It names no hosts.")
                                                 : tr("Ticked hosts are lines of the list."));
    setStyleProperty(m_hostsNote, "role", error ? QStringLiteral("problem") : QStringLiteral("small"));
    markHosts();
}

void AddMachinesDialog::markHosts() {
    const QSignalBlocker quiet(m_hosts);
    for (int row = 0; row < m_hosts->count(); ++row) {
        QListWidgetItem* item = m_hosts->item(row);
        item->setCheckState(m_draft.hasHost(item->text()) ? Qt::Checked : Qt::Unchecked);
    }
}

void AddMachinesDialog::refresh() {
    const auto nameFault = m_draft.clusterFault();
    const KnownCluster* known = m_draft.knownCluster();
    const bool begun = !m_draft.list().isEmpty() || !m_draft.cluster().isEmpty();
    m_clusterField->setProblem(nameFault && begun ? MachineWords::of(*nameFault) : QString());
    m_clusterField->setHint(
        known != nullptr
            ? tr("The machines join this cluster, which has %1 nodes.").arg(Words::count(known->nodes.size()))
            : tr("A new cluster of this name is made."));
    const bool needsKey = m_draft.login() == LoginMethod::KeyFile;
    m_keyField->setVisible(needsKey);
    m_keyField->setProblem(m_draft.keyFileFits() ? QString()
                           : m_draft.keyFile().isEmpty()
                               ? tr("Choose the file of a private key.")
                               : tr("There is no such file, or it cannot be read."));
    const auto hostKeyFault = m_draft.hostKeyFault();
    m_hostKeyField->setProblem(hostKeyFault ? MachineWords::of(*hostKeyFault) : QString());
    m_hostKeyField->setHint(tr("Of one machine. Without it you are asked when Longship connects."));
    m_loginField->setHint(m_draft.login() == LoginMethod::Password
                              ? tr("It is asked for when Longship connects, and never kept.")
                              : tr("A passphrase is asked for when it is needed, and never kept."));
    const int faults = m_draft.faults();
    const std::size_t machines = m_draft.nodes().size();
    m_summary->setText(faults > 0
                           ? tr("Machines: %1. Entries that are wrong: %2")
                                 .arg(Words::count(machines), Words::count(static_cast<unsigned>(faults)))
                       : machines > 0 ? tr("Machines: %1").arg(Words::count(machines))
                                      : tr("No machines yet"));
    setStyleProperty(m_summary, "role", faults > 0 ? QStringLiteral("problem") : QString());
    m_machines->setColumnHidden(MachineDraft::Remark, faults == 0);
    m_machines->horizontalHeader()->setStretchLastSection(true);
    m_add->setText(machines > 0 ? tr("Add machines (%1)").arg(Words::count(machines)) : tr("Add machines"));
    m_add->setEnabled(m_draft.complete() && !m_studio.machines().isAdding());
    const auto& rows = m_draft.rows();
    const auto wrong =
        std::find_if(rows.begin(), rows.end(), [](const MachineRow& row) { return row.fault.has_value(); });
    if (wrong != rows.end()) {
        m_machines->scrollTo(m_machines->model()->index(static_cast<int>(wrong - rows.begin()), 0));
    }
    markHosts();
    markLines();
}

void AddMachinesDialog::markLines() {
    const Colors& colors = colorsOf(palette());
    QList<QTextEdit::ExtraSelection> marks;
    for (const MachineRow& row : m_draft.rows()) {
        const QTextBlock block = m_list->document()->findBlockByNumber(static_cast<int>(row.line) - 1);
        if (row.fault && row.line > 0 && block.isValid()) {
            QTextEdit::ExtraSelection mark;
            mark.cursor = QTextCursor(block);
            mark.format.setProperty(QTextFormat::FullWidthSelection, true);
            mark.format.setBackground(colors.badSoft);
            mark.format.setForeground(colors.bad);
            marks.append(mark);
        }
    }
    m_list->setExtraSelections(marks);
}

void AddMachinesDialog::changeEvent(QEvent* event) {
    QDialog::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_list != nullptr) {
        markLines();
    }
}

}  // namespace longship
