#include "core/training/memory_dataset.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "core/base/check.h"
#include "core/base/random.h"

namespace longship {
namespace {

void checkSizes(const SampleShape& shape, std::size_t inputs, std::size_t labels) {
    LONGSHIP_CHECK(shape.features() > 0 && inputs == labels * shape.features(),
                   "a dataset holds features() values for every label");
}

/// The records of a contiguous array. The number of a record is taken from where it lies, so that the digest
/// tells what was read whatever was asked for.
template <typename Value>
class Records {
public:
    Records(const std::vector<Value>& values, std::size_t features)
        : m_values(values), m_features(features) {}

    std::span<const Value> at(std::uint64_t index) const {
        return std::span(m_values).subspan(index * m_features, m_features);
    }
    std::uint64_t numberOf(std::span<const Value> record) const {
        return static_cast<std::uint64_t>(record.data() - m_values.data()) / m_features;
    }

private:
    const std::vector<Value>& m_values;
    std::size_t m_features;
};

}  // namespace

std::size_t SampleShape::features() const {
    return static_cast<std::size_t>(
        std::accumulate(input.begin(), input.end(), std::int64_t{1}, std::multiplies<>()));
}

FloatDataset::FloatDataset(SampleShape shape, std::vector<float> inputs, std::vector<std::int64_t> labels)
    : m_shape(std::move(shape)), m_inputs(std::move(inputs)), m_labels(std::move(labels)) {
    checkSizes(m_shape, m_inputs.size(), m_labels.size());
}

void FloatDataset::read(std::span<const std::uint64_t> indices, std::span<float> inputs,
                        std::span<std::int64_t> labels, SampleDigest& digest) const {
    const std::size_t features = m_shape.features();
    const Records records(m_inputs, features);
    for (std::size_t i = 0; i < indices.size(); ++i) {
        const std::span<const float> record = records.at(indices[i]);
        const std::uint64_t number = records.numberOf(record);
        std::copy(record.begin(), record.end(), inputs.subspan(i * features, features).begin());
        labels[i] = m_labels[number];
        digest.add(number);
    }
}

ByteDataset::ByteDataset(SampleShape shape, std::vector<std::uint8_t> inputs,
                         std::vector<std::uint8_t> labels, Normalisation normalisation)
    : m_shape(std::move(shape)), m_inputs(std::move(inputs)), m_labels(std::move(labels)), m_values(256) {
    checkSizes(m_shape, m_inputs.size(), m_labels.size());
    for (std::size_t byte = 0; byte < m_values.size(); ++byte) {
        m_values[byte] = (static_cast<float>(byte) / 255.0F - normalisation.mean) / normalisation.deviation;
    }
}

void ByteDataset::read(std::span<const std::uint64_t> indices, std::span<float> inputs,
                       std::span<std::int64_t> labels, SampleDigest& digest) const {
    const std::size_t features = m_shape.features();
    const Records records(m_inputs, features);
    for (std::size_t i = 0; i < indices.size(); ++i) {
        const std::span<const std::uint8_t> record = records.at(indices[i]);
        const std::uint64_t number = records.numberOf(record);
        std::transform(record.begin(), record.end(), inputs.subspan(i * features, features).begin(),
                       [this](std::uint8_t byte) { return m_values[byte]; });
        labels[i] = m_labels[number];
        digest.add(number);
    }
}

std::shared_ptr<const Dataset> makeSyntheticDataset(std::vector<std::int64_t> inputShape, std::size_t classes,
                                                    std::uint64_t samples, std::uint64_t seed) {
    SampleShape shape;
    shape.input = std::move(inputShape);
    for (std::size_t i = 0; i < classes; ++i) {
        shape.classNames.push_back("class " + std::to_string(i));
    }
    const std::size_t features = shape.features();
    const auto draw = [](std::size_t count, std::uint64_t key) {
        SeededRandom random(key);
        std::vector<float> values(count);
        for (float& value : values) {
            value = static_cast<float>(random.unit() * 2 - 1);
        }
        return values;
    };
    const std::vector<float> directions = draw(classes * features, keyOf({classes, features}));
    std::vector<float> inputs = draw(samples * features, seed);
    std::vector<std::int64_t> labels(samples);
    for (std::uint64_t i = 0; i < samples; ++i) {
        std::vector<float> fit(classes, 0);
        for (std::size_t c = 0; c < classes; ++c) {
            for (std::size_t f = 0; f < features; ++f) {
                fit[c] += directions[c * features + f] * inputs[i * features + f];
            }
        }
        labels[i] = std::max_element(fit.begin(), fit.end()) - fit.begin();
    }
    return std::make_shared<FloatDataset>(std::move(shape), std::move(inputs), std::move(labels));
}

}  // namespace longship
