#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/client/cluster_record.h"
#include "core/deploy/bundle.h"
#include "core/deploy/deploy_plan.h"
#include "core/deploy/deploy_round.h"
#include "core/deploy/node_shell.h"

namespace longship {

/// A machine that is, or is to be, a node.
struct SshNode {
    NodeId node;
    SshRoute route;

    bool operator==(const SshNode&) const = default;
};

/// How far one node is. `bytes` of `bytesTotal` where the step moves any.
struct DeployProgress {
    NodeId node;
    std::string step;  ///< "connect", "look", then toString(DeployStepKind).
    std::uint64_t bytes = 0;
    std::uint64_t bytesTotal = 0;
};

/// What came of one node.
struct NodeDeployment {
    NodeId node;
    std::optional<Error> error;
    RosterEntry entry;        ///< Of the agent that runs there now.
    std::uint64_t bytes = 0;  ///< Sent.
    double seconds = 0;
    bool skipped = false;  ///< All was there already, and its agent ran.
    /// What starts the agent after the machine has: "systemd", "cron", or "no": then it takes a deployment.
    std::string afterReboot;
    std::string died;  ///< Why its agent died before, as it says; told once. Fit to print.
};

/// How to reach machines, and whom to ask.
struct SshAccess {
    const SshSettings& settings;
    SshQuestions& questions;
};

/// What the agents of a cluster have in common.
struct DeployOrder {
    std::string cluster;
    std::string ownerKey;  ///< Public; the agents obey who has the secret one.
    const Bundle& bundle;
    DeployRound* round = nullptr;  ///< Of all nodes that are deployed to now; none: this one alone.
};

/// Makes one machine a node: connects, looks, plans, does the steps. Blocks; the callback is called on this
/// thread.
NodeDeployment deployNode(const SshNode& node, const DeployOrder& order, const SshAccess& access,
                          std::stop_token stop, const std::function<void(const DeployProgress&)>& progress);

/// All of them side by side, a thread each; in the order of `nodes`. The callback is called by one thread at
/// a time.
std::vector<NodeDeployment> deployNodes(const std::vector<SshNode>& nodes, const DeployOrder& order,
                                        const SshAccess& access, std::stop_token stop,
                                        const std::function<void(const DeployProgress&)>& progress);

/// What came of taking a node away.
struct NodeRemoval {
    NodeId node;
    std::optional<Error> error;
    std::uint64_t bytesFreed = 0;
};

/// Ends the cluster's agents there and removes all that is theirs: programs, runs, models. Side by side.
std::vector<NodeRemoval> removeFromNodes(const std::vector<SshNode>& nodes, const std::string& cluster,
                                         const SshAccess& access, std::stop_token stop);

/// What the node says about itself. `noise` gets what its login shell printed before, if wanted.
Result<NodeFacts> lookAt(SshSession& session, std::stop_token stop, std::string* noise = nullptr);

}  // namespace longship
