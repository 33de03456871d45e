#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/training/dataset.h"

namespace longship {

/// Samples of floats in memory: tables, and synthetic data of tests and benchmarks.
class FloatDataset final : public Dataset {
public:
    /// `inputs` holds features() values a sample; labels lie in 0 … classes-1.
    FloatDataset(SampleShape shape, std::vector<float> inputs, std::vector<std::int64_t> labels);

    std::uint64_t samples() const override { return m_labels.size(); }
    const SampleShape& shape() const override { return m_shape; }
    void read(std::span<const std::uint64_t> indices, std::span<float> inputs, std::span<std::int64_t> labels,
              SampleDigest& digest) const override;

private:
    SampleShape m_shape;
    std::vector<float> m_inputs;
    std::vector<std::int64_t> m_labels;
};

/// Samples of bytes in memory, normalised while they are read: value = (byte/255 − mean) / deviation.
class ByteDataset final : public Dataset {
public:
    struct Normalisation {
        float mean = 0;
        float deviation = 1;
    };

    ByteDataset(SampleShape shape, std::vector<std::uint8_t> inputs, std::vector<std::uint8_t> labels,
                Normalisation normalisation);

    std::uint64_t samples() const override { return m_labels.size(); }
    const SampleShape& shape() const override { return m_shape; }
    void read(std::span<const std::uint64_t> indices, std::span<float> inputs, std::span<std::int64_t> labels,
              SampleDigest& digest) const override;

private:
    SampleShape m_shape;
    std::vector<std::uint8_t> m_inputs;
    std::vector<std::uint8_t> m_labels;
    std::vector<float> m_values;  ///< The 256 normalised values.
};

/// Random inputs with labels that a small model can learn: the class whose fixed random direction fits best.
/// A pure function of its arguments; sets of the same shape and classes but other seeds pose the same task.
std::shared_ptr<const Dataset> makeSyntheticDataset(std::vector<std::int64_t> inputShape, std::size_t classes,
                                                    std::uint64_t samples, std::uint64_t seed);

}  // namespace longship
