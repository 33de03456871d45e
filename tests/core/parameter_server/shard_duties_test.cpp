#include "core/parameter_server/shard_duties.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

namespace longship {
namespace {

ServerPlace on(std::uint32_t number, const std::string& node, bool serves = true) {
    return {number, NodeId(node), serves};
}

/// Any servers on any nodes, at least one of which serves; numbers may be missing, and one may be there
/// twice.
std::vector<ServerPlace> anyServers() {
    std::vector<ServerPlace> servers;
    const auto count = *rc::gen::inRange(1U, 7U);
    for (std::uint32_t i = 0; i < count; ++i) {
        servers.push_back(on(*rc::gen::inRange(0U, 6U), "node-" + std::to_string(*rc::gen::inRange(0, 4)),
                             *rc::gen::arbitrary<bool>()));
    }
    servers.front().serves = true;
    return servers;
}

TEST(ShardDuties, EachServerHasItsOwnAndTheBackupOfTheOneBefore) {
    const std::vector<ServerPlace> servers{on(0, "a"), on(1, "b"), on(2, "c")};
    EXPECT_EQ(shardDuties(3, servers, true), (std::vector<ShardDuty>{{0, 1}, {1, 2}, {2, 0}}));
    EXPECT_EQ(shardDuties(3, servers, false),
              (std::vector<ShardDuty>{{0, std::nullopt}, {1, std::nullopt}, {2, std::nullopt}}));
}

TEST(ShardDuties, TheBackupOfALostPrimaryTakesOver) {
    const std::vector<ServerPlace> servers{on(0, "a"), on(2, "c")};
    EXPECT_EQ(shardDuties(3, servers, true), (std::vector<ShardDuty>{{0, 1}, {1, 0}, {1, 0}}));
}

TEST(ShardDuties, ABackupIsOnAnotherNodeWhereThereIsOne) {
    EXPECT_EQ(shardDuties(1, std::vector{on(0, "a"), on(1, "a"), on(2, "b")}, true),
              (std::vector<ShardDuty>{{0, 2}}));
    EXPECT_EQ(shardDuties(1, std::vector{on(0, "a"), on(1, "a")}, true), (std::vector<ShardDuty>{{0, 1}}));
    EXPECT_EQ(shardDuties(1, std::vector{on(0, "a")}, true), (std::vector<ShardDuty>{{0, std::nullopt}}));
}

TEST(ShardDuties, WhoLeavesHasNone) {
    const std::vector<ServerPlace> servers{on(0, "a"), on(1, "b", false), on(1, "c")};
    EXPECT_EQ(shardDuties(2, servers, true), (std::vector<ShardDuty>{{0, 2}, {2, 0}}));
}

RC_GTEST_PROP(ShardDutiesProperties, EveryShardHasAPrimaryThatServesAndNoServerIsBoth, ()) {
    const auto servers = anyServers();
    const auto shards = *rc::gen::inRange(1U, 7U);
    const auto backup = *rc::gen::arbitrary<bool>();
    const auto duties = shardDuties(shards, servers, backup);
    std::set<std::uint32_t> numbers;
    std::set<NodeId> nodes;
    for (const ServerPlace& server : servers) {
        if (server.serves && numbers.insert(server.number).second) {
            nodes.insert(server.node);
        }
    }
    RC_ASSERT(duties.size() == shards);
    for (const ShardDuty& duty : duties) {
        RC_ASSERT(servers.at(duty.primary).serves);
        RC_ASSERT(duty.backup.has_value() == (backup && numbers.size() > 1));
        if (duty.backup) {
            RC_ASSERT(servers.at(*duty.backup).serves);
            RC_ASSERT(*duty.backup != duty.primary);
            RC_ASSERT(nodes.size() == 1 || servers[*duty.backup].node != servers[duty.primary].node);
        }
    }
}

/// With every server on a node of its own, whoever is lost: each of its shards goes to the server that had
/// its backup, and no other shard changes hands.
RC_GTEST_PROP(ShardDutiesProperties, ALossMovesNothingButWhatWasLost, ()) {
    const auto count = *rc::gen::inRange(2U, 7U);
    std::vector<ServerPlace> servers;
    for (std::uint32_t number = 0; number < count; ++number) {
        servers.push_back(on(number, "node-" + std::to_string(number)));
    }
    const auto lost = *rc::gen::inRange(0U, count);
    auto left = servers;
    left.erase(left.begin() + lost);
    const auto before = shardDuties(count, servers, true);
    const auto after = shardDuties(count, left, true);
    for (std::uint32_t shard = 0; shard < count; ++shard) {
        const bool changes = servers[before[shard].primary].number == lost;
        const std::size_t expected = changes ? *before[shard].backup : before[shard].primary;
        RC_ASSERT(left[after[shard].primary].number == servers[expected].number);
    }
}

}  // namespace
}  // namespace longship
