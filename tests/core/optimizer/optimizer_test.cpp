#include "core/optimizer/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>

#include "core/base/digest.h"
#include "core/base/random.h"

namespace longship {
namespace {

template <typename Real>
struct Buffers {
    std::vector<Real> parameters;
    std::vector<std::vector<Real>> state;

    Buffers(std::size_t count, const Optimizer<Real>& optimizer)
        : parameters(count), state(optimizer.stateNames().size(), std::vector<Real>(count, Real{0})) {}
};

template <typename Real>
void updateRange(const Optimizer<Real>& optimizer, std::uint64_t step, const Buffers<Real>& now,
                 const std::vector<Real>& gradient, Buffers<Real>& next, std::size_t begin, std::size_t end) {
    OptimizerSlice<Real> slice;
    const std::size_t count = end - begin;
    slice.parameters = std::span(now.parameters).subspan(begin, count);
    slice.gradient = std::span(gradient).subspan(begin, count);
    slice.nextParameters = std::span(next.parameters).subspan(begin, count);
    for (std::size_t i = 0; i < now.state.size(); ++i) {
        slice.state.push_back(std::span(now.state[i]).subspan(begin, count));
        slice.nextState.push_back(std::span(next.state[i]).subspan(begin, count));
    }
    optimizer.update(step, slice);
}

template <typename Real>
std::vector<Real> randomValues(std::size_t count, std::uint64_t seed) {
    SeededRandom random(seed);
    std::vector<Real> values(count);
    for (Real& value : values) {
        value = static_cast<Real>(random.unit() * 2 - 1);
    }
    return values;
}

OptimizerSpec sgd(double momentum, double weightDecay) {
    return {
        .kind = OptimizerKind::Sgd, .learningRate = 0.1, .momentum = momentum, .weightDecay = weightDecay};
}

OptimizerSpec adam(double weightDecay) {
    return {.kind = OptimizerKind::Adam, .learningRate = 0.01, .weightDecay = weightDecay};
}

/// The textbook formulas of one parameter, in long double.
class Textbook {
public:
    explicit Textbook(const OptimizerSpec& spec) : m_spec(spec) {}

    long double next(long double parameter, long double gradient) {
        ++m_steps;
        const long double g = gradient + static_cast<long double>(m_spec.weightDecay) * parameter;
        if (m_spec.kind == OptimizerKind::Sgd) {
            m_first = static_cast<long double>(m_spec.momentum) * m_first + g;
            return parameter - static_cast<long double>(m_spec.learningRate) * m_first;
        }
        const long double beta1 = m_spec.beta1;
        const long double beta2 = m_spec.beta2;
        m_first = beta1 * m_first + (1 - beta1) * g;
        m_second = beta2 * m_second + (1 - beta2) * g * g;
        const long double mean = m_first / (1 - std::pow(beta1, m_steps));
        const long double square = m_second / (1 - std::pow(beta2, m_steps));
        return parameter - static_cast<long double>(m_spec.learningRate) * mean /
                               (std::sqrt(square) + static_cast<long double>(m_spec.epsilon));
    }

private:
    OptimizerSpec m_spec;
    long double m_steps = 0;
    long double m_first = 0;
    long double m_second = 0;
};

class OptimizerRule : public testing::TestWithParam<OptimizerSpec> {};

TEST_P(OptimizerRule, FollowsTheTextbookInDouble) {
    constexpr std::size_t kCount = 37;
    constexpr std::uint64_t kSteps = 60;
    const auto optimizer = Optimizer<double>::make(GetParam());
    Buffers<double> buffers(kCount, *optimizer);
    buffers.parameters = randomValues<double>(kCount, 1);
    std::vector<Textbook> textbook(kCount, Textbook(GetParam()));
    std::vector<long double> expected(buffers.parameters.begin(), buffers.parameters.end());
    for (std::uint64_t step = 0; step < kSteps; ++step) {
        const auto gradient = randomValues<double>(kCount, 100 + step);
        updateRange(*optimizer, step, buffers, gradient, buffers, 0, kCount);
        for (std::size_t i = 0; i < kCount; ++i) {
            expected[i] = textbook[i].next(expected[i], gradient[i]);
        }
    }
    for (std::size_t i = 0; i < kCount; ++i) {
        EXPECT_NEAR(buffers.parameters[i], static_cast<double>(expected[i]), 1e-13);
    }
}

TEST_P(OptimizerRule, AnyCutAndStagingGiveTheSameBits) {
    constexpr std::size_t kCount = 1013;
    const auto optimizer = Optimizer<float>::make(GetParam());
    Buffers<float> whole(kCount, *optimizer);
    whole.parameters = randomValues<float>(kCount, 2);
    Buffers<float> now = whole;
    for (std::uint64_t step = 0; step < 20; ++step) {
        const auto gradient = randomValues<float>(kCount, 200 + step);
        updateRange(*optimizer, step, whole, gradient, whole, 0, kCount);
        Buffers<float> staged(kCount, *optimizer);
        const std::size_t cut = 1 + step * 50;
        updateRange(*optimizer, step, now, gradient, staged, cut, kCount);
        updateRange(*optimizer, step, now, gradient, staged, 0, cut);
        now = staged;
    }
    EXPECT_EQ(std::memcmp(now.parameters.data(), whole.parameters.data(), kCount * sizeof(float)), 0);
    EXPECT_EQ(now.state, whole.state);
}

INSTANTIATE_TEST_SUITE_P(Rules, OptimizerRule,
                         testing::Values(sgd(0, 0), sgd(0.9, 0), sgd(0.9, 0.01), adam(0), adam(0.01)));

// The bits are a promise to every CPU and build type; contraction, reassociation or another sqrt break it.
TEST(Optimizer, BitsArePinned) {
    const auto hashAfter = [](const OptimizerSpec& spec) {
        constexpr std::size_t kCount = 257;
        const auto optimizer = Optimizer<float>::make(spec);
        Buffers<float> buffers(kCount, *optimizer);
        buffers.parameters = randomValues<float>(kCount, 3);
        for (std::uint64_t step = 0; step < 50; ++step) {
            updateRange(*optimizer, step, buffers, randomValues<float>(kCount, 300 + step), buffers, 0,
                        kCount);
        }
        return sha256Hex(std::as_bytes(std::span(buffers.parameters))).substr(0, 16);
    };
    EXPECT_EQ(hashAfter(sgd(0.9, 0.01)), "c681a5b5e05ae052");
    EXPECT_EQ(hashAfter(adam(0.01)), "e93259daf7bf4ffe");
}

TEST(Optimizer, PlainDescentKeepsNoState) {
    EXPECT_TRUE(Optimizer<float>::make(sgd(0, 0))->stateNames().empty());
    EXPECT_EQ(Optimizer<float>::make(sgd(0.9, 0))->stateNames().size(), 1u);
    EXPECT_EQ(Optimizer<float>::make(adam(0))->stateNames().size(), 2u);
}

}  // namespace
}  // namespace longship
