#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/collective/exchange.h"
#include "core/parameter_server/shard_map.h"

namespace longship {

/// A worker's side of the synchronous parameter server: pushes gradients bucket by bucket while backward
/// still computes, and puts the new parameters where the step stages them, in whatever order they come. The
/// server of piece `server` is rank `workers + server`. Used on the thread that owns the exchange.
template <typename Real>
class ShardClient {
public:
    ShardClient(const ShardMap& map, std::uint32_t workers);

    /// `staged` has the length of the flat parameter buffer and belongs to the client until the last pull().
    void beginStep(Step step, std::span<Real> staged);

    /// Sends the gradient of a bucket: `gradient` has its length, in Real or in fixed point, and must not
    /// change until finishStep().
    template <typename Number>
    Result<void> push(Exchange& exchange, std::uint32_t bucket, std::span<const Number> gradient);

    /// Waits until the new parameters of the bucket are there.
    Result<void> pull(Exchange& exchange, std::uint32_t bucket);

    /// Waits until the memory of the gradients is free again. All buckets have been pulled.
    Result<void> finishStep(Exchange& exchange);

private:
    Result<void> take(const Exchange& exchange, const Frame& frame);
    std::vector<Rank> awaitedFor(std::uint32_t bucket) const;

    const ShardMap& m_map;
    std::uint32_t m_workers;
    std::uint32_t m_servers;
    Step m_step = 0;
    std::span<Real> m_staged;
    std::vector<std::vector<bool>> m_has;  ///< By piece and chunk.
    std::vector<std::size_t> m_missing;    ///< By bucket: chunks still to come.
};

extern template class ShardClient<float>;
extern template class ShardClient<double>;

}  // namespace longship
