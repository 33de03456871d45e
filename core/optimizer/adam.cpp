#include "core/optimizer/adam.h"

#include <cmath>

namespace longship {
namespace {

constexpr std::array<std::string_view, 2> kMomentNames{"exp_avg", "exp_avg_sq"};

/// By squaring: std::pow may round differently from one CPU to the next, multiplication may not.
double wholePower(double base, std::uint64_t exponent) {
    double result = 1;
    for (; exponent != 0; exponent >>= 1) {
        if ((exponent & 1) != 0) {
            result *= base;
        }
        base *= base;
    }
    return result;
}

}  // namespace

template <typename Real>
std::span<const std::string_view> Adam<Real>::stateNames() const {
    return kMomentNames;
}

template <typename Real>
void Adam<Real>::update(std::uint64_t step, const OptimizerSlice<Real>& slice) const {
    const double firstCorrection = 1 - wholePower(m_spec.beta1, step + 1);
    const double secondCorrection = 1 - wholePower(m_spec.beta2, step + 1);
    const Real stepSize = static_cast<Real>(m_spec.learningRate / firstCorrection);
    const Real secondScale = static_cast<Real>(std::sqrt(secondCorrection));
    const Real epsilon = static_cast<Real>(m_spec.epsilon);
    const Real weightDecay = static_cast<Real>(m_spec.weightDecay);
    const Real beta1 = static_cast<Real>(m_spec.beta1);
    const Real beta2 = static_cast<Real>(m_spec.beta2);
    const Real beta1Rest = static_cast<Real>(1 - m_spec.beta1);
    const Real beta2Rest = static_cast<Real>(1 - m_spec.beta2);

    const std::size_t count = slice.parameters.size();
    const Real* const parameters = slice.parameters.data();
    const Real* const gradient = slice.gradient.data();
    const Real* const first = slice.state[0].data();
    const Real* const second = slice.state[1].data();
    Real* const nextParameters = slice.nextParameters.data();
    Real* const nextFirst = slice.nextState[0].data();
    Real* const nextSecond = slice.nextState[1].data();
    // ivdep: buffers are either the same, element for element, or apart.
#pragma GCC ivdep
    for (std::size_t i = 0; i < count; ++i) {
        const Real direction = gradient[i] + weightDecay * parameters[i];
        const Real mean = beta1 * first[i] + beta1Rest * direction;
        const Real square = beta2 * second[i] + beta2Rest * direction * direction;
        nextFirst[i] = mean;
        nextSecond[i] = square;
        const Real spread = std::sqrt(square) / secondScale + epsilon;
        nextParameters[i] = parameters[i] - stepSize * (mean / spread);
    }
}

template class Adam<float>;
template class Adam<double>;

}  // namespace longship
