#include "app/studio/text/cluster_words.h"

#include <algorithm>

#include <QMap>

#include "app/studio/text/finding_words.h"
#include "app/studio/text/words.h"

namespace longship {

namespace {

/// What core/deploy advises, in its words: translated where a translation is there.
[[maybe_unused]] constexpr const char* kRemedies[] = {
    QT_TRANSLATE_NOOP("Remedies", "Correct the name, or give a numeric address."),
    QT_TRANSLATE_NOOP("Remedies", "Start the SSH server there, or open its port in the firewall."),
    QT_TRANSLATE_NOOP("Remedies",
                      "Compare the fingerprint on that machine, then accept it or remove the old key."),
    QT_TRANSLATE_NOOP("Remedies", "Put your public key there: ssh-copy-id, or name another key or user."),
    QT_TRANSLATE_NOOP("Remedies", "Make the login shell there run commands without ending early."),
    QT_TRANSLATE_NOOP("Remedies", "Give the user a home on a file system without noexec."),
    QT_TRANSLATE_NOOP("Remedies", "Make room, or make the file system writable."),
    QT_TRANSLATE_NOOP("Remedies", "Make 2 GB free in the user's home."),
    QT_TRANSLATE_NOOP("Remedies", "End other programs there, or choose a machine with more."),
    QT_TRANSLATE_NOOP("Remedies", "Install coreutils, findutils, grep, sed and tar."),
    QT_TRANSLATE_NOOP("Remedies",
                      "Raise the limit of open files to 1024: ulimit -n, or /etc/security/limits.conf."),
    QT_TRANSLATE_NOOP("Remedies", "Turn time synchronisation on there: timedatectl set-ntp true"),
    QT_TRANSLATE_NOOP("Remedies", "On that machine: loginctl enable-linger"),
    QT_TRANSLATE_NOOP("Remedies", "Let the nodes reach each other at all TCP ports, at these addresses."),
    QT_TRANSLATE_NOOP(
        "Remedies",
        "Let the nodes reach each other at all TCP ports: training uses ports that the operating "
        "system chooses."),
    QT_TRANSLATE_NOOP("Remedies",
                      "Connect it by cable, look whether its card and the switch agree on a speed (ethtool), "
                      "or compress gradients: compression in the job."),
    QT_TRANSLATE_NOOP("Remedies",
                      "Put the nodes into one network, without a VPN or a wireless link in between."),
    QT_TRANSLATE_NOOP("Remedies", "Deploy again, which brings the programs of this version there.")};

}  // namespace

QString ClusterWords::check(std::string_view name) {
    static const char* const titles[] = {QT_TR_NOOP("Name"),  QT_TR_NOOP("Port"),   QT_TR_NOOP("Host key"),
                                         QT_TR_NOOP("Login"), QT_TR_NOOP("Shell"),  QT_TR_NOOP("Kind"),
                                         QT_TR_NOOP("Home"),  QT_TR_NOOP("Disk"),   QT_TR_NOOP("Memory"),
                                         QT_TR_NOOP("Tools"), QT_TR_NOOP("Limits"), QT_TR_NOOP("Clock"),
                                         QT_TR_NOOP("Stays"), QT_TR_NOOP("Reach")};
    static_assert(std::size(titles) == kChecks.size());
    // Shown only where they are not good: they have no column.
    if (name == "probe") {
        return tr("Probe");
    }
    if (name == "data-port") {
        return tr("Data port");
    }
    if (name == "bandwidth") {
        return tr("Bandwidth");
    }
    if (name == "latency") {
        return tr("Latency");
    }
    const auto found = std::find(kChecks.begin(), kChecks.end(), name);
    return found == kChecks.end() ? QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()))
                                  : tr(titles[found - kChecks.begin()]);
}

