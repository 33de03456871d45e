#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/domain/sample_digest.h"

namespace longship {

/// What every sample of a dataset looks like.
struct SampleShape {
    std::vector<std::int64_t> input;      ///< {channels, height, width} or {features}.
    std::vector<std::string> classNames;  ///< Index is the label.

    std::size_t features() const;
    bool operator==(const SampleShape&) const = default;
};

/// Labelled samples, numbered from 0. Const after construction: any thread may read.
class Dataset {
public:
    virtual ~Dataset() = default;

    virtual std::uint64_t samples() const = 0;
    virtual const SampleShape& shape() const = 0;

    /// Reads the samples at `indices` in order: `inputs` gets features() normalised values for each, `labels`
    /// one class each. Adds to `digest` the number that came *with* each record as it was read, not the
    /// number asked for: a reader that fetches the wrong record shows in the step records.
    virtual void read(std::span<const std::uint64_t> indices, std::span<float> inputs,
                      std::span<std::int64_t> labels, SampleDigest& digest) const = 0;
};

/// How the inputs were made from what the user has; goes into the saved model's metadata.
struct Preprocessing {
    std::string description;  ///< One line of JSON.

    bool operator==(const Preprocessing&) const = default;
};

/// What a job trains on.
struct TrainingData {
    std::shared_ptr<const Dataset> training;  ///< Shared: workers of one process in tests use one copy.
    std::shared_ptr<const Dataset> test;
    std::string name;  ///< "fashion-mnist", or the path of the table.
    Preprocessing preprocessing;
};

}  // namespace longship
