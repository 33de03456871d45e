#include "core/protocol/placement.h"

#include <algorithm>

namespace longship {

namespace {

/// The nodes in the order in which servers would take them. `workers`: of the same run.
std::vector<NodeId> nodesForServers(const std::vector<NodeId>& workers, const std::vector<SlotView>& slots) {
    std::vector<NodeId> idle;
    std::vector<NodeId> others;
    for (const SlotView& slot : slots) {
        const bool up = slot.state == NodeState::Ready || slot.state == NodeState::Busy;
        const bool own = std::find(workers.begin(), workers.end(), slot.node) != workers.end();
        if (up && !own) {
            const bool free = slot.state == NodeState::Ready && !slot.taken;
            (free ? idle : others).push_back(slot.node);
        }
    }
    std::vector<NodeId> nodes = std::move(idle);
    nodes.insert(nodes.end(), workers.rbegin(), workers.rend());
    nodes.insert(nodes.end(), others.begin(), others.end());
    return nodes;
}

std::string waitsFor(std::size_t needed, const char* what, std::size_t there, std::size_t all,
                     const char* are) {
    return "waiting for " + std::to_string(needed) + what + std::to_string(there) + " of " +
           std::to_string(all) + are;
}

}  // namespace

Placement choosePlacement(PlacementWish wish, const std::vector<SlotView>& slots) {
    Placement placement;
    for (const SlotView& slot : slots) {
        const bool undecided = slot.state == NodeState::Connecting || slot.state == NodeState::Silent;
        if (wish.workers == 0 && undecided) {
            return {{}, {}, "waiting for " + slot.node.value + " to answer"};
        }
        if (slot.state == NodeState::Ready && !slot.taken) {
            placement.nodes.push_back(slot.node);
        }
    }
    const std::size_t needed = wish.workers == 0 ? 1 : wish.workers;
    if (placement.nodes.size() < needed) {
        return {{}, {}, waitsFor(needed, " free nodes: ", placement.nodes.size(), slots.size(), " are free")};
    }
    if (wish.workers != 0) {
        placement.nodes.resize(wish.workers);
    }
    placement.servers = nodesForServers(placement.nodes, slots);
    if (placement.servers.size() < wish.servers) {
        return {{},
                {},
                waitsFor(wish.servers, " nodes, one for each server: ", placement.servers.size(),
                         slots.size(), " are there")};
    }
    placement.servers.resize(wish.servers);
    placement.reason = std::to_string(placement.nodes.size()) + " free nodes";
    return placement;
}

}  // namespace longship
