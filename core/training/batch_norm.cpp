#include "core/training/batch_norm.h"

namespace longship {

CombinedBatchNorm::CombinedBatchNorm(std::int64_t channels) : m_channels(channels) {
    m_weight = register_parameter("weight", torch::ones({channels}));
    m_bias = register_parameter("bias", torch::zeros({channels}));
    m_runningMean = register_buffer("running_mean", torch::zeros({channels}));
    m_runningVariance = register_buffer("running_var", torch::ones({channels}));
    m_batches = register_buffer("num_batches_tracked", torch::zeros({}, torch::kLong));
}

torch::Tensor CombinedBatchNorm::forward(const torch::Tensor& inputs) {
    m_positions = inputs.size(2) * inputs.size(3);
    if (!is_training()) {
        return std::get<0>(torch::native_batch_norm(inputs, m_weight, m_bias, m_runningMean,
                                                    m_runningVariance, false, kMomentum, kEpsilon));
    }
    auto [outputs, mean, inverseDeviation] =
        torch::native_batch_norm(inputs, m_weight, m_bias, {}, {}, true, kMomentum, kEpsilon);
    m_lastMean = mean.detach();
    m_lastInverseDeviation = inverseDeviation.detach();
    return outputs;
}

void CombinedBatchNorm::addSums(double weight, std::span<double> sums) const {
    const torch::Tensor means = m_lastMean.to(torch::kCPU, torch::kDouble).contiguous();
    const torch::Tensor inverses = m_lastInverseDeviation.to(torch::kCPU, torch::kDouble).contiguous();
    const auto channels = static_cast<std::size_t>(m_channels);
    for (std::size_t c = 0; c < channels; ++c) {
        const double mean = means.data_ptr<double>()[c];
        const double inverse = inverses.data_ptr<double>()[c];
        const double variance = 1 / (inverse * inverse) - kEpsilon;
        sums[c] += weight * mean;
        sums[channels + c] += weight * (variance + mean * mean);
    }
}

void CombinedBatchNorm::applySums(std::span<const double> sums, std::uint64_t samples) {
    const torch::NoGradGuard noGrad;
    const auto channels = static_cast<std::size_t>(m_channels);
    const double count = static_cast<double>(samples) * static_cast<double>(m_positions);
    // Running variance is the unbiased estimate, as torch.nn keeps it.
    const double unbiased = count > 1 ? count / (count - 1) : 1;
    torch::Tensor mean = m_runningMean.to(torch::kCPU, torch::kDouble).clone();
    torch::Tensor variance = m_runningVariance.to(torch::kCPU, torch::kDouble).clone();
    double* const means = mean.data_ptr<double>();
    double* const variances = variance.data_ptr<double>();
    for (std::size_t c = 0; c < channels; ++c) {
        const double stepVariance = std::max(0.0, sums[channels + c] - sums[c] * sums[c]) * unbiased;
        means[c] = (1 - kMomentum) * means[c] + kMomentum * sums[c];
        variances[c] = (1 - kMomentum) * variances[c] + kMomentum * stepVariance;
    }
    m_runningMean.copy_(mean);
    m_runningVariance.copy_(variance);
    m_batches.add_(1);
}

}  // namespace longship
