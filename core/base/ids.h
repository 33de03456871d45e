#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace longship {

/// A string that names one kind of thing and cannot be mixed up with another.
template <typename Tag>
struct Id {
    std::string value;

    Id() = default;
    explicit Id(std::string text) : value(std::move(text)) {}

    bool empty() const { return value.empty(); }
    auto operator<=>(const Id&) const = default;
};

using RunId = Id<struct RunTag>;    ///< "20260131-120000-k3f9": sortable, unique per cluster.
using NodeId = Id<struct NodeTag>;  ///< The node's name within its cluster: "node-a".
using TaskId = Id<struct TaskTag>;  ///< "worker-0", "server-1": unique within a run.

/// A member's identity is (task, generation): a task that is started again has a new generation.
using Generation = std::uint32_t;

/// A worker's number within a membership, 0 … size-1.
using Rank = std::uint32_t;

/// Number of a membership within a run; grows by one with every membership change. 0 means none yet.
using MembershipNumber = std::uint32_t;

/// Number of a leadership within a cluster.
using Term = std::uint64_t;

/// Number of optimizer updates done before this one; the first step is step 0.
using Step = std::uint64_t;

}  // namespace longship

template <typename Tag>
struct std::hash<longship::Id<Tag>> {
    std::size_t operator()(const longship::Id<Tag>& id) const noexcept {
        return std::hash<std::string>{}(id.value);
    }
};
