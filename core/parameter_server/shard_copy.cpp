#include "core/parameter_server/shard_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace longship {

template <typename Real>
ShardCopy<Real>::ShardCopy(std::shared_ptr<const ShardMap> map, std::uint32_t shard,
                           std::shared_ptr<const Optimizer<Real>> optimizer, Step step)
    : m_map(std::move(map)),
      m_shard(shard),
      m_optimizer(std::move(optimizer)),
      m_offset(m_map->pieces().size()),
      m_firstChunk(m_map->pieces().size()),
      m_step(step) {
    std::size_t elements = 0;
    std::size_t chunks = 0;
    for (const std::size_t piece : m_map->piecesOfShard(shard)) {
        m_offset[piece] = elements;
        m_firstChunk[piece] = chunks;
        elements += m_map->pieces()[piece].range.size();
        chunks += m_map->chunks(piece);
    }
    m_valid.assign(1 + m_optimizer->stateNames().size(), std::vector<Real>(elements));
    m_staged = m_valid;
    m_isStaged.resize(chunks);
    beginStep();
}

template <typename Real>
void ShardCopy<Real>::beginStep() {
    m_isStaged.assign(m_isStaged.size(), false);
    m_chunksLeft = m_isStaged.size();
}

template <typename Real>
std::span<Real> ShardCopy<Real>::part(std::vector<Real>& buffer, std::size_t piece,
                                      std::uint32_t number) const {
    LONGSHIP_CHECK(m_map->pieces()[piece].shard == m_shard, "a shard is asked for its own pieces");
    const Stretch range = m_map->chunk(piece, number);
    const std::size_t at = m_offset[piece] + range.begin - m_map->pieces()[piece].range.begin;
    return std::span(buffer).subspan(at, range.size());
}

template <typename Real>
std::span<Real> ShardCopy<Real>::chunk(std::size_t buffer, std::size_t piece, std::uint32_t number) {
    return part(m_valid[buffer], piece, number);
}

template <typename Real>
std::span<const Real> ShardCopy<Real>::chunkAt(Step step, std::size_t buffer, std::size_t piece,
                                               std::uint32_t number) {
    if (buffer >= buffers() || !held().isAt(step)) {
        return {};
    }
    return part(step == m_step ? m_valid[buffer] : m_staged[buffer], piece, number);
}

template <typename Real>
Result<void> ShardCopy<Real>::restAt(Step base) {
    if (!held().isAt(base)) {
        return failure(ErrorKind::Refused,
                       fmt::format("Shard {} is kept after {}{} steps, not after {}.", m_shard, m_step,
                                   hasNext() ? fmt::format(" and {}", m_step + 1) : std::string(), base));
    }
    if (base != m_step) {
        std::swap(m_valid, m_staged);
        ++m_step;
    }
    beginStep();
    return {};
}

template <typename Real>
Result<void> ShardCopy<Real>::apply(Step step, std::size_t piece, std::uint32_t number,
                                    std::span<const Real> gradient) {
    if (hasNext() && step == m_step + 1) {
        LONGSHIP_TRY(restAt(step));
    }
    if (step != m_step || m_isStaged[indexOf(piece, number)]) {
        return failure(ErrorKind::Corrupt,
                       fmt::format("Shard {} is at step {} and was to apply update {} to chunk {} of piece "
                                   "{}: that is not its next one.",
                                   m_shard, m_step, step, number, piece));
    }
    OptimizerSlice<Real> slice;
    slice.parameters = part(m_valid[0], piece, number);
    slice.gradient = gradient;
    slice.nextParameters = part(m_staged[0], piece, number);
    for (std::size_t buffer = 1; buffer < buffers(); ++buffer) {
        slice.state.push_back(part(m_valid[buffer], piece, number));
        slice.nextState.push_back(part(m_staged[buffer], piece, number));
    }
    m_optimizer->update(step, slice);
    m_isStaged[indexOf(piece, number)] = true;
    --m_chunksLeft;
    return {};
}

template class ShardCopy<float>;
template class ShardCopy<double>;

}  // namespace longship
