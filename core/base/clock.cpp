#include "core/base/clock.h"

#include <fmt/format.h>

#include <ctime>

namespace longship {

BootClock::time_point BootClock::now() {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return time_point(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

UtcTime UtcTime::now() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return UtcTime{std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000};
}

std::string toIso8601(UtcTime time) {
    constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;
    std::int64_t seconds = time.microseconds / kMicrosecondsPerSecond;
    std::int64_t rest = time.microseconds % kMicrosecondsPerSecond;
    if (rest < 0) {
        rest += kMicrosecondsPerSecond;
        --seconds;
    }
    const std::time_t whole = static_cast<std::time_t>(seconds);
    std::tm parts{};
    gmtime_r(&whole, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                       parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, rest / 1000);
}

}  // namespace longship
