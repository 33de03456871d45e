#include "core/optimizer/sgd.h"

namespace longship {
namespace {

constexpr std::array<std::string_view, 1> kMomentumNames{"momentum_buffer"};

}  // namespace

template <typename Real>
Sgd<Real>::Sgd(const OptimizerSpec& spec)
    : m_learningRate(static_cast<Real>(spec.learningRate)),
      m_momentum(static_cast<Real>(spec.momentum)),
      m_weightDecay(static_cast<Real>(spec.weightDecay)) {}

template <typename Real>
std::span<const std::string_view> Sgd<Real>::stateNames() const {
    return m_momentum == Real{0} ? std::span<const std::string_view>{} : std::span(kMomentumNames);
}

template <typename Real>
void Sgd<Real>::update(std::uint64_t /*step*/, const OptimizerSlice<Real>& slice) const {
    const std::size_t count = slice.parameters.size();
    const Real* const parameters = slice.parameters.data();
    const Real* const gradient = slice.gradient.data();
    Real* const nextParameters = slice.nextParameters.data();
    const Real learningRate = m_learningRate;
    const Real momentum = m_momentum;
    const Real weightDecay = m_weightDecay;
    // ivdep: buffers are either the same, element for element, or apart.
    if (momentum == Real{0}) {
#pragma GCC ivdep
        for (std::size_t i = 0; i < count; ++i) {
            const Real direction = gradient[i] + weightDecay * parameters[i];
            nextParameters[i] = parameters[i] - learningRate * direction;
        }
        return;
    }
    const Real* const velocity = slice.state[0].data();
    Real* const nextVelocity = slice.nextState[0].data();
#pragma GCC ivdep
    for (std::size_t i = 0; i < count; ++i) {
        const Real direction = gradient[i] + weightDecay * parameters[i];
        const Real moved = momentum * velocity[i] + direction;
        nextVelocity[i] = moved;
        nextParameters[i] = parameters[i] - learningRate * moved;
    }
}

template class Sgd<float>;
template class Sgd<double>;

}  // namespace longship
