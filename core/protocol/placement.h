#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/domain/node.h"

namespace longship {

/// One node as placement sees it: it has one slot, which is room for one worker.
struct SlotView {
    NodeId node;
    NodeState state = NodeState::Unknown;
    bool taken = false;  ///< A worker is placed there, or its agent still reports one.
};

/// How many tasks a run wants, as in its job.
struct PlacementWish {
    std::uint32_t workers = 0;  ///< 0: one per free node.
    std::uint32_t servers = 0;
};

/// Where the tasks of a run go, or why the run waits.
struct Placement {
    std::vector<NodeId> nodes;    ///< Worker i on node i; empty: wait.
    std::vector<NodeId> servers;  ///< Server i on node i.
    std::string reason;

    bool operator==(const Placement&) const = default;
};

/// Pure. Without a number of workers, nodes that are about to be ready or about to be lost are waited for.
/// Slots are taken in roster order. A server takes no slot, but no node gets two of a run: they go where no
/// worker is, then to the nodes of the run's own workers from the last one back, then to those of others.
Placement choosePlacement(PlacementWish wish, const std::vector<SlotView>& slots);

}  // namespace longship
