#include "core/training/gradient_collector.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/optimizer/fixed_point.h"

namespace longship {

/// Runs after autograd has put a gradient into its parameter. libtorch 1.13 has no hook of its own for this
/// moment; a post hook on the accumulator exists in all versions.
template <typename Real>
class GradientCollector<Real>::Hook final : public torch::autograd::FunctionPostHook {
public:
    Hook(std::shared_ptr<GradientCollector*> collector, std::size_t parameter)
        : m_collector(std::move(collector)), m_parameter(parameter) {}

    torch::autograd::variable_list operator()(const torch::autograd::variable_list& outputs,
                                              const torch::autograd::variable_list& /*inputs*/) override {
        if (*m_collector != nullptr) {
            (*m_collector)->take(m_parameter);
        }
        return outputs;
    }

private:
    std::shared_ptr<GradientCollector*> m_collector;
    std::size_t m_parameter;
};

template <typename Real>
GradientCollector<Real>::GradientCollector(Network& network, const BucketPlan& plan, Sums sums)
    : m_plan(plan),
      m_sums(sums),
      m_parameters(network.parameters()),
      m_self(std::make_shared<GradientCollector*>(this)),
      m_gradient(plan.elements, Real{0}),
      m_fixedPoint(sums == Sums::FixedPoint ? plan.elements : 0, 0),
      m_borrowed(plan.buckets.size()),
      m_seen(m_parameters.size()),
      m_missing(plan.buckets.size()) {
    for (std::size_t i = 0; i < m_parameters.size(); ++i) {
        auto accumulator = torch::autograd::impl::grad_accumulator(m_parameters[i]);
        LONGSHIP_CHECK(accumulator != nullptr, "parameters are leaves that require gradients");
        accumulator->add_post_hook(std::make_unique<Hook>(m_self, i));
        m_accumulators.push_back(std::move(accumulator));
    }
}

template <typename Real>
GradientCollector<Real>::~GradientCollector() {
    *m_self = nullptr;
}

template <typename Real>
void GradientCollector<Real>::beginStep(double limit, BucketReady onBucketReady) {
    m_limit = limit;
    m_onBucketReady = std::move(onBucketReady);
    m_good = true;
    m_nextBucket = 0;
    for (std::size_t bucket = 0; bucket < m_missing.size(); ++bucket) {
        m_missing[bucket] = m_plan.buckets[bucket].parameters.size();
    }
    std::fill(m_borrowed.begin(), m_borrowed.end(), torch::Tensor());
    // What an interrupted backward may have left behind.
    for (torch::Tensor& parameter : m_parameters) {
        parameter.mutable_grad().reset();
    }
}

template <typename Real>
void GradientCollector<Real>::beginBackward(Pass pass) {
    m_pass = pass;
    std::fill(m_seen.begin(), m_seen.end(), false);
}

template <typename Real>
void GradientCollector<Real>::take(std::size_t parameter) {
    // Taken away at once, so that the next backward hands over its tensor instead of adding to this one.
    torch::Tensor& slot = m_parameters[parameter].mutable_grad();
    const torch::Tensor gradient = slot.to(torch::kCPU).contiguous();
    slot.reset();
    const ElementRange range = m_plan.parameters[parameter];
    if (mayBorrow(parameter, gradient)) {
        m_borrowed[m_plan.bucketOf[parameter]] = gradient;
    } else {
        add(range, std::span<const Real>(gradient.template data_ptr<Real>(), range.size()));
    }
    m_seen[parameter] = true;
    if (m_pass.last) {
        --m_missing[m_plan.bucketOf[parameter]];
        announceComplete();
    }
}

/// The only pass of a step, a bucket that is this gradient alone, and memory that nobody else uses: then it
/// is summed and applied where it lies.
template <typename Real>
bool GradientCollector<Real>::mayBorrow(std::size_t parameter, const torch::Tensor& gradient) const {
    // One holder is `gradient`; autograd keeps the tensor that it was made from until the hook returns.
    constexpr std::size_t kHoldersMax = 2;
    const BucketPlan::Bucket& bucket = m_plan.buckets[m_plan.bucketOf[parameter]];
    return m_sums == Sums::Float && m_pass.first && m_pass.last && bucket.parameters.size() == 1 &&
           gradient.storage().use_count() <= kHoldersMax && gradient.storage().nbytes() == gradient.nbytes();
}

template <typename Real>
void GradientCollector<Real>::add(ElementRange range, std::span<const Real> values) {
    if (m_sums == Sums::FixedPoint) {
        const std::span<std::int64_t> sums = std::span(m_fixedPoint).subspan(range.begin, range.size());
        m_good = addFixedPoint(values, sums, kGradientBits, m_limit, m_pass.first) && m_good;
        return;
    }
    Real* const sums = m_gradient.data() + range.begin;
    if (m_pass.first) {
        std::copy(values.begin(), values.end(), sums);
        return;
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        sums[i] += values[i];
    }
}

template <typename Real>
void GradientCollector<Real>::endBackward() {
    for (std::size_t parameter = 0; parameter < m_seen.size(); ++parameter) {
        if (m_seen[parameter]) {
            continue;
        }
        const ElementRange range = m_plan.parameters[parameter];
        if (m_pass.first) {
            std::fill_n(m_gradient.begin() + static_cast<std::ptrdiff_t>(range.begin), range.size(), Real{0});
            if (m_sums == Sums::FixedPoint) {
                std::fill_n(m_fixedPoint.begin() + static_cast<std::ptrdiff_t>(range.begin), range.size(), 0);
            }
        }
        if (m_pass.last) {
            --m_missing[m_plan.bucketOf[parameter]];
        }
    }
    if (m_pass.last) {
        announceComplete();
    }
}

template <typename Real>
void GradientCollector<Real>::contributeZeros() {
    beginBackward({.first = true, .last = true});
    endBackward();
}

template <typename Real>
void GradientCollector<Real>::announceComplete() {
    while (m_nextBucket < m_missing.size() && m_missing[m_nextBucket] == 0) {
        m_onBucketReady(m_nextBucket++);
    }
}

template <typename Real>
std::span<Real> GradientCollector<Real>::gradient(std::size_t bucket) {
    const ElementRange range = m_plan.buckets[bucket].range;
    if (const torch::Tensor& borrowed = m_borrowed[bucket]; borrowed.defined()) {
        return {borrowed.template data_ptr<Real>(), range.size()};
    }
    return std::span(m_gradient).subspan(range.begin, range.size());
}

template <typename Real>
std::span<std::int64_t> GradientCollector<Real>::fixedPoint(std::size_t bucket) {
    const ElementRange range = m_plan.buckets[bucket].range;
    return std::span(m_fixedPoint).subspan(range.begin, range.size());
}

template class GradientCollector<float>;
template class GradientCollector<double>;

}  // namespace longship
