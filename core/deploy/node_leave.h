#pragma once

#include <optional>
#include <stop_token>

#include "core/deploy/ssh_cluster.h"

namespace longship {

/// How a machine left its cluster.
struct NodeLeave {
    /// What taking the agent and all that lies there off the machine came to; none of one that had no agent.
    std::optional<NodeRemoval> cleaned;
};

/// Takes a machine out of a cluster: its vote and its tasks go to the others, they refuse its key from then
/// on, what Longship has put on it is removed, and the others have a leader again. A machine that was never
/// deployed to only leaves the list. Refused while the cluster has a run, Unavailable when a node that stays
/// is not reached; then nothing has changed. A machine that is not reached itself is out all the same, and
/// `cleaned` says why something still lies there. Stopping is heeded up to the point of no return, the new
/// list.
Result<NodeLeave> takeNodeOut(const HomeFolders& home, const ClusterFiles& cluster, const NodeId& node,
                              const SshAccess& access, const std::stop_token& stop);

}  // namespace longship
