#pragma once

#include <cstdint>

#include "core/base/ids.h"

namespace longship {

/// What a server has of one of the run's shards: its state after `step` steps, and whether it also has the
/// one after the step that follows.
struct ShardHeld {
    std::uint32_t shard = 0;
    Step step = 0;
    bool hasNext = false;

    /// Whether the state after so many steps is one of the two.
    bool isAt(Step base) const { return step == base || (hasNext && step + 1 == base); }
    bool operator==(const ShardHeld&) const = default;
};

}  // namespace longship
