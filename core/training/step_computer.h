#pragma once

#include <torch/nn.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/training/gradient_collector.h"
#include "core/training/micro_batches.h"
#include "core/training/model_runner.h"
#include "core/training/parameter_store.h"
#include "core/training/pending_operations.h"
#include "core/training/served_parameters.h"

namespace longship {

/// One optimizer step as a transaction: compute() runs forward and backward over this member's part and
/// starts the sums over all members (or the pushes to the servers) while backward still runs; finish() waits
/// for them and stages the update; commit() makes it valid. Until commit() nothing has changed, and a step
/// may be computed again.
template <typename Real>
class StepComputer {
public:
    struct Parts {
        std::shared_ptr<Network> network;
        std::shared_ptr<const Dataset> data;
        torch::Device device;
        const JobSpec& job;
    };

    explicit StepComputer(Parts parts);

    struct Hooks {
        /// Called with this member's sums once its losses are known and before its last backward.
        std::function<void(const SampleSums&)> onForwardDone;
        /// Asked before each pass; then compute() fails with Interrupted.
        std::function<bool()> isInterrupted;
    };

    /// `samples` are all samples of step `step`. The order of operations is the same on all members: whatever
    /// onForwardDone starts, the statistics, the buckets.
    Result<void> compute(Step step, std::span<const std::uint64_t> samples, const StepShare& share,
                         PendingOperations& operations, const Hooks& hooks);

    /// Waits for the statistics and the buckets, and stages update number `step`.
    Result<void> finish(std::uint64_t step, PendingOperations& operations);

    void commit();

    /// Where servers make the updates.
    ServedParameters<Real>* served() { return m_served ? &*m_served : nullptr; }
    ParameterStore<Real>& parameters() { return m_store; }
    const ParameterStore<Real>& parameters() const { return m_store; }

private:
    Result<void> runPass(std::span<const std::uint64_t> samples, std::size_t pass, const Hooks& hooks,
                         PendingOperations& operations);
    void startStatistics(PendingOperations& operations);
    void startBucket(std::size_t bucket, PendingOperations& operations);

    Result<void> finishServed(std::size_t operation, PendingOperations& operations);

    const std::shared_ptr<Network> m_network;
    const std::shared_ptr<const Dataset> m_data;
    const bool m_reproducible;
    ParameterStore<Real> m_store;
    std::optional<ServedParameters<Real>> m_served;
    GradientCollector<Real> m_collector;
    ModelRunner m_runner;

    // Of the step under way.
    StepShare m_share;
    std::uint64_t m_samples = 0;
    SampleSums m_sums;
    std::vector<double> m_statistics;
    std::vector<std::int64_t> m_statisticsFixed;
    bool m_statisticsGood = true;
};

extern template class StepComputer<float>;
extern template class StepComputer<double>;

}  // namespace longship
