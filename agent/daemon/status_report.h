#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/domain/node.h"
#include "core/protocol/messages.h"

namespace longship {

/// What an agent that does not lead can say for itself.
struct FollowerView {
    NodeId self;
    bool inCluster = false;  ///< It has a roster.
    NodeId leader;           ///< Empty: none is known.
    bool leaderHeard = false;
    std::string version;
    std::vector<TaskKey> tasks;
    std::optional<NodeSample> sample;
    std::string problem;  ///< What is wrong with it, in words.
};

/// The nodes as an agent that follows knows them: itself, and whether the leader answers. Of the others only
/// the leader knows.
std::vector<NodeView> nodesSeenBy(const FollowerView& view, const Roster& roster);

/// Adds what the roster knows: addresses, and which nodes share a machine.
void addPlaces(std::vector<NodeView>& nodes, const Roster& roster);

}  // namespace longship
