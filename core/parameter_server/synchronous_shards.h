#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/optimizer/optimizer.h"
#include "core/parameter_server/shard_map.h"
#include "core/transport/mesh.h"

namespace longship {

/// What workers send: their gradients' own numbers, added in the order of the ranks, or fixed-point sums
/// (core/optimizer/fixed_point.h), whose order does not matter.
enum class GradientSums { Float, FixedPoint };

/// The parameters and the optimizer's state that one server keeps, for `mode: sync`. No I/O: it is handed the
/// workers' pushes and says what to send. Each chunk of a piece is summed when every worker of the membership
/// has pushed it, and the update goes beside the valid values: both are kept until all workers have gone on,
/// so that the server can go back with whoever has not. A push that was sent again is dropped. One thread.
template <typename Real>
class SynchronousShards {
public:
    struct Plan {
        ShardMap map;
        std::uint32_t server = 0;
        OptimizerSpec optimizer;
        GradientSums sums = GradientSums::Float;
    };

    explicit SynchronousShards(Plan plan);

    /// The valid values of a piece, to be filled before the first membership. `buffer` 0: the parameters;
    /// from 1: the optimizer's state, in its order, zero at first.
    std::span<Real> valid(std::size_t piece, std::size_t buffer);
    std::size_t buffers() const { return 1 + m_optimizer->stateNames().size(); }

    /// Steps applied to what is valid. One more may lie beside it: isComplete().
    Step step() const { return m_step; }
    bool isComplete() const { return m_chunksLeft == 0; }

    /// Starts a membership at this step: what older ones pushed is dropped, and the step beside the valid one
    /// is taken or dropped. Refused when neither is the base.
    Result<void> enter(Step base, std::uint32_t workers);

    /// New parameters of a chunk, to be sent to every worker. The memory is not written again before the
    /// step after the next begins.
    struct Update {
        Step step = 0;
        std::uint32_t piece = 0;
        std::uint32_t chunk = 0;
        std::span<const std::byte> parameters;
    };

    /// True when this push is the first of the next step: its sender has the whole step beside the valid one,
    /// and push() will write over what was sent before that.
    bool opensNextStep(const Frame& push) const;

    /// Takes one push; an update when it was the last that its chunk waited for. Corrupt when it is none that
    /// a worker of this membership could have sent.
    Result<std::optional<Update>> push(std::unique_ptr<Frame> push);

private:
    /// One version of everything this server keeps: the parameters, then the optimizer's buffers.
    using Version = std::vector<std::vector<Real>>;

    /// The pushes that a chunk has, by worker.
    struct Waiting {
        std::vector<std::unique_ptr<Frame>> pushes;
        std::uint32_t count = 0;
        bool isDone = false;
    };

    bool keeps(std::size_t piece) const;
    Result<void> check(const Frame& push) const;
    void beginStep();
    void commit();
    std::span<const Real> gradientOf(Waiting& waiting, std::size_t elements);
    Update apply(std::uint32_t piece, std::uint32_t chunk);

    Plan m_plan;
    std::unique_ptr<Optimizer<Real>> m_optimizer;
    std::vector<std::size_t> m_offset;      ///< By piece, in the buffers; only for pieces that it keeps.
    std::vector<std::size_t> m_firstChunk;  ///< By piece, in m_waiting.
    Version m_valid;
    Version m_staged;
    std::uint32_t m_workers = 0;
    Step m_step = 0;
    std::vector<Waiting> m_waiting;
    std::size_t m_chunksLeft = 0;
    std::vector<Real> m_gradient;
    std::vector<std::int64_t> m_sums;
};

extern template class SynchronousShards<float>;
extern template class SynchronousShards<double>;

}  // namespace longship
