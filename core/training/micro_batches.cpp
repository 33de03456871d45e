#include "core/training/micro_batches.h"

#include <algorithm>

namespace longship {
namespace {

constexpr std::uint64_t kFusedSamplesMax = 256;

}  // namespace

StepShare shareOf(std::uint64_t samples, std::uint64_t microBatch, std::span<const std::uint32_t> shares,
                  Rank rank, Fusing fusing) {
    StepShare share;
    share.microBatches = (samples + microBatch - 1) / microBatch;
    const Range mine = divideMicroBatches(share.microBatches, shares)[rank];
    const Range positions{mine.begin * microBatch, std::min(mine.end * microBatch, samples)};
    if (mine.empty()) {
        return share;
    }
    const std::uint64_t fusedMax = std::max(kFusedSamplesMax / microBatch, std::uint64_t{1});
    // As few passes as the bound allows, of nearly equal size.
    const std::uint64_t count =
        fusing == Fusing::Allowed ? (mine.size() + fusedMax - 1) / fusedMax : mine.size();
    const std::uint64_t size = (mine.size() + count - 1) / count * microBatch;
    for (std::uint64_t begin = positions.begin; begin < positions.end; begin += size) {
        share.passes.push_back({begin, std::min(begin + size, positions.end)});
    }
    return share;
}

}  // namespace longship
