#pragma once

#include <sched.h>

#include <chrono>
#include <cstdint>

#include "core/base/clock.h"

namespace longship::zeromq {

/// Decides whether a receiver looks again at once instead of sleeping. To fall asleep and be woken costs more
/// than a small message takes on its way: on an idle core it pays to look again for a moment. On a busy core
/// it does not: the thread that is let through meanwhile keeps the core for milliseconds. Such a delay
/// switches looking off for a while.
class BriefWait {
public:
    /// `waited`: since the receiver first found nothing. True: look again; false: sleep.
    bool tryAgain(Duration waited) {
        if (waited >= kWaitMax) {
            return false;
        }
        if (m_sleepsLeft > 0) {
            --m_sleepsLeft;
            return false;
        }
        const TimePoint before = BootClock::now();
        ::sched_yield();
        if (BootClock::now() - before > kYieldMax) {
            m_sleepsLeft = kSleepsWhenBusy;
        }
        return true;
    }

private:
    static constexpr Duration kWaitMax = std::chrono::microseconds(100);
    static constexpr Duration kYieldMax = std::chrono::microseconds(500);
    static constexpr std::uint32_t kSleepsWhenBusy = 500;

    std::uint32_t m_sleepsLeft = 0;
};

}  // namespace longship::zeromq
