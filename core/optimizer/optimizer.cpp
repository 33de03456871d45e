#include "core/optimizer/optimizer.h"

#include "core/optimizer/adam.h"
#include "core/optimizer/sgd.h"

namespace longship {

template <typename Real>
std::unique_ptr<Optimizer<Real>> Optimizer<Real>::make(const OptimizerSpec& spec) {
    if (spec.kind == OptimizerKind::Adam) {
        return std::make_unique<Adam<Real>>(spec);
    }
    return std::make_unique<Sgd<Real>>(spec);
}

template class Optimizer<float>;
template class Optimizer<double>;

}  // namespace longship
