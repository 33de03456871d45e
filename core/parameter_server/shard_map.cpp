#include "core/parameter_server/shard_map.h"

#include <algorithm>
#include <numeric>

#include "core/base/check.h"

namespace longship {
namespace {

constexpr std::size_t kAlignedElements = 16;  // A cache line of floats.

/// The shards by what they have, least first. Equals stay in their order, so that all members agree.
std::vector<std::uint32_t> leastFirst(const std::vector<std::size_t>& kept) {
    std::vector<std::uint32_t> order(kept.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::stable_sort(order, {}, [&](std::uint32_t shard) { return kept[shard]; });
    return order;
}

/// The bucket cut into as many parts as there are shards, as equal as whole cache lines are.
std::vector<Stretch> cut(Stretch bucket, std::uint32_t shards) {
    const std::size_t lines = (bucket.size() + kAlignedElements - 1) / kAlignedElements;
    std::vector<Stretch> parts;
    std::size_t begin = bucket.begin;
    for (std::uint32_t part = 0; part < shards; ++part) {
        const std::size_t line = lines / shards + (part < lines % shards ? 1 : 0);
        const std::size_t end = std::min(begin + line * kAlignedElements, bucket.end);
        parts.push_back({begin, end});
        begin = end;
    }
    return parts;
}

}  // namespace

ShardMap ShardMap::make(std::span<const Stretch> buckets, std::uint32_t shards) {
    LONGSHIP_CHECK(shards > 0, "parameters are divided into at least one shard");
    ShardMap map;
    map.m_shards = shards;
    map.m_firstPiece.push_back(0);
    std::vector<std::size_t> kept(shards, 0);
    for (std::uint32_t bucket = 0; bucket < buckets.size(); ++bucket) {
        const Stretch range = buckets[bucket];
        const bool isLarge = range.size() >= shards * kSplitElements;
        const std::vector<Stretch> parts = isLarge ? cut(range, shards) : std::vector{range};
        // The first parts are the larger ones, if any is.
        const std::vector<std::uint32_t> order = leastFirst(kept);
        for (std::size_t part = 0; part < parts.size(); ++part) {
            map.m_pieces.push_back({parts[part], bucket, order[part]});
            kept[order[part]] += parts[part].size();
        }
        if (bucket + 1 == buckets.size()) {
            map.addEmptyPieces(bucket, range.end);
        }
        map.m_firstPiece.push_back(map.m_pieces.size());
    }
    return map;
}

void ShardMap::addEmptyPieces(std::uint32_t bucket, std::size_t at) {
    for (std::uint32_t shard = 0; shard < m_shards; ++shard) {
        if (piecesOfShard(shard).empty()) {
            m_pieces.push_back({{at, at}, bucket, shard});
        }
    }
}

std::vector<std::size_t> ShardMap::piecesOfShard(std::uint32_t shard) const {
    std::vector<std::size_t> pieces;
    for (std::size_t piece = 0; piece < m_pieces.size(); ++piece) {
        if (m_pieces[piece].shard == shard) {
            pieces.push_back(piece);
        }
    }
    return pieces;
}

std::size_t ShardMap::elementsOf(std::uint32_t shard) const {
    return std::accumulate(m_pieces.begin(), m_pieces.end(), std::size_t{0},
                           [&](std::size_t sum, const Piece& piece) {
                               return sum + (piece.shard == shard ? piece.range.size() : 0);
                           });
}

std::uint32_t ShardMap::chunks(std::size_t piece) const {
    const std::size_t chunks = (m_pieces[piece].range.size() + kChunkElements - 1) / kChunkElements;
    return static_cast<std::uint32_t>(std::max<std::size_t>(chunks, 1));
}

Stretch ShardMap::chunk(std::size_t piece, std::uint32_t number) const {
    const Stretch whole = m_pieces[piece].range;
    const std::size_t begin = whole.begin + number * kChunkElements;
    return {begin, std::min(begin + kChunkElements, whole.end)};
}

}  // namespace longship
