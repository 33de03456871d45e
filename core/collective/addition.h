#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace longship {

/// The element type of a sum, without a template: its size, and `target[i] += source[i]` over `count`
/// elements. The source needs no alignment.
struct Addition {
    std::size_t elementBytes;
    void (*add)(std::byte* target, const std::byte* source, std::size_t count);
};

/// For float, double and std::int64_t (which wraps).
template <typename T>
Addition additionOf();

}  // namespace longship
