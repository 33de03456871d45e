#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/client/local_cluster.h"
#include "core/protocol/messages.h"
#include "core/transport/keys.h"

namespace longship {

/// What cluster.json in a cluster's folder says: who belongs to it and where. A node whose agent has not
/// published its endpoint yet has empty `endpoint` and `publicKey`.
struct ClusterRecord {
    std::string name;
    bool local = false;  ///< Started on this machine by ensureLocalCluster.
    std::vector<RosterEntry> nodes;

    /// All endpoints are known.
    bool complete() const;
    Roster roster() const { return {name, nodes}; }
    bool operator==(const ClusterRecord&) const = default;
};

/// Where an agent is reached from this machine, when that is not its own endpoint: "tcp://127.0.0.1:4711",
/// the near end of a detour. Its own endpoint where it is.
using WayTo = std::function<std::string(const RosterEntry& agent)>;

/// The agent with the endpoint at which it is reached.
RosterEntry reachedBy(const WayTo& wayTo, RosterEntry agent);

std::filesystem::path clusterRecordPath(const ClusterFiles& cluster);
std::filesystem::path clientKeyPath(const ClusterFiles& cluster);
std::filesystem::path nodeHome(const ClusterFiles& cluster, const NodeId& node);

/// The key by which this user's programs talk to the cluster's agents; made on first use (0600), the same one
/// when two programs ask at once.
Result<KeyPair> loadClientKey(const ClusterFiles& cluster);

/// NotFound when there is none; Corrupt when it is not such a file.
Result<ClusterRecord> readClusterRecord(const ClusterFiles& cluster);
Result<void> writeClusterRecord(const ClusterFiles& cluster, const ClusterRecord& record);

/// The `endpoint` file that an agent writes into its home once it listens.
struct PublishedEndpoint {
    RosterEntry entry;
    pid_t pid = 0;
    std::string version;
};
Result<PublishedEndpoint> readPublishedEndpoint(const std::filesystem::path& home);

}  // namespace longship
