#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace longship {

/// What an incident and the copies on other nodes keep of a task's log.
inline constexpr std::size_t kLogTailBytesMax = std::size_t{64} << 10;
/// A task's log on disk; a longer one loses its front.
inline constexpr std::size_t kLogBytesMax = std::size_t{8} << 20;

/// The last whole lines of a log, at most `bytesMax` bytes; empty when there is no log.
std::string tailOf(const std::filesystem::path& log, std::size_t bytesMax = kLogTailBytesMax);

/// Cuts a log that grew beyond `bytesMax` down to its last `keep` bytes, while its task may still be writing:
/// lines that it writes at that very moment can be lost. The first line tells then how much is gone.
void trimLog(const std::filesystem::path& log, std::size_t bytesMax = kLogBytesMax,
             std::size_t keep = kLogTailBytesMax);

/// Bytes of a log, counted from where it once began.
struct LogBytes {
    std::uint64_t begin = 0;
    std::string bytes;
    std::uint64_t end() const { return begin + bytes.size(); }
};

/// Where the log ends, counted from where it once began. None when there is no log.
std::optional<std::uint64_t> endOfLog(const std::filesystem::path& log);

/// What the log has behind `after`, at most its last kLogTailBytesMax bytes; none when that is nothing. A log
/// that ends before `after` is another one than it was: all of its tail.
std::optional<LogBytes> readLog(const std::filesystem::path& log, std::uint64_t after);

/// Adds to a copy of a log. Where the bytes do not begin at its end, the copy begins anew with them. It keeps
/// its last kLogTailBytesMax bytes and up to as many again. False when it cannot be written.
bool appendLog(const std::filesystem::path& copy, const LogBytes& more);

}  // namespace longship
