#include "agent/daemon/status_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/supervision/machine.h"

namespace longship {
namespace {

NodeView selfOf(const FollowerView& view) {
    NodeView self;
    self.node = view.self;
    self.leader = view.self == view.leader;
    self.version = view.version;
    self.sample = view.sample;
    for (const TaskKey& task : view.tasks) {
        self.tasks.push_back(task.task.value);
    }
    self.state = self.tasks.empty() ? NodeState::Ready : NodeState::Busy;
    self.detail = view.problem;
    if (!view.inCluster) {
        self.state = NodeState::Connecting;
        self.detail = "It belongs to no cluster yet.";
    } else if (view.leader.empty()) {
        self.state = NodeState::Connecting;
        self.detail = "It knows of no leader now.";
    } else if (!self.leader && !view.leaderHeard) {
        self.state = NodeState::Connecting;
        self.detail = fmt::format("It does not hear its leader {}.", view.leader.value);
    }
    return self;
}

NodeView otherOf(const FollowerView& view, const NodeId& node) {
    NodeView other;
    other.node = node;
    if (view.leader.empty()) {
        other.detail = fmt::format("{} knows of no leader, which would know.", view.self.value);
        return other;
    }
    if (node != view.leader) {
        other.detail = fmt::format("Only the leader {} knows.", view.leader.value);
        return other;
    }
    other.leader = true;
    other.state = view.leaderHeard ? NodeState::Ready : NodeState::Lost;
    other.detail = view.leaderHeard ? "" : fmt::format("{} does not hear it.", view.self.value);
    return other;
}

}  // namespace

std::vector<NodeView> nodesSeenBy(const FollowerView& view, const Roster& roster) {
    if (roster.nodes.empty()) {
        return {selfOf(view)};
    }
    std::vector<NodeView> nodes;
    for (const RosterEntry& entry : roster.nodes) {
        nodes.push_back(entry.node == view.self ? selfOf(view) : otherOf(view, entry.node));
    }
    return nodes;
}

void addPlaces(std::vector<NodeView>& nodes, const Roster& roster) {
    constexpr std::string_view kScheme = "tcp://";
    for (NodeView& node : nodes) {
        const auto entry = std::find_if(roster.nodes.begin(), roster.nodes.end(),
                                        [&](const RosterEntry& other) { return other.node == node.node; });
        if (entry == roster.nodes.end()) {
            continue;
        }
        if (entry->endpoint.starts_with(kScheme)) {
            node.address = entry->endpoint.substr(kScheme.size());
        }
        const std::string host = hostOf(entry->endpoint);
        node.sharesMachine =
            std::count_if(roster.nodes.begin(), roster.nodes.end(),
                          [&](const RosterEntry& other) { return hostOf(other.endpoint) == host; }) > 1;
    }
}

}  // namespace longship
