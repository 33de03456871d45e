#pragma once

#include "core/protocol/messages.h"
#include "core/protocol/messages_generated.h"

namespace longship {

struct PackedBody {
    wire::Body kind = wire::Body::NONE;
    flatbuffers::Offset<void> offset;
};

/// The message as a table of the schema; the inverse of unpackBody().
PackedBody packBody(flatbuffers::FlatBufferBuilder& builder, const Message& message);

}  // namespace longship
