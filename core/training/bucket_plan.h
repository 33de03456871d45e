#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace longship {

/// Half-open range of elements of the flat buffers.
struct ElementRange {
    std::size_t begin = 0;
    std::size_t end = 0;

    std::size_t size() const { return end - begin; }
    bool operator==(const ElementRange&) const = default;
};

/// Where each parameter lies in the flat buffers, and which stretches are reduced together. Parameters stand
/// roughly in reverse order, because backward finishes the last layers first; a large parameter is a bucket
/// of its own. A pure function of its arguments: equal on all members.
struct BucketPlan {
    struct Bucket {
        ElementRange range;
        std::vector<std::size_t> parameters;  ///< In the order of the flat buffers.

        bool operator==(const Bucket&) const = default;
    };

    std::vector<ElementRange> parameters;  ///< By the model's parameter order.
    std::vector<std::size_t> bucketOf;     ///< By the model's parameter order.
    std::vector<Bucket> buckets;           ///< In the order in which they are reduced.
    std::size_t elements = 0;              ///< Length of the flat buffers; the gaps between ranges stay zero.

    /// `counts`: elements of each parameter. `elementBytes`: 4 or 8.
    static BucketPlan make(std::span<const std::size_t> counts, std::size_t elementBytes);
};

}  // namespace longship
