#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/collective/exchange.h"
#include "core/parameter_server/shard_map.h"
#include "core/parameter_server/shard_plan.h"
#include "core/parameter_server/wire.h"

namespace longship {

/// A worker's side of the synchronous parameter server, over all memberships of a run: begins them with the
/// servers, pushes gradients bucket by bucket while backward still computes, and puts the new parameters
/// where the step stages them, in whatever order they come. Used on the thread that owns the exchange.
template <typename Real>
class ShardClient {
public:
    ShardClient(std::vector<Stretch> buckets, std::uint32_t shards, GradientSums sums);

    const ShardMap& map() const { return m_map; }

    /// The state of the base step, which a worker gives to servers where no server has it. All flat buffers
    /// have the length of the parameters.
    struct Source {
        std::span<const Real> parameters;
        std::vector<std::span<const Real>> state{};  ///< Of the optimizer; empty where it does not have it.
    };

    /// Begins a membership at `base`: one worker, the root, gives a source; then all wait until every server
    /// is ready. The source's memory must not change meanwhile.
    Result<void> enter(Exchange& exchange, Step base, const Source* source);

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

    /// Fetches the optimizer's state after `step` steps, the last that was pulled: flat buffers in its order,
    /// each as long as the parameters. Between two steps.
    Result<void> pullState(Exchange& exchange, Step step, std::span<const std::span<Real>> state);

private:
    Result<void> sendPlan(Exchange& exchange, const Source& source);
    Result<void> takeReady(const Exchange& exchange, const Frame& frame);
    Result<void> fill(Exchange& exchange, const Frame& request, const Source& source);
    Result<void> sendChunks(Exchange& exchange, Rank to, std::uint32_t shard, std::uint64_t buffer,
                            std::span<const Real> values);
    Result<void> pullBuffer(Exchange& exchange, Step step, std::uint32_t buffer, std::span<Real> values);
    Result<void> take(const Exchange& exchange, const Frame& frame);
    std::vector<Rank> awaitedFor(std::uint32_t bucket) const;
    Rank primaryOf(std::size_t piece) const { return m_primaries[m_map.pieces()[piece].shard]; }

    const std::vector<Stretch> m_buckets;
    const GradientSums m_sums;
    const ShardMap m_map;
    std::vector<std::uint64_t> m_planSent;  ///< The mesh reads it.
    std::vector<Rank> m_primaries;          ///< By shard, in this membership; 0: not known yet.
    Step m_step = 0;
    std::span<Real> m_staged;
    std::vector<std::vector<bool>> m_has;  ///< By piece and chunk.
    std::vector<std::size_t> m_missing;    ///< By bucket: chunks still to come.
};

extern template class ShardClient<float>;
extern template class ShardClient<double>;

}  // namespace longship
