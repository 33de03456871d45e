#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/domain/job.h"
#include "core/parameter_server/shard_client.h"
#include "core/training/bucket_plan.h"
#include "core/training/pending_operations.h"

namespace longship {

/// Updates that servers make (`strategy: parameter-server`), as the training of one worker sees them: its
/// gradients are pushed, new parameters are pulled, and the optimizer's state stays with the servers. Only
/// between a checkpoint that was read and the first step after it a worker has that, to give it to them. The
/// network side runs on the collective thread; its memory belongs to that until an operation is done.
template <typename Real>
class ServedParameters {
public:
    /// `stateBuffers`: of the optimizer.
    ServedParameters(const BucketPlan& plan, const JobSpec& job, std::size_t stateBuffers);

    /// Begins a membership with its servers. `gives`: servers that lack what no server has get it from here.
    Result<void> enter(CollectiveThread& collectives, Step base, bool gives,
                       std::span<const Real> parameters);

    /// New parameters of update `step` go to `staged`.
    void beginStep(Step step, std::span<Real> staged);
    /// The gradient must not change until the operation started by startPull() is done.
    template <typename Number>
    void startPush(std::size_t bucket, std::span<const Number> gradient, PendingOperations& operations);
    void startPull(PendingOperations& operations);
    /// What was read from a checkpoint has been overtaken.
    void stepApplied() { m_state.clear(); }

    /// Room for the optimizer's state of a checkpoint: flat buffers, in its order.
    std::vector<std::span<Real>> makeRoom();
    /// Fetches the optimizer's state after `step` steps, the last that were pulled, for a checkpoint. The
    /// buffers are valid until the next call here.
    Result<std::vector<std::span<Real>>> state(CollectiveThread* collectives, Step step);

private:
    std::vector<std::span<Real>> spansOf(std::vector<std::vector<Real>>& buffers) const;

    const std::size_t m_elements;
    const std::size_t m_stateBuffers;
    ShardClient<Real> m_client;
    std::vector<std::vector<Real>> m_state;   ///< Read from a checkpoint; empty otherwise.
    std::vector<std::vector<Real>> m_pulled;  ///< For one.
};

extern template class ServedParameters<float>;
extern template class ServedParameters<double>;

}  // namespace longship
