#include "core/domain/sample_digest.h"

#include "core/base/random.h"

namespace longship {

void SampleDigest::add(std::uint64_t sample) {
    // Two unrelated mixes: a pair of multisets that collides in one half has no reason to in the other.
    low += keyOf({sample, 1});
    high += keyOf({sample, 2});
    ++count;
}

SampleDigest& SampleDigest::operator+=(const SampleDigest& other) {
    low += other.low;
    high += other.high;
    count += other.count;
    return *this;
}

SampleDigest digestOf(std::span<const std::uint64_t> samples) {
    SampleDigest digest;
    for (const std::uint64_t sample : samples) {
        digest.add(sample);
    }
    return digest;
}

}  // namespace longship
