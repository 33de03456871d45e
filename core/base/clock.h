#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace longship {

/// CLOCK_BOOTTIME: goes on during suspend, never jumps. Leases and timers are measured with it.
/// State machines get TimePoints as arguments and never call now().
struct BootClock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<BootClock>;
    static constexpr bool is_steady = true;
    static time_point now();
};

using TimePoint = BootClock::time_point;
using Duration = BootClock::duration;

/// Wall-clock time for people and files: microseconds since the Unix epoch, UTC.
struct UtcTime {
    std::int64_t microseconds = 0;

    static UtcTime now();
    auto operator<=>(const UtcTime&) const = default;
};

/// ISO 8601 with milliseconds, "2026-01-31T12:00:00.123Z".
std::string toIso8601(UtcTime time);

/// Seconds as a double, for rates and display.
inline double toSeconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace longship
