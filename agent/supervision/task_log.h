#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace longship {

/// What an incident and the leader keep of a task's log.
inline constexpr std::size_t kLogTailBytesMax = std::size_t{64} << 10;
/// A task's log on disk; a longer one loses its front.
inline constexpr std::size_t kLogBytesMax = std::size_t{8} << 20;

/// The last whole lines of a log, at most `bytesMax` bytes; empty when there is no log.
std::string tailOf(const std::filesystem::path& log, std::size_t bytesMax = kLogTailBytesMax);

/// Cuts a log that grew beyond `bytesMax` down to its tail, while its task may still be writing: lines that
/// it writes at that very moment can be lost.
void trimLog(const std::filesystem::path& log, std::size_t bytesMax = kLogBytesMax);

}  // namespace longship
