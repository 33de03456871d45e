#pragma once

#include <cstdint>

#include "core/collective/exchange.h"
#include "core/transport/mesh.h"

namespace longship {

// The messages between workers and servers: a push carries a chunk of a worker's gradient, a pull the same
// chunk of the new parameters. Both carry bare numbers of the machine's own kind.

inline FrameKey parameterKey(MembershipNumber membership, Exchange::Kind kind, std::uint64_t step,
                             std::uint32_t piece, std::uint32_t chunk) {
    return {membership, step, static_cast<std::uint32_t>(kind), chunk, piece};
}

inline bool isPush(const FrameKey& key) {
    return key.bucket == static_cast<std::uint32_t>(Exchange::Kind::Push);
}

}  // namespace longship
