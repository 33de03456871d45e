#include "core/parameter_server/shard_map.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace longship {
namespace {

/// Buckets of very different sizes with gaps between them, as a model's parameters make them.
std::vector<Stretch> bucketsOf(const std::vector<std::uint32_t>& sizes) {
    std::vector<Stretch> all;
    std::size_t at = 0;
    for (const std::uint32_t size : sizes) {
        all.push_back({at, at + size});
        at += size + size % 16;
    }
    return all;
}

rc::Gen<std::vector<std::uint32_t>> sizes() {
    return rc::gen::container<std::vector<std::uint32_t>>(
        rc::gen::oneOf(rc::gen::inRange(0U, 200U), rc::gen::inRange(200U, 100'000U),
                       rc::gen::inRange(100'000U, 3'000'000U)));
}

RC_GTEST_PROP(ShardMapProperties, EveryElementIsKeptOnce, ()) {
    const auto all = bucketsOf(*sizes());
    const auto shards = *rc::gen::inRange(1U, 9U);
    const ShardMap map = ShardMap::make(all, shards);
    RC_ASSERT(map.buckets() == all.size());
    std::size_t pieces = 0;
    for (std::uint32_t bucket = 0; bucket < all.size(); ++bucket) {
        std::size_t at = all[bucket].begin;
        const Stretch range = map.piecesOf(bucket);
        RC_ASSERT(range.begin == pieces);
        pieces = range.end;
        for (std::size_t piece = range.begin; piece < range.end; ++piece) {
            RC_ASSERT(map.pieces()[piece].bucket == bucket);
            RC_ASSERT(map.pieces()[piece].shard < shards);
            RC_ASSERT(map.pieces()[piece].range.begin == at);
            at = map.pieces()[piece].range.end;
        }
        RC_ASSERT(at == all[bucket].end);
    }
    RC_ASSERT(pieces == map.pieces().size());
}

RC_GTEST_PROP(ShardMapProperties, ShardsAreEquallyLarge, ()) {
    const auto all = bucketsOf(*sizes());
    const auto shards = *rc::gen::inRange(1U, 9U);
    const ShardMap map = ShardMap::make(all, shards);
    std::size_t least = ~std::size_t{0};
    std::size_t most = 0;
    for (std::uint32_t shard = 0; shard < shards; ++shard) {
        least = std::min(least, map.elementsOf(shard));
        most = std::max(most, map.elementsOf(shard));
    }
    // But for the largest bucket that is not cut.
    RC_ASSERT(most - least <= shards * ShardMap::kSplitElements);
}

RC_GTEST_PROP(ShardMapProperties, EveryShardHasAPiece, ()) {
    const auto shards = *rc::gen::inRange(1U, 9U);
    const auto all = bucketsOf(
        *rc::gen::nonEmpty(rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange(0U, 4000U))));
    const ShardMap map = ShardMap::make(all, shards);
    for (std::uint32_t shard = 0; shard < shards; ++shard) {
        RC_ASSERT(!map.piecesOfShard(shard).empty());
    }
}

RC_GTEST_PROP(ShardMapProperties, ChunksCoverTheirPiece, ()) {
    const ShardMap map = ShardMap::make(bucketsOf(*sizes()), *rc::gen::inRange(1U, 5U));
    for (std::size_t piece = 0; piece < map.pieces().size(); ++piece) {
        std::size_t at = map.pieces()[piece].range.begin;
        for (std::uint32_t number = 0; number < map.chunks(piece); ++number) {
            const Stretch chunk = map.chunk(piece, number);
            RC_ASSERT(chunk.begin == at);
            RC_ASSERT(chunk.size() <= ShardMap::kChunkElements);
            RC_ASSERT(chunk.size() > 0 || map.chunks(piece) == 1);
            at = chunk.end;
        }
        RC_ASSERT(at == map.pieces()[piece].range.end);
    }
}

TEST(ShardMap, ALargeBucketIsCutAndSmallOnesStayWhole) {
    const std::vector<Stretch> all{{0, 10}, {16, 1'000'016}, {1'000'016, 1'000'116}};
    const ShardMap map = ShardMap::make(all, 3);
    EXPECT_EQ(map.piecesOf(0).size(), 1u);
    EXPECT_EQ(map.piecesOf(1).size(), 3u);
    EXPECT_EQ(map.piecesOf(2).size(), 1u);
    // Of 62 500 cache lines the one that is left over goes to one that keeps less than the first.
    EXPECT_EQ(map.elementsOf(0), 10u + 20'833u * 16);
    EXPECT_EQ(map.elementsOf(1), 20'834u * 16);
    EXPECT_EQ(map.elementsOf(2), 20'833u * 16 + 100);
}

}  // namespace
}  // namespace longship
