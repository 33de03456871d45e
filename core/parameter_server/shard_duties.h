#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/ids.h"

namespace longship {

/// A server in a membership.
struct ServerPlace {
    std::uint32_t number = 0;  ///< Of its task: "server-3" has 3.
    NodeId node;
    bool serves = true;  ///< False: it leaves, and only gives what it holds to others.
};

/// Who hosts a shard: places in the list of servers.
struct ShardDuty {
    std::size_t primary = 0;            ///< Adds the gradients up, applies them, serves the parameters.
    std::optional<std::size_t> backup;  ///< Applies the same; takes over when the primary is lost.

    bool operator==(const ShardDuty&) const = default;
};

/// The duties for shards 0 to `shards` - 1: shard k belongs to the server with number k or, where that is not
/// there, to the next one in the circle of numbers; its backup is the one after that, on another node where
/// there is one. So the backup of a shard whose primary is lost becomes its primary, and nothing is copied
/// before training goes on. A pure function of its arguments: equal on all members. At least one server
/// serves.
std::vector<ShardDuty> shardDuties(std::uint32_t shards, std::span<const ServerPlace> servers, bool backup);

}  // namespace longship
