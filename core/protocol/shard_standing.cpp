#include "core/protocol/shard_standing.h"

#include <algorithm>

#include "core/protocol/mutation.h"

namespace longship {

namespace {

bool isMember(const MembershipCommitted& membership, const ShardClaim& claim) {
    return std::any_of(membership.members.begin(), membership.members.end(), [&](const Member& member) {
        return member.task == claim.task && member.generation == claim.generation;
    });
}

bool inventoryCounts(const ShardClaim& claim, Step base,
                     const std::vector<MembershipCommitted>& memberships) {
    if (LONGSHIP_MUTANT("servers-always-count")) {
        return true;
    }
    bool known = claim.entered == 0;
    for (const MembershipCommitted& membership : memberships) {
        known = known || membership.number == claim.entered;
        if (membership.number < claim.entered) {
            continue;
        }
        const bool since = membership.number > claim.entered;
        const bool elsewhere = membership.fromCheckpoint || membership.baseStep < base;
        if (!isMember(membership, claim) || (since && elsewhere)) {
            return false;
        }
    }
    return known;  // A takeover does not know what was entered before it.
}

}  // namespace

ShardStandings judgeShards(std::uint32_t shards, Step base, const std::vector<ShardClaim>& claims,
                           const std::vector<MembershipCommitted>& memberships) {
    ShardStandings result;
    std::vector<bool> held(shards, false);
    for (const ShardClaim& claim : claims) {
        const bool counts = inventoryCounts(claim, base, memberships);
        result.counts.push_back(counts);
        for (const ShardHeld& shard : claim.shards) {
            if (counts && shard.shard < shards && shard.isAt(base)) {
                held[shard.shard] = true;
            }
        }
    }
    for (std::uint32_t shard = 0; shard < shards; ++shard) {
        if (!held[shard]) {
            result.missing.push_back(shard);
        }
    }
    return result;
}

std::string shardsText(const std::vector<std::uint32_t>& shards) {
    std::string text = shards.size() == 1 ? "shard " : "shards ";
    for (std::size_t i = 0; i < shards.size(); ++i) {
        text += (i == 0 ? "" : ", ") + std::to_string(shards[i]);
    }
    return text;
}

}  // namespace longship
