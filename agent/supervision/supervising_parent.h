#pragma once

#include <filesystem>
#include <functional>

#include "core/base/result.h"

namespace longship {

/// Exit status of an agent that must not be started again: its command line or its home is wrong.
inline constexpr int kExitBadInput = 2;

/// Goes to the background: a session of its own, no terminal, output appended to `log`. Returns in the new
/// process; the calling one has ended with status 0. Call before any thread exists.
Result<void> daemonise(const std::filesystem::path& log);

/// Standard output and error are appended to `log` from now on.
Result<void> logTo(const std::filesystem::path& log);

/// Runs `agent` in a child process and starts it again when it dies, at most five times a minute. SIGTERM and
/// SIGINT are handed on to it. Returns the exit status for this process: when the agent ended by itself (0 or
/// kExitBadInput), when it was told to, or when it died too often. Why it died last stands in the file
/// `died`, unless empty. Call before any thread exists.
int supervise(const std::function<int()>& agent, const std::filesystem::path& died = {});

}  // namespace longship
