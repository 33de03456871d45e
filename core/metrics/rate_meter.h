#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>

#include "core/base/clock.h"

namespace longship {

/// How much per second over a sliding window: samples/s of a run. Told the time.
class RateMeter {
public:
    explicit RateMeter(std::chrono::microseconds window = std::chrono::seconds(5));

    /// `amount` was done between the call before and `time`. The first call only starts the clock.
    void add(UtcTime time, double amount);

    /// Per second. None before two calls. While nothing comes the rate falls, down to 0 after a whole window.
    std::optional<double> perSecond(UtcTime now) const;

private:
    struct Entry {
        UtcTime time;
        double amount = 0;
    };
    // Bounds memory when steps take microseconds; the window is then shorter than asked for.
    static constexpr std::size_t kEntriesMax = 8192;

    std::chrono::microseconds m_window;
    std::deque<Entry> m_entries;
    double m_sum = 0;  ///< Of all entries but the first, whose work was done before the window.
};

}  // namespace longship
