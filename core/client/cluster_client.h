#pragma once

#include <memory>

#include "core/client/client.h"
#include "core/client/cluster_record.h"
#include "core/client/local_cluster.h"

namespace longship {

/// The real Client: one engine thread that owns the control sockets, and the history database of this user.
/// Opening never waits for the cluster; cluster().connected tells when it is there.
/// `wayTo`: another way to an agent than its own endpoint.
Result<std::unique_ptr<Client>> openClient(const HomeFolders& home, const ClusterFiles& cluster,
                                           WayTo wayTo = {});

/// History only, no cluster.
Result<std::unique_ptr<Client>> openHistoryClient(const HomeFolders& home);

}  // namespace longship
