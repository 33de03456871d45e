#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace longship {

/// How a buffer of `count` elements is cut for the ring: one segment per rank, sizes differing by at most one
/// element, and each segment into chunks.
struct Segments {
    std::size_t count = 0;
    std::uint32_t ranks = 1;
    std::size_t chunkCount = 1;  ///< Elements in a chunk; the last one of a segment may be smaller.

    struct Range {
        std::size_t begin = 0;
        std::size_t end = 0;
        std::size_t size() const { return end - begin; }
    };

    Range segment(std::uint32_t index) const {
        // Without overflow for any buffer that fits into memory: the remainder goes to the first segments.
        const std::size_t base = count / ranks;
        const std::size_t longer = count % ranks;
        const std::size_t begin = index * base + std::min<std::size_t>(index, longer);
        return {begin, begin + base + (index < longer ? 1 : 0)};
    }

    std::uint32_t chunks(std::uint32_t index) const {
        return static_cast<std::uint32_t>((segment(index).size() + chunkCount - 1) / chunkCount);
    }

    Range chunk(std::uint32_t index, std::uint32_t number) const {
        const Range whole = segment(index);
        const std::size_t begin = whole.begin + number * chunkCount;
        return {begin, std::min(begin + chunkCount, whole.end)};
    }

    /// The segment that an element is in.
    std::uint32_t segmentOf(std::size_t element) const {
        std::uint32_t index = 0;
        while (segment(index).end <= element) {
            ++index;
        }
        return index;
    }
};

}  // namespace longship
