#include "core/protocol/log_record.h"

#include <cstdint>
#include <cstring>
#include <vector>

#include "core/protocol/codec_pack.h"
#include "core/protocol/codec_unpack.h"

namespace longship {

std::string encodeRecord(const LogWrite& write) {
    flatbuffers::FlatBufferBuilder builder(1024);
    builder.Finish(packWrite(builder, write));
    return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

Result<LogWrite> decodeRecord(std::span<const std::byte> bytes) {
    // FlatBuffers reads numbers in place, so the buffer is moved to where they are aligned.
    std::vector<std::uint64_t> aligned((bytes.size() + 7) / 8);
    if (!bytes.empty()) {
        std::memcpy(aligned.data(), bytes.data(), bytes.size());
    }
    const auto* data = reinterpret_cast<const std::uint8_t*>(aligned.data());
    flatbuffers::Verifier verifier(data, bytes.size());
    if (bytes.size() < 8 || !verifier.VerifyBuffer<wire::LogWrite>()) {
        return failure(ErrorKind::Corrupt,
                       "A stored log entry is damaged: its structure does not hold together.");
    }
    return unpackWrite(*flatbuffers::GetRoot<wire::LogWrite>(data));
}

}  // namespace longship
