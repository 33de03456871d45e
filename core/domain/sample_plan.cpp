#include "core/domain/sample_plan.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/base/check.h"
#include "core/base/random.h"

namespace longship {

SamplePlan::SamplePlan(std::uint64_t samples, std::uint64_t globalBatch, std::uint64_t seed)
    : m_samples(samples), m_globalBatch(globalBatch), m_seed(seed) {
    LONGSHIP_CHECK(samples > 0 && globalBatch > 0, "a plan needs samples and a batch size");
}

Range SamplePlan::positionsOf(Step step) const {
    // No overflow: begin is below m_samples, and what is left bounds the size.
    const std::uint64_t begin = (step % stepsPerEpoch()) * m_globalBatch;
    return {begin, begin + std::min(m_globalBatch, m_samples - begin)};
}

std::vector<std::uint64_t> SamplePlan::samplesOf(Step step) {
    shuffleFor(epochOf(step));
    const Range positions = positionsOf(step);
    const auto first = m_permutation.begin();
    return {first + static_cast<std::ptrdiff_t>(positions.begin),
            first + static_cast<std::ptrdiff_t>(positions.end)};
}

void SamplePlan::shuffleFor(std::uint64_t epoch) {
    if (m_epoch == epoch && !m_permutation.empty()) {
        return;
    }
    m_permutation.resize(m_samples);
    std::iota(m_permutation.begin(), m_permutation.end(), std::uint64_t{0});
    // Not std::shuffle: its order is left to the library, ours must be the same on every node.
    SeededRandom random(keyOf({m_seed, epoch}));
    for (std::uint64_t last = m_samples - 1; last > 0; --last) {
        std::swap(m_permutation[last], m_permutation[random.below(last + 1)]);
    }
    m_epoch = epoch;
}

std::vector<Range> divideMicroBatches(std::uint64_t microBatches, std::span<const std::uint32_t> shares) {
    __extension__ using Wide = unsigned __int128;
    const std::uint64_t sum = std::accumulate(shares.begin(), shares.end(), std::uint64_t{0});
    LONGSHIP_CHECK(sum > 0, "somebody must own the micro-batches");

    std::vector<std::uint64_t> sizes(shares.size());
    std::vector<std::uint64_t> remainders(shares.size());
    std::uint64_t left = microBatches;
    for (std::size_t member = 0; member < shares.size(); ++member) {
        const Wide exact = static_cast<Wide>(microBatches) * shares[member];
        sizes[member] = static_cast<std::uint64_t>(exact / sum);
        remainders[member] = static_cast<std::uint64_t>(exact % sum);
        left -= sizes[member];
    }

    std::vector<std::size_t> order(shares.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
    // The remainders add up to left · sum and each is below sum, so `left` members have one that is positive.
    for (std::size_t i = 0; i < left; ++i) {
        ++sizes[order[i]];
    }

    std::vector<Range> slices;
    slices.reserve(shares.size());
    std::uint64_t begin = 0;
    for (const std::uint64_t size : sizes) {
        slices.push_back({begin, begin + size});
        begin += size;
    }
    return slices;
}

}  // namespace longship
