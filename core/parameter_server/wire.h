#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "core/transport/mesh.h"

namespace longship {

/// The messages between workers and servers, and between servers. Numbers travel as they lie in memory: the
/// members of a run are machines of one kind. `operation` is a step where nothing else is said.
enum class ShardMessage : std::uint32_t {
    // The start of a membership.
    Plan = 16,    ///< Root worker to server: a list of numbers, see ShardPlan.
    Inventory,    ///< Server to server: the shards that it holds at the base.
    FillRequest,  ///< Server to whoever holds shard `phase`.
    Fill,         ///< The answer: a chunk of a piece of buffer `operation`.
    Ready,        ///< Server to all: it has all that it hosts; the shards of which it is the primary.
    // A step.
    Push,     ///< Worker to primary: a chunk of its gradient.
    Forward,  ///< Primary to backup: the same chunk, summed over the workers.
    Ack,      ///< Backup to primary: applied.
    Pull,     ///< Primary to worker: the same chunk of the new parameters.
    // A checkpoint.
    StateRequest,  ///< Worker to primary: optimizer buffer `chunk` of shard `phase`.
    State          ///< The answer: a chunk of a piece.
};

/// `piece` is a piece's place in the map, or what `phase` means for this kind of message.
inline FrameKey shardKey(MembershipNumber membership, ShardMessage kind, std::uint64_t operation,
                         std::uint32_t piece = 0, std::uint32_t chunk = 0) {
    return {membership, operation, static_cast<std::uint32_t>(kind), chunk, piece};
}

inline ShardMessage kindOf(const Frame& frame) {
    return static_cast<ShardMessage>(frame.key().bucket);
}

/// The payload as numbers; what is left of it is cut off.
template <typename Number>
std::vector<Number> numbersIn(const Frame& frame) {
    std::vector<Number> numbers(frame.payload().size() / sizeof(Number));
    std::memcpy(numbers.data(), frame.payload().data(), numbers.size() * sizeof(Number));
    return numbers;
}

}  // namespace longship
