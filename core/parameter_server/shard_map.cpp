#include "core/parameter_server/shard_map.h"

#include <algorithm>
#include <numeric>

#include "core/base/check.h"

namespace longship {
namespace {

constexpr std::size_t kAlignedElements = 16;  // A cache line of floats.

/// The servers by what they keep, least first. Equals stay in their order, so that all members agree.
std::vector<std::uint32_t> leastFirst(const std::vector<std::size_t>& kept) {
    std::vector<std::uint32_t> order(kept.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::stable_sort(order, {}, [&](std::uint32_t server) { return kept[server]; });
    return order;
}

/// The bucket cut into as many parts as there are servers, as equal as whole cache lines are.
std::vector<Stretch> cut(Stretch bucket, std::uint32_t servers) {
    const std::size_t lines = (bucket.size() + kAlignedElements - 1) / kAlignedElements;
    std::vector<Stretch> parts;
    std::size_t begin = bucket.begin;
    for (std::uint32_t part = 0; part < servers; ++part) {
        const std::size_t line = lines / servers + (part < lines % servers ? 1 : 0);
        const std::size_t end = std::min(begin + line * kAlignedElements, bucket.end);
        parts.push_back({begin, end});
        begin = end;
    }
    return parts;
}

}  // namespace

ShardMap ShardMap::make(std::span<const Stretch> buckets, std::uint32_t servers) {
    LONGSHIP_CHECK(servers > 0, "parameters need a server");
    ShardMap map;
    map.m_servers = servers;
    map.m_firstPiece.push_back(0);
    std::vector<std::size_t> kept(servers, 0);
    for (std::uint32_t bucket = 0; bucket < buckets.size(); ++bucket) {
        const Stretch range = buckets[bucket];
        const bool isLarge = range.size() >= servers * kSplitElements;
        const std::vector<Stretch> parts = isLarge ? cut(range, servers) : std::vector{range};
        // The first parts are the larger ones, if any is.
        const std::vector<std::uint32_t> order = leastFirst(kept);
        for (std::size_t part = 0; part < parts.size(); ++part) {
            map.m_pieces.push_back({parts[part], bucket, order[part]});
            kept[order[part]] += parts[part].size();
        }
        map.m_firstPiece.push_back(map.m_pieces.size());
    }
    return map;
}

std::size_t ShardMap::elementsOf(std::uint32_t server) const {
    return std::accumulate(m_pieces.begin(), m_pieces.end(), std::size_t{0},
                           [&](std::size_t sum, const Piece& piece) {
                               return sum + (piece.server == server ? piece.range.size() : 0);
                           });
}

std::uint32_t ShardMap::chunks(std::size_t piece) const {
    return static_cast<std::uint32_t>((m_pieces[piece].range.size() + kChunkElements - 1) / kChunkElements);
}

Stretch ShardMap::chunk(std::size_t piece, std::uint32_t number) const {
    const Stretch whole = m_pieces[piece].range;
    const std::size_t begin = whole.begin + number * kChunkElements;
    return {begin, std::min(begin + kChunkElements, whole.end)};
}

}  // namespace longship
