#pragma once

#include <chrono>
#include <map>
#include <optional>

#include "core/base/clock.h"
#include "core/domain/node.h"

namespace longship {

/// How old the values are that a node shows: by this machine's clock, since the last new sample came. Clocks
/// of nodes may differ, so their times are not compared with ours.
class SampleAges {
public:
    /// Older values are shown as such.
    static constexpr std::chrono::seconds kFresh{3};

    void see(const NodeView& node, TimePoint now);

    /// None for a node without values.
    std::optional<std::chrono::nanoseconds> age(const NodeId& node, TimePoint now) const;
    bool isStale(const NodeId& node, TimePoint now) const;

private:
    struct Seen {
        UtcTime sample;  ///< As the node dated it.
        TimePoint at;
    };
    std::map<NodeId, Seen> m_seen;
};

}  // namespace longship
