#include "app/studio/viewmodels/machine_draft.h"

#include <algorithm>

#include <QFileInfo>
#include <QRegularExpression>

namespace longship {

namespace {

/// "gate → ada@node-1:2222"
QString wayOf(const SshRoute& route) {
    QStringList hops;
    for (const SshHop& hop : route.hops) {
        hops << QString::fromStdString(hop.address.text());
    }
    return hops.join(QStringLiteral(" → "));
}

QString withoutComment(const QString& line) {
    return line.section(u'#', 0, 0).trimmed();
}

}  // namespace

MachineDraft::MachineDraft(QObject* parent) : QAbstractTableModel(parent) {}

void MachineDraft::clear() {
    m_cluster.clear();
    m_list.clear();
    m_login = LoginMethod::Usual;
    m_keyFile.clear();
    m_hostKey.clear();
    Q_EMIT listChanged();
    update();
}

void MachineDraft::setConfig(const SshConfig& config) {
    m_config = config;
    update();
}

void MachineDraft::setClusters(const std::vector<KnownCluster>& clusters) {
    m_clusters = clusters;
    update();
}

void MachineDraft::setCluster(const QString& name) {
    m_cluster = name.trimmed();
    update();
}

std::optional<ClusterNameFault> MachineDraft::clusterFault() const {
    if (m_cluster.isEmpty()) {
        return ClusterNameFault::Missing;
    }
    if (!isNodeName(m_cluster.toStdString())) {
        return ClusterNameFault::NoName;
    }
    const KnownCluster* known = knownCluster();
    return known != nullptr && !known->overSsh ? std::optional(ClusterNameFault::NotOverSsh) : std::nullopt;
}

const KnownCluster* MachineDraft::knownCluster() const {
    const auto found = std::find_if(m_clusters.begin(), m_clusters.end(),
                                    [&](const KnownCluster& known) { return known.name == m_cluster; });
    return found == m_clusters.end() ? nullptr : &*found;
}

void MachineDraft::setList(const QString& text) {
    if (text != m_list) {
        m_list = text;
        update();
    }
}

QStringList MachineDraft::configHosts() const {
    QStringList hosts;
    for (const std::string& name : m_config.hostNames()) {
        hosts << QString::fromStdString(name);
    }
    return hosts;
}

bool MachineDraft::hasHost(const QString& host) const {
    const QStringList lines = m_list.split(u'\n');
    return std::any_of(lines.begin(), lines.end(),
                       [&](const QString& line) { return withoutComment(line) == host; });
}

void MachineDraft::setHost(const QString& host, bool wanted) {
    if (wanted == hasHost(host)) {
        return;
    }
    QStringList lines = m_list.split(u'\n');
    if (wanted) {
        while (!lines.isEmpty() && lines.last().trimmed().isEmpty()) {
            lines.removeLast();
        }
        lines << host;
    } else {
        lines.removeIf([&](const QString& line) { return withoutComment(line) == host; });
    }
    m_list = lines.join(u'\n');
    Q_EMIT listChanged();
    update();
}

void MachineDraft::setLogin(LoginMethod method) {
    m_login = method;
    update();
}

void MachineDraft::setKeyFile(const QString& path) {
    m_keyFile = path.trimmed();
    update();
}

bool MachineDraft::keyFileFits() const {
    const QFileInfo file(m_keyFile);
    return m_login != LoginMethod::KeyFile || (file.isFile() && file.isReadable());
}

void MachineDraft::setHostKey(const QString& fingerprint) {
    m_hostKey = fingerprint.trimmed();
    update();
}

std::optional<HostKeyFault> MachineDraft::hostKeyFault() const {
    if (m_hostKey.isEmpty()) {
        return std::nullopt;
    }
    static const QRegularExpression kFingerprint(QStringLiteral("^SHA256:[A-Za-z0-9+/]{43}$"));
    if (!kFingerprint.match(m_hostKey).hasMatch()) {
        return HostKeyFault::NoFingerprint;
    }
    return m_nodes.size() > 1 ? std::optional(HostKeyFault::NotOneMachine) : std::nullopt;
}

int MachineDraft::faults() const {
    return static_cast<int>(std::count_if(m_rows.begin(), m_rows.end(),
                                          [](const MachineRow& row) { return row.fault.has_value(); }));
}

bool MachineDraft::complete() const {
    return !m_nodes.empty() && faults() == 0 && !clusterFault() && keyFileFits() && !hostKeyFault();
}

void MachineDraft::addEntry(const NodeList::Entry& entry) {
    MachineRow row;
    row.line = entry.line;
    row.name = QString::fromStdString(entry.node.name);
    row.address = QString::fromStdString(entry.node.address.text());
    auto node = sshNodeFor(m_config, entry.node);
    if (!node) {
        row.fault = MachineFault::NoWay;
        row.text = QString::fromStdString(node.error().text);
        m_rows.push_back(std::move(row));
        return;
    }
    row.address = wayOf(node->route);
    const KnownCluster* known = knownCluster();
    if (known != nullptr &&
        std::find(known->nodes.begin(), known->nodes.end(), node->node) != known->nodes.end()) {
        row.fault = MachineFault::NameTaken;
    }
    m_rows.push_back(std::move(row));
    SshHop& target = node->route.hops.back();
    if (m_login == LoginMethod::KeyFile) {
        target.identities.insert(target.identities.begin(), m_keyFile.toStdString());
    } else if (m_login == LoginMethod::Password) {
        target.identities.clear();
        target.identitiesOnly = true;
    }
    m_nodes.push_back(std::move(*node));
}

void MachineDraft::update() {
    beginResetModel();
    m_rows.clear();
    m_nodes.clear();
    const NodeList list = readNodeList(m_list.toStdString());
    for (const NodeList::Entry& entry : list.entries) {
        addEntry(entry);
    }
    for (const NodeListProblem& problem : list.problems) {
        m_rows.push_back({problem.line,
                          {},
                          QString::fromStdString(problem.found),
                          MachineFault::List,
                          problem,
                          QString::fromStdString(problem.text)});
    }
    std::stable_sort(m_rows.begin(), m_rows.end(),
                     [](const MachineRow& a, const MachineRow& b) { return a.line < b.line; });
    if (m_nodes.size() == 1) {
        m_nodes.front().route.hops.back().expectedHostKey = m_hostKey.toStdString();
    }
    endResetModel();
    Q_EMIT changed();
}

int MachineDraft::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int MachineDraft::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant MachineDraft::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid) || role != Qt::DisplayRole) {
        return {};
    }
    const MachineRow& row = m_rows[static_cast<std::size_t>(index.row())];
    switch (index.column()) {
        case Name: return row.name;
        case Address: return row.address;
        default: return row.text;
    }
}

}  // namespace longship
