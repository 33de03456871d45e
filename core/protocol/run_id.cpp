#include "core/protocol/run_id.h"

#include <chrono>
#include <cstdio>

namespace longship {

RunId makeRunId(UtcTime wallTime, SeededRandom& random) {
    using namespace std::chrono;
    const sys_time<microseconds> time{microseconds(wallTime.microseconds)};
    const sys_days day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(floor<seconds>(time - day));
    char text[64];
    std::snprintf(text, sizeof text, "%04d%02u%02u-%02ld%02ld%02ld-", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<long>(clock.hours().count()), static_cast<long>(clock.minutes().count()),
                  static_cast<long>(clock.seconds().count()));
    std::string id = text;
    for (int i = 0; i < 4; ++i) {
        id += "0123456789abcdefghijklmnopqrstuvwxyz"[random.below(36)];
    }
    return RunId(id);
}

}  // namespace longship
