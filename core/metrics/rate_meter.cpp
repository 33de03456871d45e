#include "core/metrics/rate_meter.h"

#include <algorithm>

namespace longship {

RateMeter::RateMeter(std::chrono::microseconds window) : m_window(window) {}

void RateMeter::add(UtcTime time, double amount) {
    if (!m_entries.empty()) {
        time = std::max(time, m_entries.back().time);  // A clock that was set back does not undo work.
        m_sum += amount;
    }
    m_entries.push_back({time, amount});
    const auto isOld = [&] {
        return m_entries.size() > 2 &&
               (time.microseconds - m_entries[1].time.microseconds > m_window.count() ||
                m_entries.size() > kEntriesMax);
    };
    while (isOld()) {
        m_entries.pop_front();
        m_sum -= m_entries.front().amount;
    }
}

std::optional<double> RateMeter::perSecond(UtcTime now) const {
    if (m_entries.size() < 2) {
        return std::nullopt;
    }
    const auto first = m_entries.front().time.microseconds;
    const auto last = m_entries.back().time.microseconds;
    const auto silence = now.microseconds - last;
    if (silence > m_window.count()) {
        return 0.0;
    }
    const double span = static_cast<double>(last - first);
    const double usual = span / static_cast<double>(m_entries.size() - 1);
    // Within two usual intervals the next amount is merely on its way: counting it as silence would make the
    // figure saw.
    const double elapsed =
        static_cast<double>(silence) > 2 * usual ? span + static_cast<double>(silence) : span;
    return elapsed > 0 ? std::optional(m_sum / elapsed * 1e6) : std::nullopt;
}

}  // namespace longship
