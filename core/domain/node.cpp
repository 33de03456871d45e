#include "core/domain/node.h"

namespace longship {

std::string_view toString(NodeState state) {
    switch (state) {
        case NodeState::Unknown: return "unknown";
        case NodeState::Connecting: return "connecting";
        case NodeState::Ready: return "ready";
        case NodeState::Busy: return "busy";
        case NodeState::Silent: return "silent";
        case NodeState::Lost: return "lost";
    }
    return "unknown";
}

}  // namespace longship
