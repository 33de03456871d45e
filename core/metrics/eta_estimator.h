#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/metrics/rate_meter.h"

namespace longship {

/// When a run of `total` units (steps) will be done, from the pace of the last half minute. Told the time.
class EtaEstimator {
public:
    explicit EtaEstimator(std::uint64_t total);

    /// So much is done at this time. Less than before is taken as it is: work was undone.
    void update(std::uint64_t done, UtcTime time);

    /// Time left. None before the pace is known (a few updates over at least half a second) and while nothing
    /// moves; 0 when all is done.
    std::optional<std::chrono::milliseconds> remaining(UtcTime now) const;

    double fraction() const;  ///< 0…1.

private:
    std::uint64_t m_total;
    std::uint64_t m_done = 0;
    std::optional<UtcTime> m_startedAt;
    UtcTime m_updatedAt;
    RateMeter m_pace{std::chrono::seconds(30)};
};

}  // namespace longship
