#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>

#include "core/base/ids.h"
#include "core/transport/mesh.h"

namespace longship::zeromq {

/// What proves that a sender was told the membership's secret: a hash, so that all have one length.
using TokenHash = std::array<std::byte, 32>;

TokenHash hashToken(const std::string& token);

/// Probe: nothing but bytes that the receiver's machine acknowledges.
enum class DataKind : std::uint32_t { Data = 0, Hello = 1, Welcome = 2, Goodbye = 3, Probe = 4 };

/// The first bytes of every data message as they are sent, little-endian without gaps.
struct DataHeader {
    static constexpr std::uint32_t kMagic = 0x3144534c;  // "LSD1": layout 1.

    std::uint32_t magic = kMagic;
    MembershipNumber membership = 0;
    std::uint64_t operation = 0;
    std::uint32_t bucket = 0;
    std::uint32_t chunk = 0;
    std::uint32_t phase = 0;
    Rank from = 0;
    DataKind kind = DataKind::Data;
    std::uint32_t payloadFollows = 0;  ///< 1: the payload is a frame of its own, 0: the rest of this one.
    TokenHash token{};

    FrameKey key() const { return {membership, operation, bucket, chunk, phase}; }
};
static_assert(sizeof(DataHeader) == 72 && std::endian::native == std::endian::little);

/// Empty when the bytes are too short or not ours.
inline std::optional<DataHeader> readHeader(std::span<const std::byte> bytes) {
    DataHeader header;
    if (bytes.size() < sizeof header) {
        return std::nullopt;
    }
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.magic != DataHeader::kMagic || header.payloadFollows > 1) {
        return std::nullopt;
    }
    return header;
}

}  // namespace longship::zeromq
