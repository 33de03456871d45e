#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace longship {

/// A process that the kernel killed because memory ran out, as its log tells it.
struct MemoryVictim {
    pid_t process = 0;
    std::chrono::microseconds at{0};  ///< Of the kernel's clock; zero when the line has no time.
    bool operator==(const MemoryVictim&) const = default;
};

/// One record of /dev/kmsg ("3,1235,98770,-;Out of memory: Killed process 4711 (name) …") or one line of
/// dmesg ("[  98.770000] Memory cgroup out of memory: Killed process 4711 (name) …"). None for all others.
std::optional<MemoryVictim> memoryVictim(std::string_view line);

/// Whether the kernel's log says that it killed this process for lack of memory in the last seconds. False
/// also where the log may not be read, or counts processes otherwise (in a container).
bool wasKilledForMemory(pid_t process);

}  // namespace longship
