#include "core/telemetry/kernel_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace longship {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

/// The part before the next separator; `rest` goes on behind it.
std::string_view cut(std::string_view& rest, char separator) {
    const std::size_t end = rest.find(separator);
    const std::string_view part = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return part;
}

std::string_view nextWord(std::string_view& rest) {
    const std::size_t begin = std::min(rest.find_first_not_of(kBlanks), rest.size());
    rest.remove_prefix(begin);
    const std::size_t length = std::min(rest.find_first_of(kBlanks), rest.size());
    const std::string_view word = rest.substr(0, length);
    rest.remove_prefix(length);
    return word;
}

std::optional<std::uint64_t> toNumber(std::string_view word) {
    std::uint64_t value = 0;
    const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (word.empty() || code != std::errc{} || end != word.data() + word.size()) {
        return std::nullopt;
    }
    return value;
}

/// The numbers at the front of the text, at most `countMax`.
std::vector<std::uint64_t> numbersOf(std::string_view text, std::size_t countMax) {
    std::vector<std::uint64_t> numbers;
    while (numbers.size() < countMax) {
        const auto number = toNumber(nextWord(text));
        if (!number) {
            break;
        }
        numbers.push_back(*number);
    }
    return numbers;
}

bool isDigit(char letter) {
    return letter >= '0' && letter <= '9';
}

}  // namespace

std::optional<CpuTimes> parseCpuTimes(std::string_view text) {
    CpuTimes times;
    bool found = false;
    while (!text.empty()) {
        std::string_view line = cut(text, '\n');
        const std::string_view name = nextWord(line);
        if (name == "cpu") {
            // user nice system idle iowait irq softirq steal; what follows (guest) is part of user already.
            const auto fields = numbersOf(line, 8);
            if (fields.size() < 4) {
                return std::nullopt;
            }
            for (const std::uint64_t field : fields) {
                times.total += field;
            }
            times.busy = times.total - fields[3] - (fields.size() > 4 ? fields[4] : 0);
            found = true;
        } else if (name.size() > 3 && name.starts_with("cpu") && isDigit(name[3])) {
            ++times.cores;
        }
    }
    return found ? std::optional(times) : std::nullopt;
}

std::optional<MemoryAmounts> parseMemory(std::string_view text) {
    std::optional<std::uint64_t> total;
    std::optional<std::uint64_t> available;
    while (!text.empty() && !(total && available)) {
        std::string_view line = cut(text, '\n');
        const std::string_view name = cut(line, ':');
        if (name == "MemTotal") {
            total = toNumber(nextWord(line));
        } else if (name == "MemAvailable") {
            available = toNumber(nextWord(line));
        }
    }
    if (!total || !available || *available > *total) {
        return std::nullopt;
    }
    return MemoryAmounts{*total * 1024, *available * 1024};
}

std::map<std::string, InterfaceCounters> parseInterfaces(std::string_view text) {
    std::map<std::string, InterfaceCounters> interfaces;
    while (!text.empty()) {
        std::string_view line = cut(text, '\n');
        if (line.find(':') == std::string_view::npos) {
            continue;  // The two heading lines.
        }
        std::string_view name = cut(line, ':');
        // Eight numbers received, then eight sent, bytes first.
        const auto fields = numbersOf(line, 16);
        if (fields.size() >= 9) {
            interfaces[std::string(nextWord(name))] = {fields[0], fields[8]};
        }
    }
    return interfaces;
}

bool isVirtualInterface(std::string_view name) {
    static constexpr std::array<std::string_view, 15> kPrefixes = {
        "lo",  "veth", "docker", "br-",   "virbr", "ifb", "tun",   "tap",
        "cni", "cali", "vnet",   "dummy", "wg",    "sit", "podman"};
    return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                       [&](std::string_view prefix) { return name.starts_with(prefix); });
}

std::optional<ProcessTimes> parseProcessTimes(std::string_view text) {
    const std::size_t nameEnd = text.rfind(')');
    if (nameEnd == std::string_view::npos) {
        return std::nullopt;
    }
    text.remove_prefix(nameEnd + 1);
    // Fields as proc(5) numbers them: 3 is the state, 14 and 15 the times, 22 the start.
    std::optional<std::uint64_t> user;
    std::optional<std::uint64_t> system;
    std::optional<std::uint64_t> started;
    for (int field = 3; field <= 22; ++field) {
        const std::string_view word = nextWord(text);
        if (field == 14) {
            user = toNumber(word);
        } else if (field == 15) {
            system = toNumber(word);
        } else if (field == 22) {
            started = toNumber(word);
        }
    }
    if (!user || !system || !started) {
        return std::nullopt;
    }
    return ProcessTimes{*user + *system, *started};
}

std::optional<std::uint64_t> parseResidentPages(std::string_view text) {
    const auto fields = numbersOf(text, 2);
    return fields.size() == 2 ? std::optional(fields[1]) : std::nullopt;
}

std::optional<double> parseMillidegrees(std::string_view text) {
    std::string_view word = nextWord(text);
    const bool negative = word.starts_with('-');
    word.remove_prefix(negative ? 1 : 0);
    const auto number = toNumber(word);
    if (!number || *number > 150'000) {
        return std::nullopt;
    }
    const double degrees = static_cast<double>(*number) / 1000.0 * (negative ? -1.0 : 1.0);
    return degrees < -50.0 ? std::nullopt : std::optional(degrees);
}

}  // namespace longship
