#pragma once

#include <cstdint>
#include <vector>

#include "core/domain/run_event.h"
#include "core/domain/shard_held.h"

namespace longship {

/// What a frozen server says of itself.
struct ShardClaim {
    TaskId task;
    Generation generation = 0;
    MembershipNumber entered = 0;  ///< The last membership that it entered, 0: none.
    std::vector<ShardHeld> shards;
};

struct ShardStandings {
    std::vector<bool> counts;            ///< One for each claim: its inventory is of the run's course.
    std::vector<std::uint32_t> missing;  ///< Shards whose state at the base nobody has who counts.
};

/// Who has the shards 0 to `shards` - 1 of the run's parameters when a membership is left and the next begins
/// at step `base`, which the workers' standings give (core/protocol/standing.h): no worker applies a step
/// that the hosts of all shards have not. An inventory counts when its server entered the last committed
/// membership, or an earlier one and was a member of all that were committed since. It has computed nothing
/// in those, so each of them must begin where the next one does: then what it holds of that step is of the
/// course that was kept, whatever it holds of the step after. (Where a worker that was ahead is gone before
/// anybody entered, the next one begins below them: see standing.h.) After a return to a checkpoint nothing
/// older counts.
ShardStandings judgeShards(std::uint32_t shards, Step base, const std::vector<ShardClaim>& claims,
                           const std::vector<MembershipCommitted>& memberships);

/// "shard 1", "shards 0, 2".
std::string shardsText(const std::vector<std::uint32_t>& shards);

}  // namespace longship
