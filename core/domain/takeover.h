#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/ids.h"

namespace longship {

/// What one agent has of the cluster's log, as another one that hears no leader knows it.
struct LogStanding {
    NodeId node;
    bool answers = false;       ///< It did a moment ago. Else it is left out: what it has is not known.
    std::uint64_t entries = 0;  ///< Of the log.
    bool operator==(const LogStanding&) const = default;
};

/// Whether a person can tell an agent to go on without a majority of the others, and what that may cost.
struct TakeoverOutlook {
    NodeId founder;       ///< Who goes on: of those that answer the one whose log reaches furthest.
    std::string refusal;  ///< Why it cannot be done now, in words; empty: it can.
    std::vector<LogStanding> logs;
    bool operator==(const TakeoverOutlook&) const = default;
};

}  // namespace longship
