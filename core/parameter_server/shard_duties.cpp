#include "core/parameter_server/shard_duties.h"

#include <algorithm>

#include "core/base/check.h"

namespace longship {
namespace {

/// The servers that serve, in the circle of numbers. Of two with one number (a task that moves) the first
/// one that serves counts.
std::vector<std::size_t> circleOf(std::span<const ServerPlace> servers) {
    std::vector<std::size_t> circle;
    for (std::size_t place = 0; place < servers.size(); ++place) {
        if (servers[place].serves) {
            circle.push_back(place);
        }
    }
    const auto numberOf = [&](std::size_t place) { return servers[place].number; };
    std::ranges::stable_sort(circle, {}, numberOf);
    const auto repeated = std::ranges::unique(circle, {}, numberOf);
    circle.erase(repeated.begin(), repeated.end());
    return circle;
}

}  // namespace

std::vector<ShardDuty> shardDuties(std::uint32_t shards, std::span<const ServerPlace> servers, bool backup) {
    const std::vector<std::size_t> circle = circleOf(servers);
    LONGSHIP_CHECK(!circle.empty(), "parameters need a server");
    std::vector<ShardDuty> duties;
    for (std::uint32_t shard = 0; shard < shards; ++shard) {
        const auto first =
            std::ranges::find_if(circle, [&](std::size_t place) { return servers[place].number >= shard; });
        const auto at = static_cast<std::size_t>(first - circle.begin()) % circle.size();
        ShardDuty duty{circle[at], std::nullopt};
        for (std::size_t next = 1; backup && next < circle.size(); ++next) {
            const std::size_t place = circle[(at + next) % circle.size()];
            const bool elsewhere = servers[place].node != servers[duty.primary].node;
            if (!duty.backup || elsewhere) {
                duty.backup = place;
            }
            if (elsewhere) {
                break;
            }
        }
        duties.push_back(duty);
    }
    return duties;
}

}  // namespace longship
