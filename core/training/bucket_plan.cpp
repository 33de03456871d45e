#include "core/training/bucket_plan.h"

namespace longship {
namespace {

// A bucket is closed when it has reached its size. The first is closed early, for a start of the wire; the
// others are large enough for the bandwidth-optimal path to pay (some 256 KiB) and small enough that the last
// one, which no computation hides, does not take long.
constexpr std::size_t kFirstBucketBytes = std::size_t{64} << 10;
constexpr std::size_t kBucketBytes = std::size_t{1} << 20;
constexpr std::size_t kAlignmentBytes = 64;  // A cache line, as libtorch aligns its own memory.

}  // namespace

BucketPlan BucketPlan::make(std::span<const std::size_t> counts, std::size_t elementBytes) {
    BucketPlan plan;
    plan.parameters.resize(counts.size());
    plan.bucketOf.resize(counts.size());
    const std::size_t alignment = kAlignmentBytes / elementBytes;
    bool open = false;
    for (std::size_t left = counts.size(); left > 0; --left) {
        const std::size_t parameter = left - 1;
        const std::size_t begin = (plan.elements + alignment - 1) / alignment * alignment;
        const ElementRange range{begin, begin + counts[parameter]};
        if (!open) {
            plan.buckets.push_back({range, {}});
        }
        Bucket& bucket = plan.buckets.back();
        bucket.range.end = range.end;
        bucket.parameters.push_back(parameter);
        plan.parameters[parameter] = range;
        plan.bucketOf[parameter] = plan.buckets.size() - 1;
        plan.elements = range.end;
        const std::size_t limit = plan.buckets.size() == 1 ? kFirstBucketBytes : kBucketBytes;
        open = bucket.range.size() * elementBytes < limit;
        // A large parameter does not wait for the small ones before it: it gets a bucket of its own.
        if (open && parameter > 0 && counts[parameter - 1] * elementBytes >= kBucketBytes &&
            plan.buckets.size() == 1) {
            open = false;
        }
    }
    plan.elements = (plan.elements + alignment - 1) / alignment * alignment;
    return plan;
}

}  // namespace longship
