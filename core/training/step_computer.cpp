#include "core/training/step_computer.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/optimizer/fixed_point.h"

namespace longship {
namespace {

std::size_t statisticsOf(const Network& network) {
    std::size_t count = 0;
    for (const auto& layer : network.batchNorms()) {
        count += layer->sums();
    }
    return count;
}

OptimizerHome homeOf(const JobSpec& job) {
    return job.strategy.kind == StrategyKind::ParameterServer ? OptimizerHome::OnServers
                                                              : OptimizerHome::Here;
}

}  // namespace

template <typename Real>
StepComputer<Real>::StepComputer(Parts parts)
    : m_network(parts.network),
      m_data(parts.data),
      m_reproducible(parts.job.numerics == Numerics::Reproducible),
      m_store(m_network, parts.job.optimizer, parts.device, homeOf(parts.job)),
      m_collector(
          *m_network, m_store.plan(),
          m_reproducible ? GradientCollector<Real>::Sums::FixedPoint : GradientCollector<Real>::Sums::Float),
      m_runner(m_network, parts.device, torch::CppTypeToScalarType<Real>::value),
      m_statistics(statisticsOf(*m_network)),
      m_statisticsFixed(m_reproducible ? m_statistics.size() : 0) {
    if (homeOf(parts.job) == OptimizerHome::OnServers) {
        m_served.emplace(m_store.plan(), parts.job, m_store.stateBuffers());
    }
    m_runner.showShape(m_data->shape());
}

template <typename Real>
Result<void> StepComputer<Real>::compute(Step step, std::span<const std::uint64_t> samples,
                                         const StepShare& share, PendingOperations& operations,
                                         const Hooks& hooks) {
    if (m_served) {
        m_served->beginStep(step, m_store.stagedParameters());
    }
    m_share = share;
    m_samples = samples.size();
    m_sums = {};
    m_statisticsGood = true;
    std::fill(m_statistics.begin(), m_statistics.end(), 0.0);
    std::fill(m_statisticsFixed.begin(), m_statisticsFixed.end(), 0);
    m_network->train();
    m_collector.beginStep(fixedPointLimit(share.microBatches),
                          [&](std::size_t bucket) { startBucket(bucket, operations); });
    if (share.passes.empty()) {
        hooks.onForwardDone(m_sums);
        startStatistics(operations);
        m_collector.contributeZeros();
    }
    for (std::size_t pass = 0; pass < share.passes.size(); ++pass) {
        if (hooks.isInterrupted()) {
            return failure(ErrorKind::Interrupted, "The step was interrupted.");
        }
        LONGSHIP_TRY(runPass(samples, pass, hooks, operations));
    }
    return {};
}

template <typename Real>
Result<void> StepComputer<Real>::runPass(std::span<const std::uint64_t> samples, std::size_t pass,
                                         const Hooks& hooks, PendingOperations& operations) {
    const Range range = m_share.passes[pass];
    const double limit = fixedPointLimit(m_share.microBatches);
    const torch::Tensor loss =
        m_runner.run(*m_data, samples.subspan(range.begin, range.size()), limit, m_sums);

    std::vector<double> own(m_statistics.size(), 0.0);
    std::span<double> rest(own);
    const double weight = static_cast<double>(range.size()) / static_cast<double>(m_samples);
    for (const auto& layer : m_network->batchNorms()) {
        layer->addSums(weight, rest.first(layer->sums()));
        rest = rest.subspan(layer->sums());
    }
    if (m_reproducible) {
        m_statisticsGood =
            addFixedPoint<double>(own, m_statisticsFixed, kStatisticBits, limit, false) && m_statisticsGood;
    } else {
        std::transform(own.begin(), own.end(), m_statistics.begin(), m_statistics.begin(), std::plus<>());
    }

    const bool last = pass + 1 == m_share.passes.size();
    if (last) {
        hooks.onForwardDone(m_sums);
        startStatistics(operations);
    }
    m_collector.beginBackward({.first = pass == 0, .last = last});
    // The gradient of the mean over the whole batch, whoever computes the rest of it.
    loss.backward(torch::full_like(loss, 1.0 / static_cast<double>(m_samples)));
    m_collector.endBackward();
    if (!m_collector.good() || !m_statisticsGood) {
        return failure(
            ErrorKind::BadInput,
            "A gradient is not finite or too large to be summed exactly: training diverges. Lower the "
            "learning rate.");
    }
    return {};
}

template <typename Real>
void StepComputer<Real>::startStatistics(PendingOperations& operations) {
    if (m_statistics.empty()) {
        return;
    }
    if (m_reproducible) {
        operations.startSum(std::span<std::int64_t>(m_statisticsFixed));
    } else {
        operations.startSum(std::span<double>(m_statistics));
    }
}

template <typename Real>
void StepComputer<Real>::startBucket(std::size_t bucket, PendingOperations& operations) {
    if (m_served && m_reproducible) {
        m_served->template startPush<std::int64_t>(bucket, m_collector.fixedPoint(bucket), operations);
    } else if (m_served) {
        m_served->template startPush<Real>(bucket, m_collector.gradient(bucket), operations);
    } else if (m_reproducible) {
        operations.startSum(m_collector.fixedPoint(bucket));
    } else {
        operations.startSum(m_collector.gradient(bucket));
    }
}

template <typename Real>
Result<void> StepComputer<Real>::finish(std::uint64_t step, PendingOperations& operations) {
    std::size_t sum = 0;
    if (!m_statistics.empty()) {
        LONGSHIP_TRY(operations.done(sum++));
        if (m_reproducible) {
            fromFixedPoint<double>(m_statisticsFixed, m_statistics, kStatisticBits);
        }
    }
    if (m_served) {
        return finishServed(sum, operations);
    }
    for (std::size_t bucket = 0; bucket < m_store.plan().buckets.size(); ++bucket) {
        LONGSHIP_TRY(operations.done(sum++));
        const std::span<Real> gradient = m_collector.gradient(bucket);
        if (m_reproducible) {
            fromFixedPoint<Real>(m_collector.fixedPoint(bucket), gradient, kGradientBits);
        }
        m_store.stage(bucket, step, gradient);
    }
    return {};
}

/// The servers' new parameters are where they belong as soon as they have come.
template <typename Real>
Result<void> StepComputer<Real>::finishServed(std::size_t operation, PendingOperations& operations) {
    m_served->startPull(operations);
    for (std::size_t i = 0; i < m_store.plan().buckets.size() + 1; ++i) {
        LONGSHIP_TRY(operations.done(operation + i));
    }
    return {};
}

template <typename Real>
void StepComputer<Real>::commit() {
    m_store.commit();
    if (m_served) {
        m_served->stepApplied();
    }
    std::span<const double> rest(m_statistics);
    for (const auto& layer : m_network->batchNorms()) {
        layer->applySums(rest.first(layer->sums()), m_samples);
        rest = rest.subspan(layer->sums());
    }
}

template class StepComputer<float>;
template class StepComputer<double>;

}  // namespace longship
