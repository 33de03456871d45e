#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/training/bucket_plan.h"
#include "core/training/model.h"

namespace longship {

/// Takes each parameter's gradient the moment backward has it, puts or adds it into the flat gradient (or its
/// fixed-point sum), and says when a bucket is complete, strictly in bucket order. Lives on the trainer
/// thread; the hooks are called during backward, on the thread that runs it.
template <typename Real>
class GradientCollector {
public:
    enum class Sums { Float, FixedPoint };
    using BucketReady = std::function<void(std::size_t bucket)>;

    GradientCollector(Network& network, const BucketPlan& plan, Sums sums);
    ~GradientCollector();
    GradientCollector(const GradientCollector&) = delete;
    GradientCollector& operator=(const GradientCollector&) = delete;

    /// Which backward of a step this is. The first puts, the others add; during the last, complete buckets
    /// are announced.
    struct Pass {
        bool first = true;
        bool last = true;
    };

    /// Starts a step. `limit` bounds the fixed-point values (see fixedPointLimit).
    void beginStep(double limit, BucketReady onBucketReady);
    void beginBackward(Pass pass);
    /// Parameters that backward did not reach count as zero; announces what is left after the last pass.
    void endBackward();
    /// For a member without micro-batches: the gradient is zero; announces all buckets.
    void contributeZeros();

    /// False when a value was not finite or too large for fixed point during this step.
    bool good() const { return m_good; }

    /// The bucket's sum on this member. Valid until the next beginStep().
    std::span<Real> gradient(std::size_t bucket);
    std::span<std::int64_t> fixedPoint(std::size_t bucket);

private:
    class Hook;

    void take(std::size_t parameter);
    bool mayBorrow(std::size_t parameter, const torch::Tensor& gradient) const;
    void add(ElementRange range, std::span<const Real> values);
    void announceComplete();

    const BucketPlan& m_plan;
    Sums m_sums;
    std::vector<torch::Tensor> m_parameters;
    // The tensors hold their accumulators weakly: without these the hooks would vanish.
    std::vector<std::shared_ptr<torch::autograd::Node>> m_accumulators;
    std::shared_ptr<GradientCollector*> m_self;  ///< Shared with the hooks; emptied when this object ends.
    std::vector<Real> m_gradient;
    std::vector<std::int64_t> m_fixedPoint;
    // By bucket: the tensor that backward made, where it serves as the bucket itself.
    std::vector<torch::Tensor> m_borrowed;
    BucketReady m_onBucketReady;
    Pass m_pass;
    double m_limit = 0;
    bool m_good = true;
    std::vector<bool> m_seen;            ///< By parameter, in this backward.
    std::vector<std::size_t> m_missing;  ///< By bucket: parameters still to come.
    std::size_t m_nextBucket = 0;
};

extern template class GradientCollector<float>;
extern template class GradientCollector<double>;

}  // namespace longship
