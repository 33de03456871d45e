#include "core/training/bucket_plan.h"

#include <utility>

namespace longship {
namespace {

// A bucket of small parameters is closed when it has reached its size. The first is closed early, for a start
// of the wire; the others are large enough for the bandwidth-optimal path to pay (some 256 KiB) and small
// enough that the last one, which no computation hides, does not take long.
constexpr std::size_t kFirstBucketBytes = std::size_t{64} << 10;
constexpr std::size_t kBucketBytes = std::size_t{1} << 20;
constexpr std::size_t kAlignmentBytes = 64;  // A cache line, as libtorch aligns its own memory.

/// The parameters of each bucket, in the order in which backward completes the buckets.
std::vector<std::vector<std::size_t>> groupParameters(std::span<const std::size_t> counts,
                                                      std::size_t elementBytes) {
    std::vector<std::vector<std::size_t>> groups;
    std::vector<std::size_t> open;
    std::size_t openBytes = 0;
    for (std::size_t left = counts.size(); left > 0; --left) {
        const std::size_t parameter = left - 1;
        const std::size_t bytes = counts[parameter] * elementBytes;
        // A large parameter gets a bucket of its own: its gradient can be summed where backward has left it,
        // without a copy. The small ones around it wait for each other: each sum costs a round trip.
        if (bytes >= kBucketBytes) {
            groups.push_back({parameter});
            continue;
        }
        open.push_back(parameter);
        openBytes += bytes;
        if (openBytes >= (groups.empty() ? kFirstBucketBytes : kBucketBytes)) {
            groups.push_back(std::exchange(open, {}));
            openBytes = 0;
        }
    }
    if (!open.empty()) {
        // Before a large one that backward completes at the same moment: it is the quicker sum.
        const bool lastIsLarge = !groups.empty() && groups.back().back() < open.back();
        groups.insert(lastIsLarge ? groups.end() - 1 : groups.end(), std::move(open));
    }
    return groups;
}

}  // namespace

BucketPlan BucketPlan::make(std::span<const std::size_t> counts, std::size_t elementBytes) {
    BucketPlan plan;
    plan.parameters.resize(counts.size());
    plan.bucketOf.resize(counts.size());
    const std::size_t alignment = kAlignmentBytes / elementBytes;
    const auto aligned = [alignment](std::size_t element) {
        return (element + alignment - 1) / alignment * alignment;
    };
    for (std::vector<std::size_t>& group : groupParameters(counts, elementBytes)) {
        Bucket bucket;
        bucket.range.begin = aligned(plan.elements);
        for (const std::size_t parameter : group) {
            const std::size_t begin = aligned(plan.elements);
            plan.elements = begin + counts[parameter];
            plan.parameters[parameter] = {begin, plan.elements};
            plan.bucketOf[parameter] = plan.buckets.size();
        }
        bucket.range.end = plan.elements;
        bucket.parameters = std::move(group);
        plan.buckets.push_back(std::move(bucket));
    }
    plan.elements = aligned(plan.elements);
    return plan;
}

}  // namespace longship
