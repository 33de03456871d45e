#include "core/training/served_parameters.h"

namespace longship {
namespace {

std::vector<Stretch> stretchesOf(const BucketPlan& plan) {
    std::vector<Stretch> buckets;
    for (const BucketPlan::Bucket& bucket : plan.buckets) {
        buckets.push_back({bucket.range.begin, bucket.range.end});
    }
    return buckets;
}

}  // namespace

template <typename Real>
ServedParameters<Real>::ServedParameters(const BucketPlan& plan, const JobSpec& job, std::size_t stateBuffers)
    : m_elements(plan.elements),
      m_stateBuffers(stateBuffers),
      m_client(stretchesOf(plan), job.strategy.servers,
               job.numerics == Numerics::Reproducible ? GradientSums::FixedPoint : GradientSums::Float) {}

template <typename Real>
Result<void> ServedParameters<Real>::enter(CollectiveThread& collectives, Step base, bool gives,
                                           std::span<const Real> parameters) {
    typename ShardClient<Real>::Source source{parameters};
    for (const std::vector<Real>& buffer : m_state) {
        source.state.emplace_back(buffer);
    }
    return collectives
        .perform([&, this](Exchange& exchange) {
            return m_client.enter(exchange, base, gives ? &source : nullptr);
        })
        .get();
}

template <typename Real>
void ServedParameters<Real>::beginStep(Step step, std::span<Real> staged) {
    m_client.beginStep(step, staged);
}

template <typename Real>
template <typename Number>
void ServedParameters<Real>::startPush(std::size_t bucket, std::span<const Number> gradient,
                                       PendingOperations& operations) {
    operations.startServed([this, bucket, gradient](Exchange& exchange) {
        return m_client.push(exchange, static_cast<std::uint32_t>(bucket), gradient);
    });
}

template <typename Real>
void ServedParameters<Real>::startPull(PendingOperations& operations) {
    operations.startServed([this](Exchange& exchange) -> Result<void> {
        for (std::uint32_t bucket = 0; bucket < m_client.map().buckets(); ++bucket) {
            LONGSHIP_TRY(m_client.pull(exchange, bucket));
        }
        return m_client.finishStep(exchange);
    });
}

template <typename Real>
std::vector<std::span<Real>> ServedParameters<Real>::spansOf(std::vector<std::vector<Real>>& buffers) const {
    buffers.resize(m_stateBuffers);
    std::vector<std::span<Real>> spans;
    for (std::vector<Real>& buffer : buffers) {
        buffer.resize(m_elements);
        spans.emplace_back(buffer);
    }
    return spans;
}

template <typename Real>
std::vector<std::span<Real>> ServedParameters<Real>::makeRoom() {
    return spansOf(m_state);
}

template <typename Real>
Result<std::vector<std::span<Real>>> ServedParameters<Real>::state(CollectiveThread* collectives, Step step) {
    if (!m_state.empty()) {
        return spansOf(m_state);
    }
    std::vector<std::span<Real>> spans = spansOf(m_pulled);
    if (collectives != nullptr && step > 0) {
        LONGSHIP_TRY(
            collectives
                ->perform([&, this](Exchange& exchange) { return m_client.pullState(exchange, step, spans); })
                .get());
    }
    return spans;
}

template class ServedParameters<float>;
template class ServedParameters<double>;
template void ServedParameters<float>::startPush(std::size_t, std::span<const float>, PendingOperations&);
template void ServedParameters<double>::startPush(std::size_t, std::span<const double>, PendingOperations&);
template void ServedParameters<float>::startPush(std::size_t, std::span<const std::int64_t>,
                                                 PendingOperations&);
template void ServedParameters<double>::startPush(std::size_t, std::span<const std::int64_t>,
                                                  PendingOperations&);

}  // namespace longship
