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

}  // namespace

template <typename Real>
StepComputer<Real>::StepComputer(Parts parts)
    : m_parts(std::move(parts)),
      m_store(m_parts.network, m_parts.optimizer, m_parts.device),
      m_collector(*m_parts.network, m_store.plan(),
                  m_parts.reproducible ? GradientCollector<Real>::Sums::FixedPoint
                                       : GradientCollector<Real>::Sums::Float),
      m_runner(m_parts.network, m_parts.device, torch::CppTypeToScalarType<Real>::value),
      m_statistics(statisticsOf(*m_parts.network)),
      m_statisticsFixed(m_parts.reproducible ? m_statistics.size() : 0) {
    m_runner.showShape(m_parts.data->shape());
}

template <typename Real>
Result<void> StepComputer<Real>::compute(std::span<const std::uint64_t> samples, const StepShare& share,
                                         PendingOperations& operations, const Hooks& hooks) {
    m_share = share;
    m_samples = samples.size();
    m_sums = {};
    m_statisticsGood = true;
    std::fill(m_statistics.begin(), m_statistics.end(), 0.0);
    std::fill(m_statisticsFixed.begin(), m_statisticsFixed.end(), 0);
    m_parts.network->train();
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
        m_runner.run(*m_parts.data, samples.subspan(range.begin, range.size()), limit, m_sums);

    std::vector<double> own(m_statistics.size(), 0.0);
    std::span<double> rest(own);
    const double weight = static_cast<double>(range.size()) / static_cast<double>(m_samples);
    for (const auto& layer : m_parts.network->batchNorms()) {
        layer->addSums(weight, rest.first(layer->sums()));
        rest = rest.subspan(layer->sums());
    }
    if (m_parts.reproducible) {
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
    if (m_parts.reproducible) {
        operations.startSum(std::span<std::int64_t>(m_statisticsFixed));
    } else {
        operations.startSum(std::span<double>(m_statistics));
    }
}

template <typename Real>
void StepComputer<Real>::startBucket(std::size_t bucket, PendingOperations& operations) {
    if (m_parts.reproducible) {
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
        if (m_parts.reproducible) {
            fromFixedPoint<double>(m_statisticsFixed, m_statistics, kStatisticBits);
        }
    }
    for (std::size_t bucket = 0; bucket < m_store.plan().buckets.size(); ++bucket) {
        LONGSHIP_TRY(operations.done(sum++));
        const std::span<Real> gradient = m_collector.gradient(bucket);
        if (m_parts.reproducible) {
            fromFixedPoint<Real>(m_collector.fixedPoint(bucket), gradient, kGradientBits);
        }
        m_store.stage(bucket, step, gradient);
    }
    return {};
}

template <typename Real>
void StepComputer<Real>::commit() {
    m_store.commit();
    std::span<const double> rest(m_statistics);
    for (const auto& layer : m_parts.network->batchNorms()) {
        layer->applySums(rest.first(layer->sums()), m_samples);
        rest = rest.subspan(layer->sums());
    }
}

template class StepComputer<float>;
template class StepComputer<double>;

}  // namespace longship
