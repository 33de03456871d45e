#pragma once

#include <array>

#include "core/optimizer/optimizer.h"

namespace longship {

/// Stochastic gradient descent as torch.optim.SGD computes it (dampening 0, no Nesterov):
///   d = g + weightDecay·p;   m' = momentum·m + d;   p' = p − learningRate·m'
/// Without momentum there is no state and p' = p − learningRate·d.
template <typename Real>
class Sgd final : public Optimizer<Real> {
public:
    explicit Sgd(const OptimizerSpec& spec);

    std::span<const std::string_view> stateNames() const override;
    void update(std::uint64_t step, const OptimizerSlice<Real>& slice) const override;

private:
    Real m_learningRate;
    Real m_momentum;
    Real m_weightDecay;
};

}  // namespace longship
