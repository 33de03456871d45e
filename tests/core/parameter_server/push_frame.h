#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "core/parameter_server/wire.h"

namespace longship::test {

/// A message as a mesh hands it over.
class PushFrame final : public Frame {
public:
    PushFrame(Rank from, const FrameKey& key, std::span<const std::byte> payload)
        : m_from(from), m_key(key), m_payload(payload.begin(), payload.end()) {}

    Rank from() const override { return m_from; }
    const FrameKey& key() const override { return m_key; }
    std::span<const std::byte> payload() const override { return m_payload; }

private:
    Rank m_from;
    FrameKey m_key;
    std::vector<std::byte> m_payload;
};

template <typename Number>
std::unique_ptr<Frame> pushOf(Rank from, Step step, std::uint32_t piece, std::uint32_t chunk,
                              const std::vector<Number>& values) {
    return std::make_unique<PushFrame>(from, shardKey(1, ShardMessage::Push, step, piece, chunk),
                                       std::as_bytes(std::span(values)));
}

}  // namespace longship::test
