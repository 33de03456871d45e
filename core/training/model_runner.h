#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <memory>
#include <span>

#include "core/domain/sample_digest.h"
#include "core/training/dataset.h"
#include "core/training/model.h"

namespace longship {

/// Sums over the samples that one member computed, for a step or a part of an evaluation.
struct SampleSums {
    SampleDigest digest;
    std::int64_t loss = 0;  ///< Fixed point, kLossBits.
    bool lossGood = true;   ///< False when a loss was not finite or too large.
    std::uint64_t correct = 0;
};

/// Reads samples and runs them through a network. Lives on the trainer thread.
class ModelRunner {
public:
    ModelRunner(std::shared_ptr<Network> network, torch::Device device, torch::ScalarType real);

    /// Reads the samples and adds their loss, hits and digest to `sums`; returns the sum of their losses,
    /// with its graph unless gradients are off. `lossLimit` as in fixedPointLimit.
    torch::Tensor run(const Dataset& data, std::span<const std::uint64_t> samples, double lossLimit,
                      SampleSums& sums);

    /// Shows the network one sample of zeros, so that its layers know their sizes even on a member that never
    /// computes anything.
    void showShape(const SampleShape& shape);

private:
    std::shared_ptr<Network> m_network;
    torch::Device m_device;
    torch::ScalarType m_real;
};

}  // namespace longship
