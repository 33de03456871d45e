#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "core/base/result.h"
#include "core/protocol/messages.h"

namespace longship {

/// The message as FlatBuffers bytes with the protocol version in front.
std::string encode(const Message& message);

/// The inverse. Bytes from the network are an ordinary input: Refused for another protocol major (the text
/// names both versions), Corrupt for anything that the verifier rejects or that has no meaning.
Result<Message> decode(std::span<const std::byte> bytes);

}  // namespace longship
