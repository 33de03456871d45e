#include "core/telemetry/kernel_log.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>

namespace longship {
namespace {

using std::chrono::microseconds;

constexpr microseconds kRecent = std::chrono::seconds(30);  // A process id may come again later.
constexpr int kRecordsMax = 100'000;

template <typename Number>
std::optional<Number> numberAt(std::string_view text) {
    Number number{};
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return parsed.ec == std::errc{} ? std::optional(number) : std::nullopt;
}

microseconds timeOf(std::string_view line) {
    if (line.starts_with('[')) {
        line.remove_prefix(std::min(line.size(), line.find_first_not_of("[ ")));
        const double seconds = numberAt<double>(line).value_or(0);
        return microseconds(std::llround(seconds * 1e6));
    }
    for (int commas = 0; commas < 2; ++commas) {
        const std::size_t comma = line.find(',');
        if (comma == std::string_view::npos) {
            return microseconds(0);
        }
        line.remove_prefix(comma + 1);
    }
    return microseconds(numberAt<std::int64_t>(line).value_or(0));
}

microseconds kernelTime() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::chrono::seconds(now.tv_sec) + microseconds(now.tv_nsec / 1000);
}

}  // namespace

std::optional<MemoryVictim> memoryVictim(std::string_view line) {
    // "Kill process" of old kernels comes before "Killed process" of the same one, without the two words.
    for (const std::string_view words : {"ut of memory: Killed process ", "ut of memory: Kill process "}) {
        const std::size_t found = line.find(words);
        if (found == std::string_view::npos) {
            continue;
        }
        const std::string_view rest = line.substr(found + words.size());
        const auto process = numberAt<pid_t>(rest);
        const std::size_t digits = rest.find_first_not_of("0123456789");
        const bool named = digits != std::string_view::npos && rest.substr(digits).starts_with(" (");
        if (process && *process > 0 && named) {
            return MemoryVictim{*process, timeOf(line)};
        }
    }
    return std::nullopt;
}

bool wasKilledForMemory(pid_t process) {
    const int log = ::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (log < 0) {
        return false;
    }
    bool found = false;
    std::array<char, 8192> record;
    for (int records = 0; records < kRecordsMax && !found; ++records) {
        const ssize_t size = ::read(log, record.data(), record.size());
        if (size < 0 && (errno == EPIPE || errno == EINTR)) {
            continue;  // Records were overwritten meanwhile; the next read goes on behind them.
        }
        if (size <= 0) {
            break;
        }
        const auto victim = memoryVictim(std::string_view(record.data(), static_cast<std::size_t>(size)));
        found = victim && victim->process == process && kernelTime() - victim->at < kRecent;
    }
    ::close(log);
    return found;
}

}  // namespace longship
