#pragma once

#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/client/cluster_record.h"
#include "core/deploy/node_deployment.h"
#include "core/deploy/ssh_config.h"

namespace longship {

/// A cluster of machines that are reached over SSH: the ways to them stand in ssh.json beside the cluster's
/// record. No password and no passphrase is ever kept.

/// Makes an empty cluster. Refused when there is one of that name, BadInput for a name that cannot be one.
Result<ClusterFiles> createSshCluster(const HomeFolders& home, const std::string& name);

/// The cluster of that name. NotFound; Refused for one of this machine alone, and for one that was made in
/// another way.
Result<ClusterFiles> findSshCluster(const HomeFolders& home, const std::string& name);

/// Its machines are reached over SSH: there is a list of them.
bool isSshCluster(const ClusterFiles& cluster);

/// Its machines, in the order in which they were added.
Result<std::vector<SshNode>> readSshNodes(const ClusterFiles& cluster);

/// Adds machines; all or none. Refused for names that are there already and for more than kNodesMax.
Result<void> addSshNodes(const ClusterFiles& cluster, const std::vector<SshNode>& nodes);
/// NotFound with the names that there are.
Result<void> removeSshNode(const ClusterFiles& cluster, const NodeId& node);

/// Keeps where the agents listen, and gives all of them the roster. Every node has to be deployed.
/// Unavailable names the agent that does not answer. `wayTo`: where agents are reached from here.
Result<void> joinNodes(const ClusterFiles& cluster, const std::vector<NodeDeployment>& deployments,
                       const WayTo& wayTo = {});

/// Takes a deployed node out: the agents of all others get a roster without it and refuse its key from then
/// on, then it leaves the lists of this machine. Unavailable names an agent that did not take the roster,
/// because it is not reached or because a run is active; then nothing is forgotten, and doing it again goes
/// on.
Result<void> leaveNode(const ClusterFiles& cluster, const NodeId& node, const WayTo& wayTo = {});

/// Forgets where the agents of these nodes listened: they are gone.
Result<void> forgetAgents(const ClusterFiles& cluster, const std::vector<NodeId>& nodes);

/// Removes the cluster's files from this machine. Refused while any of its nodes has an agent.
Result<void> forgetCluster(const ClusterFiles& cluster);

}  // namespace longship
