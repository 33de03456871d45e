#pragma once

#include "core/protocol/cluster_register.h"
#include "core/protocol/messages.h"
#include "core/protocol/messages_generated.h"
#include "core/protocol/stored_log.h"

namespace longship {

struct PackedBody {
    wire::Body kind = wire::Body::NONE;
    flatbuffers::Offset<void> offset;
};

/// The message as a table of the schema; the inverse of unpackBody().
PackedBody packBody(flatbuffers::FlatBufferBuilder& builder, const Message& message);

/// The inverse of unpackWrite().
flatbuffers::Offset<wire::LogWrite> packWrite(flatbuffers::FlatBufferBuilder& builder, const LogWrite& write);

/// The inverses of unpackChange() and unpackState().
flatbuffers::Offset<wire::RegisterChange> packChange(flatbuffers::FlatBufferBuilder& builder,
                                                     const RegisterChange& change);
flatbuffers::Offset<wire::RegisterState> packState(flatbuffers::FlatBufferBuilder& builder,
                                                   const RegisterState& state);

}  // namespace longship
