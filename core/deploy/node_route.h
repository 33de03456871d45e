#pragma once

#include <string>
#include <vector>

#include "core/deploy/node_deployment.h"
#include "core/deploy/node_list.h"
#include "core/deploy/ssh_config.h"

namespace longship {

/// The way to a listed machine, with what the user's ssh_config says about the names in it. Its key file
/// counts from the current folder. BadInput as SshConfig::routeTo.
Result<SshNode> sshNodeFor(const SshConfig& config, const ListedNode& listed);

/// Those hosts of the configuration that match any of the patterns ('*' and '?'). NotFound for a pattern that
/// matches none, with the hosts that there are.
Result<std::vector<ListedNode>> listedFromConfig(const SshConfig& config,
                                                 const std::vector<std::string>& patterns);

}  // namespace longship
