#include "app/studio/viewmodels/machine_setup.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/client/cluster_record.h"
#include "core/client/local_cluster.h"
#include "core/deploy/ssh_cluster.h"

namespace longship {

namespace {

std::vector<KnownCluster> readClusters(const HomeFolders& home) {
    std::vector<KnownCluster> clusters;
    for (const std::string& name : knownClusters(home)) {
        const auto record = readClusterRecord({name, home.data / "clusters" / name});
        if (!record) {
            continue;
        }
        KnownCluster known;
        known.name = QString::fromStdString(name);
        known.overSsh = !record->local;
        for (const RosterEntry& entry : record->nodes) {
            known.nodes.push_back(entry.node);
            known.deployed = known.deployed || !entry.endpoint.empty();
        }
        clusters.push_back(std::move(known));
    }
    return clusters;
}

Result<void> addMachines(const HomeFolders& home, const std::string& name,
                         const std::vector<SshNode>& nodes) {
    auto cluster = findSshCluster(home, name);
    if (!cluster && cluster.error().kind == ErrorKind::NotFound) {
        cluster = createSshCluster(home, name);
    }
    return cluster ? addSshNodes(*cluster, nodes) : failure(cluster.error());
}

}  // namespace

MachineSetup::MachineSetup(QObject* parent) : QObject(parent) {
    m_files.setMaxThreadCount(1);
}

MachineSetup::~MachineSetup() {
    m_files.waitForDone();
}

void MachineSetup::setSurroundings(Surroundings surroundings) {
    m_surroundings = std::move(surroundings);
    m_work.setSurroundings(m_surroundings);
    m_data.setSurroundings(m_surroundings);
    refresh();
}

const KnownCluster* MachineSetup::overSsh(const QString& name) const {
    const auto found = std::find_if(m_clusters.begin(), m_clusters.end(), [&](const KnownCluster& known) {
        return known.overSsh && known.name == name;
    });
    return found == m_clusters.end() ? nullptr : &*found;
}

void MachineSetup::refresh() {
    if (m_surroundings.home.data.empty()) {
        return;
    }
    m_files.start([this, where = m_surroundings] {
        auto config =
            std::make_shared<Result<SshConfig>>(SshConfig::read(where.ssh.configFile(), where.ssh.home));
        auto clusters = std::make_shared<std::vector<KnownCluster>>(readClusters(where.home));
        QMetaObject::invokeMethod(
            this, [this, config, clusters] { finishRefresh(std::move(*config), std::move(*clusters)); },
            Qt::QueuedConnection);
    });
}

void MachineSetup::finishRefresh(Result<SshConfig> config, std::vector<KnownCluster> clusters) {
    m_configError = config ? std::optional<Error>() : config.error();
    m_draft.setConfig(config ? *config : SshConfig());
    Q_EMIT configRead();
    if (clusters != m_clusters) {
        m_clusters = std::move(clusters);
        m_draft.setClusters(m_clusters);
        Q_EMIT clustersChanged();
    }
}

void MachineSetup::add() {
    if (m_adding || !m_draft.complete()) {
        return;
    }
    m_adding = true;
    m_files.start([this, home = m_surroundings.home, name = m_draft.cluster(), nodes = m_draft.nodes()] {
        auto done = std::make_shared<Result<void>>(addMachines(home, name.toStdString(), nodes));
        const int count = static_cast<int>(nodes.size());
        QMetaObject::invokeMethod(
            this,
            [this, done, name, count] {
                m_adding = false;
                if (*done) {
                    Q_EMIT added(name, count);
                } else {
                    Q_EMIT failed(done->error());
                }
                refresh();
            },
            Qt::QueuedConnection);
    });
}

}  // namespace longship
