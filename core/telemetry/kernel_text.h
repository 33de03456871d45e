#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

/// Pure readers of the kernel's text files (proc(5)): text in, numbers out, none when the text has another
/// form. Nothing here opens a file.
namespace longship {

/// Time of the whole machine since boot, in clock ticks.
struct CpuTimes {
    std::uint64_t busy = 0;
    std::uint64_t total = 0;
    std::uint32_t cores = 0;
    bool operator==(const CpuTimes&) const = default;
};
/// /proc/stat. Waiting for a disk counts as idle; guest time is already part of user time.
std::optional<CpuTimes> parseCpuTimes(std::string_view text);

/// Bytes. `available` is the kernel's estimate of what programs can still get without swapping.
struct MemoryAmounts {
    std::uint64_t total = 0;
    std::uint64_t available = 0;
    bool operator==(const MemoryAmounts&) const = default;
};
/// /proc/meminfo.
std::optional<MemoryAmounts> parseMemory(std::string_view text);

/// Bytes since the interface came up.
struct InterfaceCounters {
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    bool operator==(const InterfaceCounters&) const = default;
};
/// /proc/net/dev, by interface name. Lines of another form are left out.
std::map<std::string, InterfaceCounters> parseInterfaces(std::string_view text);

/// True for loopback and for interfaces that only pass on what a physical one already counted (bridges,
/// containers, tunnels), as far as their name tells.
bool isVirtualInterface(std::string_view name);

struct ProcessTimes {
    std::uint64_t ticks = 0;    ///< User and system time.
    std::uint64_t started = 0;  ///< Ticks after boot: tells a reused process id.
    bool operator==(const ProcessTimes&) const = default;
};
/// /proc/PID/stat. The program's name in it may hold spaces and parentheses.
std::optional<ProcessTimes> parseProcessTimes(std::string_view text);

/// Resident pages, from /proc/PID/statm.
std::optional<std::uint64_t> parseResidentPages(std::string_view text);

/// A temperature file of sysfs: millidegrees. None outside -50 … 150 °C: some sensors report nonsense.
std::optional<double> parseMillidegrees(std::string_view text);

}  // namespace longship
