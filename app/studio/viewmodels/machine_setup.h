#pragma once

#include <optional>
#include <vector>

#include <QObject>
#include <QThreadPool>

#include "app/studio/viewmodels/cluster_work.h"
#include "app/studio/viewmodels/data_work.h"
#include "app/studio/viewmodels/machine_draft.h"

namespace longship {

/// A person's own machines on their way into a cluster: what the command line's "cluster create" and "node
/// add" do. Files are read and written off the GUI thread; lives on the GUI thread.
class MachineSetup : public QObject {
    Q_OBJECT

public:
    explicit MachineSetup(QObject* parent = nullptr);
    ~MachineSetup() override;

    void setSurroundings(Surroundings surroundings);
    const Surroundings& surroundings() const { return m_surroundings; }

    MachineDraft& draft() { return m_draft; }
    ClusterWork& work() { return m_work; }
    DataWork& data() { return m_data; }
    const std::vector<KnownCluster>& clusters() const { return m_clusters; }
    /// The cluster of that name if its machines are reached over SSH, else null.
    const KnownCluster* overSsh(const QString& name) const;

    /// Reads ~/.ssh/config and the clusters that are known, anew. Nothing without surroundings.
    void refresh();

    /// Makes the draft's cluster if need be and adds its machines, all or none: added() or failed().
    void add();
    bool isAdding() const { return m_adding; }

    /// Why ~/.ssh/config could not be used.
    const std::optional<Error>& configError() const { return m_configError; }

Q_SIGNALS:
    void clustersChanged();
    void configRead();  ///< configError() says if it could not be used.
    void added(const QString& cluster, int machines);
    void failed(const longship::Error& error);

private:
    void finishRefresh(Result<SshConfig> config, std::vector<KnownCluster> clusters);

    Surroundings m_surroundings;
    MachineDraft m_draft;
    ClusterWork m_work;
    DataWork m_data;
    std::vector<KnownCluster> m_clusters;
    std::optional<Error> m_configError;
    bool m_adding = false;
    QThreadPool m_files;  // Last: its work is over before anything else goes.
};

}  // namespace longship
