#include "core/metrics/eta_estimator.h"

#include <algorithm>

namespace longship {
namespace {

// The first steps are slow (caches, allocations): a guess from them alone would be far too long.
constexpr std::chrono::microseconds kWarmUp = std::chrono::milliseconds(500);
// Beyond this a figure means nothing to anybody.
constexpr double kRemainingMsMax = 1000.0 * 86'400 * 365;

}  // namespace

EtaEstimator::EtaEstimator(std::uint64_t total) : m_total(total) {}

void EtaEstimator::update(std::uint64_t done, UtcTime time) {
    const double amount = static_cast<double>(done) - static_cast<double>(m_done);
    m_done = done;
    m_updatedAt = time;
    m_startedAt = m_startedAt.value_or(time);
    m_pace.add(time, amount);
}

std::optional<std::chrono::milliseconds> EtaEstimator::remaining(UtcTime now) const {
    if (m_done >= m_total) {
        return std::chrono::milliseconds(0);
    }
    if (!m_startedAt || m_updatedAt.microseconds - m_startedAt->microseconds < kWarmUp.count()) {
        return std::nullopt;
    }
    const double pace = m_pace.perSecond(now).value_or(0);
    const double ms = static_cast<double>(m_total - m_done) / pace * 1000;
    if (!(pace > 0) || ms > kRemainingMsMax) {
        return std::nullopt;
    }
    const double sinceUpdate = static_cast<double>(now.microseconds - m_updatedAt.microseconds) / 1000;
    return std::chrono::milliseconds(
        static_cast<std::int64_t>(std::max(0.0, ms - std::max(0.0, sinceUpdate))));
}

double EtaEstimator::fraction() const {
    return m_total == 0 ? 1 : std::min(1.0, static_cast<double>(m_done) / static_cast<double>(m_total));
}

}  // namespace longship
