#pragma once

#include <cstdint>
#include <initializer_list>

namespace longship {

/// The SplitMix64 finaliser (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
/// A bijection of 64-bit words whose output bits all depend on all input bits.
constexpr std::uint64_t mix64(std::uint64_t word) {
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9ULL;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebULL;
    return word ^ (word >> 31);
}

/// One 64-bit key from several parts, for randomness that is a pure function of what it is for:
/// keyOf({seed, step, microBatch}).
constexpr std::uint64_t keyOf(std::initializer_list<std::uint64_t> parts) {
    std::uint64_t key = 0x9e3779b97f4a7c15ULL;
    for (const std::uint64_t part : parts) {
        key = mix64(key + 0x9e3779b97f4a7c15ULL + mix64(part + 0x9e3779b97f4a7c15ULL));
    }
    return key;
}

/// A small seeded generator with the same sequence on every machine; satisfies UniformRandomBitGenerator.
class SeededRandom {
public:
    using result_type = std::uint64_t;
    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return ~result_type{0}; }

    explicit constexpr SeededRandom(std::uint64_t seed) : m_state(seed) {}

    constexpr result_type operator()() { return mix64(m_state += 0x9e3779b97f4a7c15ULL); }

    /// Uniform in [0, bound), bound > 0. Lemire's multiply-shift with rejection (2019).
    constexpr std::uint64_t below(std::uint64_t bound) {
        const std::uint64_t threshold = (0 - bound) % bound;
        for (;;) {
            __extension__ using Wide = unsigned __int128;
            const Wide product = static_cast<Wide>((*this)()) * bound;
            if (static_cast<std::uint64_t>(product) >= threshold) {
                return static_cast<std::uint64_t>(product >> 64);
            }
        }
    }

    /// Uniform in [0, 1) with 53 random bits.
    constexpr double unit() { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }

private:
    std::uint64_t m_state;
};

}  // namespace longship
