#pragma once

#include <torch/nn.h>

#include <span>

namespace longship {

/// Batch normalisation over {batch, channels, height, width} whose running statistics do not depend on how
/// the batch was divided: in training it normalises each micro-batch by itself and leaves the running
/// statistics alone; they are updated once a step from the combined sums of all micro-batches. Parameters and
/// buffers are named as in torch.nn.BatchNorm2d (Ioffe and Szegedy, 2015).
class CombinedBatchNorm final : public torch::nn::Module {
public:
    static constexpr double kMomentum = 0.1;
    static constexpr double kEpsilon = 1e-5;

    explicit CombinedBatchNorm(std::int64_t channels);

    torch::Tensor forward(const torch::Tensor& inputs);

    /// Numbers that one channel contributes to a step: weighted mean and mean square.
    static constexpr std::size_t kSumsPerChannel = 2;
    std::size_t sums() const { return kSumsPerChannel * static_cast<std::size_t>(m_channels); }

    /// Adds `weight`·(mean, mean square) of each channel of the last training forward. Weights add up to 1
    /// over all micro-batches of a step.
    void addSums(double weight, std::span<double> sums) const;

    /// Sets the running statistics after a step of `samples` samples from the combined sums.
    void applySums(std::span<const double> sums, std::uint64_t samples);

private:
    std::int64_t m_channels;
    torch::Tensor m_weight;
    torch::Tensor m_bias;
    torch::Tensor m_runningMean;
    torch::Tensor m_runningVariance;
    torch::Tensor m_batches;
    torch::Tensor m_lastMean;
    torch::Tensor m_lastInverseDeviation;
    std::int64_t m_positions = 1;  ///< Height × width of the inputs.
};

}  // namespace longship