QString ClusterWords::of(CheckState state) {
    switch (state) {
        case CheckState::Waiting: return QStringLiteral("…");
        case CheckState::Good: return tr("good");
        case CheckState::Bad: return tr("bad");
        case CheckState::Untried: return Words::none();
    }
    return {};
}

QString ClusterWords::remedy(const CheckResult& result) {
    if (result.check == "machine") {
        return tr("Choose a Linux machine of the same kind as this one.");
    }
    return QCoreApplication::translate("Remedies", result.remedy.c_str());
}

QString ClusterWords::place(const CheckResult& result) {
    const QString node = QString::fromStdString(result.node.value);
    const QString who =
        result.peer ? node + QStringLiteral(" → ") + QString::fromStdString(result.peer->value) : node;
    return tr("%1: %2").arg(who, check(result.check));
}

QString ClusterWords::of(DeployState state) {
    switch (state) {
        case DeployState::Waiting: return tr("Waiting");
        case DeployState::Working: return tr("Working");
        case DeployState::Ready: return tr("Ready");
        case DeployState::WasReady: return tr("Ready");
        case DeployState::Failed: return tr("Failed");
        case DeployState::Cancelled: return tr("Cancelled");
        case DeployState::Removed: return tr("Removed");
    }
    return {};
}

QString ClusterWords::step(const std::string& name) {
    const QMap<QString, QString> steps{{QStringLiteral("connect"), tr("Connecting")},
                                       {QStringLiteral("look"), tr("Looking")},
                                       {QStringLiteral("upload"), tr("Uploading")},
                                       {QStringLiteral("verify"), tr("Verifying")},
                                       {QStringLiteral("runtime"), tr("Uploading libtorch")},
                                       {QStringLiteral("switch"), tr("Switching")},
                                       {QStringLiteral("start"), tr("Starting the agent")},
                                       {QStringLiteral("prove"), tr("Proving it stays")},
                                       {QStringLiteral("place"), tr("Putting it in place")}};
    const QString plain = QString::fromStdString(name);
    return steps.value(plain, plain);
}

QString ClusterWords::remark(const DeployRow& row) {
    switch (row.state) {
        case DeployState::Waiting: return {};
        case DeployState::Working: {
            const QString what = step(row.step);
            return row.bytesTotal == 0 ? what
                                       : tr("%1: %2 of %3")
                                             .arg(what, Words::bytes(static_cast<double>(row.bytes)),
                                                  Words::bytes(static_cast<double>(row.bytesTotal)));
        }
        case DeployState::Ready: return tr("%1 sent").arg(Words::bytes(static_cast<double>(row.bytes)));
        case DeployState::WasReady: return tr("All was there already");
        case DeployState::Removed: return tr("%1 freed").arg(Words::bytes(static_cast<double>(row.bytes)));
        case DeployState::Cancelled: return tr("What arrived is kept and not sent again");
        case DeployState::Failed: return FindingWords::of(row.error);
    }
    return {};
}

QString ClusterWords::fingerprintCommand(const QString& type) {
    const QString kind = type == QLatin1String("ssh-ed25519") ? QStringLiteral("ed25519")
                         : type == QLatin1String("ssh-rsa")   ? QStringLiteral("rsa")
                                                              : QStringLiteral("ecdsa");
    return QStringLiteral("ssh-keygen -l -f /etc/ssh/ssh_host_%1_key.pub").arg(kind);
}

QString ClusterWords::ask(const SecretQuestion& question) {
    const QString prompt = QString::fromStdString(question.prompt);
    const QString host = QString::fromStdString(question.host.text());
    switch (question.kind) {
        case SecretKind::Passphrase: return tr("Passphrase of the key %1").arg(prompt);
        case SecretKind::Password: return tr("Password of %1").arg(host);
        case SecretKind::Challenge: return tr("%1 asks: %2").arg(host, prompt);
    }
    return {};
}

CheckGridText::CheckGridText(CheckGridModel* checks, QObject* parent)
    : QIdentityProxyModel(parent), m_checks(checks) {
    setSourceModel(checks);
}

