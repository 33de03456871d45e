#include "core/base/clock.h"

#include <gtest/gtest.h>

namespace longship {
namespace {

TEST(Clock, FormatsUtcWithMilliseconds) {
    EXPECT_EQ(toIso8601(UtcTime{0}), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(toIso8601(UtcTime{1'769'860'800'123'456}), "2026-01-31T12:00:00.123Z");
    EXPECT_EQ(toIso8601(UtcTime{-1'000}), "1969-12-31T23:59:59.999Z");
}

TEST(Clock, BootClockDoesNotGoBack) {
    const TimePoint first = BootClock::now();
    EXPECT_GE(BootClock::now(), first);
}

}  // namespace
}  // namespace longship
