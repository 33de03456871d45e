#pragma once

#include <optional>
#include <vector>

#include "core/client/client.h"

namespace longship {

/// What a person can do with a node.
enum class NodeAction { Move, Drain, Undrain };

/// Why an action cannot be done now.
enum class Obstacle {
    NoCluster,   ///< The cluster does not answer.
    NoWork,      ///< No task is placed there.
    NoFreeNode,  ///< No other node could take a task.
    AlreadyDrained,
    NotDrained
};

/// A task of a run that goes on, and where it is placed.
struct PlacedTask {
    RunId run;
    TaskView task;

    bool operator==(const PlacedTask&) const = default;
};

/// Nodes that could take a task now: ready, free, not drained, and not this one. In the cluster's order.
std::vector<NodeId> moveTargets(const ClusterView& cluster, const NodeId& from);

/// The tasks of these runs that are placed on a node: running there, or without a process because it is gone.
std::vector<PlacedTask> workOn(const NodeId& node, const std::vector<RunSnapshot>& runs);

/// None when the action can be done.
std::optional<Obstacle> obstacleTo(NodeAction action, const NodeView& node, const ClusterView& cluster,
                                   const std::vector<PlacedTask>& work);

}  // namespace longship
