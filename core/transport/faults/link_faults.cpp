#include "core/transport/faults/link_faults.h"

#include <algorithm>
#include <utility>

namespace longship {

void LinkFaults::cut(std::set<std::string> peers, TimePoint until) {
    const std::lock_guard lock(m_mutex);
    m_cutOff = std::move(peers);
    m_cutUntil = until;
    m_any.store(true, std::memory_order_release);
}

void LinkFaults::slow(TimePoint until) {
    const std::lock_guard lock(m_mutex);
    m_slowUntil = until;
    m_any.store(true, std::memory_order_release);
}

void LinkFaults::heal() {
    const std::lock_guard lock(m_mutex);
    m_cutUntil = {};
    m_slowUntil = {};
    m_any.store(false, std::memory_order_release);
}

/// With the mutex held.
void LinkFaults::forgetHealed(TimePoint now) {
    if (now >= m_cutUntil && now >= m_slowUntil) {
        m_any.store(false, std::memory_order_release);
    }
}

bool LinkFaults::isCut(const std::string& peer, TimePoint now) {
    if (!any()) {
        return false;
    }
    const std::lock_guard lock(m_mutex);
    forgetHealed(now);
    return now < m_cutUntil && (m_cutOff.empty() || m_cutOff.contains(peer));
}

bool LinkFaults::isSlow(TimePoint now) {
    if (!any()) {
        return false;
    }
    const std::lock_guard lock(m_mutex);
    forgetHealed(now);
    return now < m_slowUntil;
}

TimePoint LinkFaults::healsAt(TimePoint now) {
    if (!any()) {
        return now;
    }
    const std::lock_guard lock(m_mutex);
    forgetHealed(now);
    return std::max({now, m_cutUntil, m_slowUntil});
}

TimePoint Throttle::passesAt(std::size_t bytes, TimePoint now) {
    const double seconds = static_cast<double>(bytes) / m_rate;
    m_free =
        std::max(m_free, now) + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
    return m_free;
}

}  // namespace longship
