#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/domain/node.h"

namespace longship {

/// One node as placement sees it: it has one slot.
struct SlotView {
    NodeId node;
    NodeState state = NodeState::Unknown;
    bool taken = false;  ///< A task is placed there, or its agent still reports one.
};

/// Where the workers of a run go, or why the run waits.
struct Placement {
    std::vector<NodeId> nodes;  ///< Worker i on node i; empty: wait.
    std::string reason;

    bool operator==(const Placement&) const = default;
};

/// Pure. `workers` as in the job: 0 means one per free node, and then nodes that are about to be ready or
/// about to be lost are waited for. Slots are taken in roster order.
Placement choosePlacement(std::uint32_t workers, const std::vector<SlotView>& slots);

}  // namespace longship
