#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "core/base/result.h"
#include "core/protocol/messages.h"

namespace longship {

/// The message as bytes: eight that never change their meaning ("LSHP", protocol major and minor as 16-bit
/// little endian), then FlatBuffers (messages.fbs). Sentences longer than kTextBytesMax are shortened and
/// bytes in them that are not UTF-8 are replaced; all else goes out as it is.
std::string encode(const Message& message);

/// The inverse. Bytes from the network are an ordinary input: Refused for another protocol major (the text
/// names both versions); NotFound for a kind of message that only a newer minor has, which a receiver skips;
/// Corrupt for anything that the verifier rejects, that is larger than limits.h allows or that has no
/// meaning.
Result<Message> decode(std::span<const std::byte> bytes);

}  // namespace longship
