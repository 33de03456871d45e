#pragma once

#include <cstdint>
#include <span>

namespace longship {

/// A 128-bit additive multiset hash of dataset indices (Clarke et al., Incremental Multiset Hash Functions,
/// 2003, MSet-Add with a non-cryptographic mixer: it finds mistakes, not forgers). The order of adding does
/// not matter; a missing, doubled or exchanged sample changes the value.
struct SampleDigest {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    std::uint64_t count = 0;

    void add(std::uint64_t sample);
    SampleDigest& operator+=(const SampleDigest& other);
    bool operator==(const SampleDigest&) const = default;
};

SampleDigest digestOf(std::span<const std::uint64_t> samples);

}  // namespace longship
