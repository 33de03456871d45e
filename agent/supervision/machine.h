#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.h"
#include "core/protocol/messages.h"

namespace longship {

/// Processors that this process may use.
unsigned usableCores();

/// "127.0.0.1" of "tcp://127.0.0.1:40001"; empty when the text is no such endpoint.
std::string hostOf(const std::string& endpoint);

/// "40001" of "tcp://127.0.0.1:40001".
std::string portOf(const std::string& endpoint);

/// Compute threads of a worker of `self`: the machine's cores, divided among the nodes of the roster that
/// share this machine; one where results must not depend on their number.
unsigned threadsPerWorker(const Roster& roster, const NodeId& self, unsigned cores, bool reproducible);

/// A folder for the socket of the agent's workers, owned by us and closed to others, with a path short
/// enough for a socket address (sun_path holds 108 bytes). Made under `runtimeFolder`, or under /tmp when
/// that is empty or too long. The same home gets the same folder again.
Result<std::filesystem::path> makeSocketFolder(const std::filesystem::path& runtimeFolder,
                                               const std::filesystem::path& home);

}  // namespace longship
