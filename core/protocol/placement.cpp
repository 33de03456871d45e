#include "core/protocol/placement.h"

namespace longship {

Placement choosePlacement(std::uint32_t workers, const std::vector<SlotView>& slots) {
    Placement placement;
    for (const SlotView& slot : slots) {
        const bool undecided = slot.state == NodeState::Connecting || slot.state == NodeState::Silent;
        if (workers == 0 && undecided) {
            return {{}, "waiting for " + slot.node.value + " to answer"};
        }
        if (slot.state == NodeState::Ready && !slot.taken) {
            placement.nodes.push_back(slot.node);
        }
    }
    const std::size_t needed = workers == 0 ? 1 : workers;
    if (placement.nodes.size() < needed) {
        return {{},
                "waiting for " + std::to_string(needed) +
                    " free nodes: " + std::to_string(placement.nodes.size()) + " of " +
                    std::to_string(slots.size()) + " are free"};
    }
    if (workers != 0) {
        placement.nodes.resize(workers);
    }
    placement.reason = std::to_string(placement.nodes.size()) + " free nodes";
    return placement;
}

}  // namespace longship
