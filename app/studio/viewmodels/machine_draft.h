#pragma once

#include <optional>
#include <string>
#include <vector>

#include <QAbstractTableModel>
#include <QString>
#include <QStringList>

#include "core/deploy/node_route.h"

namespace longship {

/// How a person logs in to the machines.
enum class LoginMethod {
    Usual,    ///< ssh-agent, and the keys that ssh would try.
    KeyFile,  ///< One more key file, tried first.
    Password  ///< No key at all: the password is asked for when connecting, and never kept.
};

/// A cluster that this user knows.
struct KnownCluster {
    QString name;
    bool overSsh = false;
    bool deployed = false;  ///< Some of its nodes have an agent.
    std::vector<NodeId> nodes;

    bool operator==(const KnownCluster&) const = default;
};

enum class ClusterNameFault {
    Missing,
    NoName,     ///< Letters that a name cannot have.
    NotOverSsh  ///< There is a cluster of this name on this machine alone.
};

enum class MachineFault {
    List,       ///< MachineRow::list says what.
    NameTaken,  ///< The cluster has a node of this name.
    NoWay       ///< ~/.ssh/config says something about it that cannot be done; MachineRow::text.
};

enum class HostKeyFault {
    NoFingerprint,  ///< Not as ssh-keygen prints one.
    NotOneMachine   ///< A key is that of one machine.
};

/// A machine that was written down, or a line that is none.
struct MachineRow {
    unsigned line = 0;
    QString name;
    QString address;  ///< As it will be reached, the machines on the way first.
    std::optional<MachineFault> fault;
    NodeListProblem list;
    QString text;  ///< English.

    bool operator==(const MachineRow&) const = default;
};

/// Machines that are to be nodes, as they are being written down: the list is the whole of it, hosts that are
/// ticked are lines of it. A row for each machine and for each line that is wrong, in the order of the lines.
class MachineDraft : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, Address, Remark, ColumnCount };

    explicit MachineDraft(QObject* parent = nullptr);

    void clear();  ///< Back to an empty list; what is known of the surroundings stays.
    void setConfig(const SshConfig& config);
    void setClusters(const std::vector<KnownCluster>& clusters);

    QString cluster() const { return m_cluster; }
    void setCluster(const QString& name);
    std::optional<ClusterNameFault> clusterFault() const;
    const KnownCluster* knownCluster() const;  ///< The one of this name; null: it will be made.

    QString list() const { return m_list; }
    void setList(const QString& text);

    QStringList configHosts() const;
    bool hasHost(const QString& host) const;
    void setHost(const QString& host, bool wanted);

    LoginMethod login() const { return m_login; }
    void setLogin(LoginMethod method);
    QString keyFile() const { return m_keyFile; }
    void setKeyFile(const QString& path);
    bool keyFileFits() const;  ///< Readable, or not asked for.

    /// "SHA256:…" of the machine's host key, where it is known beforehand; empty: a person is asked.
    void setHostKey(const QString& fingerprint);
    std::optional<HostKeyFault> hostKeyFault() const;

    const std::vector<MachineRow>& rows() const { return m_rows; }
    int faults() const;
    /// Nothing is wrong, and there is a machine.
    bool complete() const;
    const std::vector<SshNode>& nodes() const { return m_nodes; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

Q_SIGNALS:
    void changed();
    void listChanged();  ///< By setHost() or clear().

private:
    void update();
    void addEntry(const NodeList::Entry& entry);

    SshConfig m_config;
    std::vector<KnownCluster> m_clusters;
    QString m_cluster;
    QString m_list;
    LoginMethod m_login = LoginMethod::Usual;
    QString m_keyFile;
    QString m_hostKey;
    std::vector<MachineRow> m_rows;
    std::vector<SshNode> m_nodes;
};

}  // namespace longship
