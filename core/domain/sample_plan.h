#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/ids.h"

namespace longship {

/// Half-open range of positions or micro-batches.
struct Range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    std::uint64_t size() const { return end - begin; }
    bool empty() const { return begin == end; }
    bool operator==(const Range&) const = default;
};

/// Which samples belong to which step: a pure function of (seed, step), never of who takes part.
/// Step s of an epoch uses positions [s·B, (s+1)·B) of the epoch's seeded permutation of 0 … N-1
/// (Fisher-Yates with SeededRandom); an epoch has ceil(N/B) steps and the last one may be shorter.
class SamplePlan {
public:
    /// `samples` and `globalBatch` at least 1.
    SamplePlan(std::uint64_t samples, std::uint64_t globalBatch, std::uint64_t seed);

    std::uint64_t samples() const { return m_samples; }
    std::uint64_t stepsPerEpoch() const { return (m_samples - 1) / m_globalBatch + 1; }
    std::uint64_t epochOf(Step step) const { return step / stepsPerEpoch(); }

    /// Positions of the step within its epoch's permutation.
    Range positionsOf(Step step) const;

    /// The dataset indices at the step's positions, in order. Keeps the permutation of one epoch at a time.
    std::vector<std::uint64_t> samplesOf(Step step);

private:
    void shuffleFor(std::uint64_t epoch);

    std::uint64_t m_samples;
    std::uint64_t m_globalBatch;
    std::uint64_t m_seed;
    std::uint64_t m_epoch = ~std::uint64_t{0};
    std::vector<std::uint64_t> m_permutation;
};

/// Who computes which micro-batches of a step: member i owns the i-th slice of 0 … microBatches-1, sizes in
/// proportion to `shares` (largest remainder). A member may own none. Pure and total: the slices are disjoint
/// and cover everything. At least one share must be positive.
std::vector<Range> divideMicroBatches(std::uint64_t microBatches, std::span<const std::uint32_t> shares);

}  // namespace longship
