#include "app/studio/viewmodels/node_actions.h"

#include <algorithm>

#include "core/domain/task_kind.h"

namespace longship {

std::vector<NodeId> moveTargets(const ClusterView& cluster, const NodeId& from) {
    std::vector<NodeId> targets;
    for (const NodeView& node : cluster.nodes) {
        const bool works = std::any_of(node.tasks.begin(), node.tasks.end(), [](const std::string& task) {
            return !isServer(TaskId(task));  // A server takes no slot.
        });
        if (node.node != from && node.state == NodeState::Ready && !node.drained && !works) {
            targets.push_back(node.node);
        }
    }
    return targets;
}

std::vector<PlacedTask> workOn(const NodeId& node, const std::vector<RunSnapshot>& runs) {
    std::vector<PlacedTask> work;
    for (const RunSnapshot& run : runs) {
        for (const auto& [id, task] : run.tasks) {
            if (task.node == node && !isTerminal(run.state)) {
                work.push_back({run.run, task});
            }
        }
    }
    return work;
}

std::optional<Obstacle> obstacleTo(NodeAction action, const NodeView& node, const ClusterView& cluster,
                                   const std::vector<PlacedTask>& work) {
    if (!cluster.connected) {
        return Obstacle::NoCluster;
    }
    switch (action) {
        case NodeAction::Move:
            if (work.empty()) {
                return Obstacle::NoWork;
            }
            return moveTargets(cluster, node.node).empty() ? std::optional(Obstacle::NoFreeNode)
                                                           : std::nullopt;
        case NodeAction::Drain: return node.drained ? std::optional(Obstacle::AlreadyDrained) : std::nullopt;
        case NodeAction::Undrain: return node.drained ? std::nullopt : std::optional(Obstacle::NotDrained);
    }
    return std::nullopt;
}

}  // namespace longship
