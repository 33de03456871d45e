#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/domain/job.h"

namespace longship {

/// One range of elements of a step's update. All spans have the same length. `next*` may be the memory of
/// the current values (update in place) or other memory (a staged step); they must not overlap otherwise.
template <typename Real>
struct OptimizerSlice {
    std::span<const Real> parameters;
    std::span<const Real> gradient;
    std::vector<std::span<const Real>> state;  ///< As many as Optimizer::stateNames().
    std::span<Real> nextParameters;
    std::vector<std::span<Real>> nextState;
};

/// An update rule over flat buffers, element by element: any cut into slices gives the same bits, and so does
/// any CPU, because only IEEE-exact operations are used (+ - * / sqrt, no contraction, no libm). The rule
/// itself holds no state: what it needs between steps are the named buffers, all zero before the first step,
/// which the caller keeps, hashes, stages and saves. Thread-safe: const after construction.
template <typename Real>
class Optimizer {
public:
    static std::unique_ptr<Optimizer> make(const OptimizerSpec& spec);
    virtual ~Optimizer() = default;

    /// One flat buffer each, as long as the parameters. Names as in torch.optim's state.
    virtual std::span<const std::string_view> stateNames() const = 0;

    /// Applies update number `step` (from 0) to a slice.
    virtual void update(std::uint64_t step, const OptimizerSlice<Real>& slice) const = 0;
};

extern template class Optimizer<float>;
extern template class Optimizer<double>;

}  // namespace longship
