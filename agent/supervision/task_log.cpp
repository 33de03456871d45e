#include "agent/supervision/task_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <system_error>

namespace longship {
namespace {

constexpr std::string_view kDroppedEnding = " earlier bytes were dropped)\n";
constexpr std::size_t kDroppedLineMax = 64;

std::string droppedLine(std::uint64_t bytes) {
    return fmt::format("({}{}", bytes, kDroppedEnding);
}

/// A log in its file: what was dropped before it, and the line that says so.
struct Extent {
    std::uint64_t dropped = 0;
    std::size_t line = 0;
    std::size_t size = 0;

    std::uint64_t end() const { return dropped + size - line; }
};

std::optional<Extent> extentOf(std::ifstream& file) {
    if (!file) {
        return std::nullopt;
    }
    Extent extent;
    file.seekg(0, std::ios::end);
    extent.size = static_cast<std::size_t>(std::max<std::streamoff>(file.tellg(), 0));
    std::string front(std::min(extent.size, kDroppedLineMax), '\0');
    file.seekg(0);
    file.read(front.data(), static_cast<std::streamsize>(front.size()));
    const std::size_t number = front.find(kDroppedEnding);
    if (front.starts_with('(') && number != std::string::npos) {
        const auto parsed = std::from_chars(front.data() + 1, front.data() + number, extent.dropped);
        if (parsed.ec == std::errc{} && parsed.ptr == front.data() + number) {
            extent.line = number + kDroppedEnding.size();
        } else {
            extent.dropped = 0;
        }
    }
    return extent;
}

std::string readFrom(std::ifstream& file, std::size_t begin, std::size_t end) {
    std::string bytes(end - begin, '\0');
    file.clear();
    file.seekg(static_cast<std::streamoff>(begin));
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    return bytes;
}

/// From where the last whole lines go; a log of one endless line is kept as it is.
std::size_t wholeLines(const std::string& tail) {
    const std::size_t lineEnd = tail.find('\n');
    return lineEnd == std::string::npos ? 0 : lineEnd + 1;
}

}  // namespace

std::string tailOf(const std::filesystem::path& log, std::size_t bytesMax) {
    std::ifstream file(log, std::ios::binary);
    const auto extent = extentOf(file);
    if (!extent) {
        return {};
    }
    const std::size_t begin = extent->size - std::min(extent->size, bytesMax);
    std::string tail = readFrom(file, begin, extent->size);
    return begin > 0 ? tail.substr(wholeLines(tail)) : tail;
}

void trimLog(const std::filesystem::path& log, std::size_t bytesMax, std::size_t keep) {
    std::ifstream file(log, std::ios::binary);
    const auto extent = extentOf(file);
    if (!extent || extent->size <= bytesMax) {
        return;
    }
    const std::size_t begin = std::max(extent->size - std::min(extent->size, keep), extent->line);
    std::string tail = readFrom(file, begin, extent->size);
    const std::size_t cut = wholeLines(tail);
    tail.erase(0, cut);
    const std::uint64_t dropped = extent->dropped + (begin - extent->line) + cut;
    std::error_code error;
    // The writer appends: after the cut its next line lands at the new end.
    std::filesystem::resize_file(log, 0, error);
    std::ofstream(log, std::ios::binary | std::ios::app) << droppedLine(dropped) << tail << std::flush;
}

std::optional<std::uint64_t> endOfLog(const std::filesystem::path& log) {
    std::ifstream file(log, std::ios::binary);
    const auto extent = extentOf(file);
    return extent ? std::optional(extent->end()) : std::nullopt;
}

std::optional<LogBytes> readLog(const std::filesystem::path& log, std::uint64_t after) {
    std::ifstream file(log, std::ios::binary);
    const auto extent = extentOf(file);
    if (!extent || extent->end() == after) {
        return std::nullopt;
    }
    const std::uint64_t end = extent->end();
    const std::uint64_t tail = end - std::min<std::uint64_t>(end - extent->dropped, kLogTailBytesMax);
    LogBytes found;
    found.begin = after > end ? tail : std::max(tail, after);
    found.bytes =
        readFrom(file, extent->line + static_cast<std::size_t>(found.begin - extent->dropped), extent->size);
    if (found.begin == tail && tail > extent->dropped && found.begin != after) {
        const std::size_t cut = wholeLines(found.bytes);
        found.bytes.erase(0, cut);
        found.begin += cut;
    }
    return found.bytes.empty() ? std::nullopt : std::optional(std::move(found));
}

bool appendLog(const std::filesystem::path& copy, const LogBytes& more) {
    const bool follows = endOfLog(copy).value_or(0) == more.begin;
    std::ofstream file(copy, std::ios::binary | (follows ? std::ios::app : std::ios::trunc));
    if (!follows) {
        file << droppedLine(more.begin);
    }
    file << more.bytes << std::flush;
    if (!file) {
        return false;
    }
    file.close();
    trimLog(copy, 2 * kLogTailBytesMax);
    return true;
}

}  // namespace longship
