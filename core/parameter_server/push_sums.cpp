#include "core/parameter_server/push_sums.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "core/collective/addition.h"
#include "core/optimizer/fixed_point.h"

namespace longship {

template <typename Real>
PushSums<Real>::PushSums(std::shared_ptr<const ShardMap> map, std::uint32_t shard, GradientSums sums,
                         std::uint32_t workers, Step base)
    : m_map(std::move(map)), m_shard(shard), m_sums(sums), m_workers(workers) {
    m_chunks.resize(m_map->pieces().size());
    for (const std::size_t piece : m_map->piecesOfShard(shard)) {
        m_chunks[piece].resize(m_map->chunks(piece));
        for (Chunk& chunk : m_chunks[piece]) {
            chunk.step = base;
            chunk.pushes.resize(workers);
        }
    }
}

template <typename Real>
typename PushSums<Real>::Chunk* PushSums<Real>::find(const FrameKey& key) {
    const bool isOurs = key.phase < m_chunks.size() && key.chunk < m_chunks[key.phase].size();
    return isOurs ? &m_chunks[key.phase][key.chunk] : nullptr;
}

template <typename Real>
bool PushSums<Real>::fits(const Frame& push) const {
    const std::size_t bytes = m_sums == GradientSums::FixedPoint ? sizeof(std::int64_t) : sizeof(Real);
    return push.from() < m_workers &&
           push.payload().size() == m_map->chunk(push.key().phase, push.key().chunk).size() * bytes;
}

template <typename Real>
Result<std::optional<std::vector<Real>>> PushSums<Real>::take(std::unique_ptr<Frame> push) {
    const FrameKey key = push->key();
    Chunk* const chunk = find(key);
    if (chunk == nullptr || !fits(*push) || key.operation > chunk->step) {
        return failure(
            ErrorKind::Corrupt,
            fmt::format("The primary of shard {} got {} bytes from rank {} for update {}, piece {}, chunk "
                        "{}, which it does not wait for: the members do not agree on who keeps what.",
                        m_shard, push->payload().size(), push->from(), key.operation, key.phase, key.chunk));
    }
    std::unique_ptr<Frame>& own = chunk->pushes[push->from()];
    if (key.operation < chunk->step || own != nullptr) {
        return std::nullopt;  // Sent again.
    }
    own = std::move(push);
    if (++chunk->count < m_workers) {
        return std::nullopt;
    }
    std::vector<Real> sum = sumOf(*chunk, m_map->chunk(key.phase, key.chunk).size());
    for (std::unique_ptr<Frame>& frame : chunk->pushes) {
        frame.reset();
    }
    chunk->count = 0;
    ++chunk->step;
    return sum;
}

template <typename Real>
std::vector<Real> PushSums<Real>::sumOf(const Chunk& chunk, std::size_t elements) const {
    const auto add = [&](std::byte* target, Addition addition) {
        std::memcpy(target, chunk.pushes[0]->payload().data(), elements * addition.elementBytes);
        for (std::uint32_t worker = 1; worker < m_workers; ++worker) {
            addition.add(target, chunk.pushes[worker]->payload().data(), elements);
        }
    };
    std::vector<Real> gradient(elements);
    if (m_sums == GradientSums::FixedPoint) {
        std::vector<std::int64_t> sums(elements);
        add(std::as_writable_bytes(std::span(sums)).data(), additionOf<std::int64_t>());
        fromFixedPoint<Real>(sums, gradient, kGradientBits);
    } else {
        add(std::as_writable_bytes(std::span(gradient)).data(), additionOf<Real>());
    }
    return gradient;
}

template class PushSums<float>;
template class PushSums<double>;

}  // namespace longship
