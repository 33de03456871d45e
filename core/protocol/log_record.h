#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "core/base/result.h"
#include "core/protocol/stored_log.h"

namespace longship {

/// One change of a stored log as bytes, for a file.
std::string encodeRecord(const LogWrite& write);

/// The inverse. Corrupt for bytes that have no meaning, whatever they are.
Result<LogWrite> decodeRecord(std::span<const std::byte> bytes);

}  // namespace longship
