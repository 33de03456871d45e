#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/domain/shard_held.h"
#include "core/optimizer/optimizer.h"
#include "core/parameter_server/shard_map.h"

namespace longship {

/// A shard as one of its hosts keeps it: the parameters and the optimizer's state after step(), and beside
/// them those after the step under way, chunk by chunk. Both are kept until the step after that begins, so
/// that the host can go on from either. Pure; one thread.
template <typename Real>
class ShardCopy {
public:
    ShardCopy(std::shared_ptr<const ShardMap> map, std::uint32_t shard,
              std::shared_ptr<const Optimizer<Real>> optimizer, Step step);

    std::uint32_t shard() const { return m_shard; }
    ShardHeld held() const { return {m_shard, m_step, hasNext()}; }
    Step step() const { return m_step; }
    bool hasNext() const { return m_chunksLeft == 0; }

    /// Buffer 0: the parameters; from 1: the optimizer's state, in its order, zero at first.
    std::size_t buffers() const { return m_valid.size(); }
    /// What is valid, to be filled or sent.
    std::span<Real> chunk(std::size_t buffer, std::size_t piece, std::uint32_t number);
    /// After so many steps: one of the two that it has, else empty.
    std::span<const Real> chunkAt(Step step, std::size_t buffer, std::size_t piece, std::uint32_t number);

    /// The parameters of a chunk that apply() has staged.
    std::span<const Real> stagedChunk(std::size_t piece, std::uint32_t number) {
        return part(m_staged[0], piece, number);
    }

    /// Makes the state after `base` steps the valid one and forgets the step under way. Refused when it is
    /// neither of the two.
    Result<void> restAt(Step base);

    /// Applies update number `step` to a chunk. Corrupt when that is not its next one. The first chunk of an
    /// update ends the version before the last: by then every worker must have the last one. What is staged
    /// here is not written again before update `step` + 2.
    Result<void> apply(Step step, std::size_t piece, std::uint32_t number, std::span<const Real> gradient);

private:
    using Version = std::vector<std::vector<Real>>;  ///< By buffer.

    std::span<Real> part(std::vector<Real>& buffer, std::size_t piece, std::uint32_t number) const;
    std::size_t indexOf(std::size_t piece, std::uint32_t number) const {
        return m_firstChunk[piece] + number;
    }
    void beginStep();

    std::shared_ptr<const ShardMap> m_map;
    std::uint32_t m_shard;
    std::shared_ptr<const Optimizer<Real>> m_optimizer;
    std::vector<std::size_t> m_offset;      ///< By piece, in the buffers; only for pieces of this shard.
    std::vector<std::size_t> m_firstChunk;  ///< By piece, in m_isStaged.
    Step m_step;
    Version m_valid;
    Version m_staged;
    std::vector<bool> m_isStaged;  ///< By chunk.
    std::size_t m_chunksLeft = 0;
};

extern template class ShardCopy<float>;
extern template class ShardCopy<double>;

}  // namespace longship
