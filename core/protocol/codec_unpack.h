#pragma once

#include "core/base/result.h"
#include "core/protocol/cluster_register.h"
#include "core/protocol/messages.h"
#include "core/protocol/messages_generated.h"
#include "core/protocol/stored_log.h"

namespace longship {

/// The message in an envelope that passed the verifier. Checks what the verifier does not know: enum values,
/// required parts, sizes, UTF-8. Corrupt or NotFound as documented at decode().
Result<Message> unpackBody(const wire::Envelope& envelope);

/// A write that passed the verifier. Corrupt as documented at decodeRecord().
Result<LogWrite> unpackWrite(const wire::LogWrite& write);

/// What passed the verifier. Corrupt for parts without a meaning.
Result<RegisterChange> unpackChange(const wire::RegisterChange& change);
Result<RegisterState> unpackState(const wire::RegisterState& state);

}  // namespace longship
