#pragma once

#include <array>

#include "core/optimizer/optimizer.h"

namespace longship {

/// Adam (Kingma and Ba, 2015) as torch.optim.Adam computes it (no AMSGrad), t = step + 1:
///   g' = g + weightDecay·p;  m' = β1·m + (1−β1)·g';  v' = β2·v + (1−β2)·g'²
///   p' = p − learningRate/(1−β1^t) · m' / (√v' / √(1−β2^t) + ε)
template <typename Real>
class Adam final : public Optimizer<Real> {
public:
    explicit Adam(const OptimizerSpec& spec) : m_spec(spec) {}

    std::span<const std::string_view> stateNames() const override;
    void update(std::uint64_t step, const OptimizerSlice<Real>& slice) const override;

private:
    OptimizerSpec m_spec;
};

}  // namespace longship