QVariant CheckGridText::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) {
        return {};
    }
    const CheckCell& cell = m_checks->cell(index.row(), index.column());
    switch (role) {
        case Qt::DisplayRole: return ClusterWords::of(cell.state);
        case Qt::TextAlignmentRole: return static_cast<int>(Qt::AlignCenter);
        case Qt::ToolTipRole: return tip(cell);
        case Qt::AccessibleTextRole:
            return ClusterWords::check(kChecks[static_cast<std::size_t>(index.column())]) + u' ' +
                   ClusterWords::of(cell.state);
        default: return {};
    }
}

QString CheckGridText::tip(const CheckCell& cell) const {
    QStringList lines;
    for (const CheckResult& result : cell.results) {
        lines << ClusterWords::place(result) + QStringLiteral(": ") + FindingWords::of(result.detail);
        if (!result.ok) {
            lines << ClusterWords::remedy(result);
        }
    }
    return lines.join(u'\n');
}

QVariant CheckGridText::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role == Qt::TextAlignmentRole && orientation == Qt::Horizontal) {
        return static_cast<int>(Qt::AlignCenter);
    }
    if (role != Qt::DisplayRole || section < 0) {
        return {};
    }
    if (orientation == Qt::Vertical) {
        const auto& nodes = m_checks->nodes();
        return section < static_cast<int>(nodes.size())
                   ? QString::fromStdString(nodes[static_cast<std::size_t>(section)].value)
                   : QString();
    }
    return section < m_checks->columnCount() ? ClusterWords::check(kChecks[static_cast<std::size_t>(section)])
                                             : QString();
}

DeployTableText::DeployTableText(DeployTableModel* nodes, QObject* parent)
    : TextProxy(nodes, parent), m_nodes(nodes) {}

QString DeployTableText::tip(const QModelIndex& index) const {
    return ClusterWords::remark(m_nodes->at(index.row()));
}

QString DeployTableText::cellText(const QModelIndex& index) const {
    const DeployRow& row = m_nodes->at(index.row());
    switch (index.column()) {
        case DeployTableModel::Name: return QString::fromStdString(row.node.value);
        case DeployTableModel::State: return ClusterWords::of(row.state);
        case DeployTableModel::Progress:
            return row.bytesTotal == 0
                       ? QString()
                       : Words::percent(static_cast<double>(row.bytes) / static_cast<double>(row.bytesTotal),
                                        0);
        case DeployTableModel::SecondsLeft:
            return row.secondsLeft ? Words::duration(row.secondsLeft) : QString();
        case DeployTableModel::Action: return QString();  // Its button has the words.
        default: return ClusterWords::remark(row);
    }
}

QString DeployTableText::title(int column) const {
    switch (column) {
        case DeployTableModel::Name: return tr("Node");
        case DeployTableModel::State: return tr("State");
        case DeployTableModel::Progress: return tr("Done");
        case DeployTableModel::SecondsLeft: return tr("Time left");
        case DeployTableModel::Action: return QString();
        default: return tr("Step");
    }
}

void CheckProblemText::set(const std::vector<CheckResult>& problems) {
    beginResetModel();
    m_problems = problems;
    endResetModel();
}

int CheckProblemText::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_problems.size());
}

int CheckProblemText::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant CheckProblemText::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || (role != Qt::DisplayRole && role != Qt::ToolTipRole)) {
        return {};
    }
    const CheckResult& problem = m_problems[static_cast<std::size_t>(index.row())];
    switch (index.column()) {
        case Place: return ClusterWords::place(problem);
        case Found: return FindingWords::of(problem.detail);
        default: return ClusterWords::remedy(problem);
    }
}

QVariant CheckProblemText::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
        case Place: return tr("Where");
        case Found: return tr("What was found");
        default: return tr("What to do");
    }
}

}  // namespace longship
