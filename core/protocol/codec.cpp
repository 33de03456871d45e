#include "core/protocol/codec.h"

#include <cstdint>
#include <cstring>
#include <vector>

#include "core/protocol/codec_pack.h"
#include "core/protocol/codec_unpack.h"
#include "core/protocol/limits.h"

namespace longship {

namespace {

constexpr std::string_view kMagic = "LSHP";
constexpr std::size_t kPrefixBytes = 8;

void putU16(std::string& bytes, std::uint16_t value) {
    bytes += static_cast<char>(value & 0xFF);
    bytes += static_cast<char>(value >> 8);
}

std::uint16_t getU16(std::span<const std::byte> bytes, std::size_t at) {
    const auto low = std::to_integer<unsigned>(bytes[at]);
    const auto high = std::to_integer<unsigned>(bytes[at + 1]);
    return static_cast<std::uint16_t>(low | high << 8);
}

std::string versionText(std::uint16_t major, std::uint16_t minor) {
    return std::to_string(major) + "." + std::to_string(minor);
}

Result<void> checkPrefix(std::span<const std::byte> bytes) {
    if (bytes.size() < kPrefixBytes || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
        return failure(ErrorKind::Corrupt,
                       "These bytes are not a Longship control message: they do not "
                       "start with \"LSHP\" and a protocol version.");
    }
    const std::uint16_t major = getU16(bytes, 4);
    if (major != kProtocolMajor) {
        const bool newer = major > kProtocolMajor;
        return failure(ErrorKind::Refused,
                       "The other side speaks Longship protocol " + versionText(major, getU16(bytes, 6)) +
                           ", this program speaks " + versionText(kProtocolMajor, kProtocolMinor) +
                           ". Update " + (newer ? "this program" : "the other side") +
                           " so that both come from the same release.");
    }
    return {};
}

}  // namespace

std::string encode(const Message& message) {
    flatbuffers::FlatBufferBuilder builder(1024);
    const PackedBody body = packBody(builder, message);
    builder.Finish(wire::CreateEnvelope(builder, body.kind, body.offset));

    std::string bytes;
    bytes.reserve(kPrefixBytes + builder.GetSize());
    bytes += kMagic;
    putU16(bytes, kProtocolMajor);
    putU16(bytes, kProtocolMinor);
    bytes.append(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
    return bytes;
}

Result<Message> decode(std::span<const std::byte> bytes) {
    if (bytes.size() > kControlMessageBytesMax) {
        return failure(ErrorKind::Corrupt, "A control message of " + std::to_string(bytes.size()) +
                                               " bytes was refused: the largest allowed is " +
                                               std::to_string(kControlMessageBytesMax) + ".");
    }
    LONGSHIP_TRY(checkPrefix(bytes));

    // FlatBuffers reads numbers in place, so the buffer is moved to where they are aligned.
    const std::span<const std::byte> body = bytes.subspan(kPrefixBytes);
    std::vector<std::uint64_t> aligned((body.size() + 7) / 8);
    if (!body.empty()) {
        std::memcpy(aligned.data(), body.data(), body.size());
    }
    const auto* data = reinterpret_cast<const std::uint8_t*>(aligned.data());
    flatbuffers::Verifier verifier(data, body.size());
    // Smaller than the smallest table: FlatBuffers would read its root before the end of nothing.
    if (body.size() < 8 || !wire::VerifyEnvelopeBuffer(verifier)) {
        return failure(ErrorKind::Corrupt, "A control message of " + std::to_string(bytes.size()) +
                                               " bytes is damaged: its structure does not hold together.");
    }
    return unpackBody(*wire::GetEnvelope(data));
}

}  // namespace longship
