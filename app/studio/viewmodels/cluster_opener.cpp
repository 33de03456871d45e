#include "app/studio/viewmodels/cluster_opener.h"

#include <algorithm>
#include <vector>

#include "core/client/cluster_client.h"
#include "core/client/local_cluster.h"
#include "core/deploy/ssh_detours.h"

namespace longship {

ClientBridge::Opener clusterOpener(const HomeFolders& home, const std::string& cluster,
                                   const std::optional<SshSettings>& ssh) {
    return [home, cluster, ssh]() -> Result<std::unique_ptr<Client>> {
        const std::vector<std::string> known = knownClusters(home);
        if (cluster != kDemoCluster && std::find(known.begin(), known.end(), cluster) == known.end()) {
            return failure(ErrorKind::NotFound,
                           "There is no cluster named " + cluster +
                               " here. The command \"longship cluster list\" shows those "
                               "that are known.");
        }
        const ClusterFiles files{cluster, home.data / "clusters" / cluster};
        WayTo wayTo;
        if (ssh) {
            LONGSHIP_ASSIGN(const auto detours, detoursOf(files, *ssh));
            wayTo = wayThrough(detours);
        }
        return openClient(home, files, std::move(wayTo));
    };
}

ClientBridge::Starter clusterStarter(const HomeFolders& home, const std::string& cluster,
                                     const std::filesystem::path& programs) {
    if (cluster != kDemoCluster) {
        return {};
    }
    return [home, cluster, programs]() -> Result<void> {
        LocalClusterOptions options;
        options.name = cluster;
        options.nodes = kDemoNodes;
        options.agentProgram = programs / "longship-agent";
        options.workerProgram = programs / "longship-worker";
        LONGSHIP_TRY(ensureLocalCluster(home, options));
        return {};
    };
}

}  // namespace longship
