#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "core/base/clock.h"

namespace longship::test {

/// Time that passes from event to event. Events at the same instant run in the order in which they were made.
class VirtualTime {
public:
    TimePoint now() const { return m_now; }
    UtcTime wallTime() const {
        const auto since = std::chrono::duration_cast<std::chrono::microseconds>(m_now - TimePoint());
        return UtcTime{1'767'225'600'000'000 + since.count()};  // 2026-01-01.
    }

    void at(TimePoint time, std::function<void()> action) {
        m_events.push({std::max(time, m_now), ++m_order, std::move(action)});
    }
    void after(Duration delay, std::function<void()> action) { at(m_now + delay, std::move(action)); }

    /// Runs the next event; false when there is none up to `end`, and then it is `end`.
    bool step(TimePoint end) {
        if (m_events.empty() || m_events.top().time > end) {
            m_now = end;
            return false;
        }
        // Moved, not copied: most carry a message. The order of the queue does not look at what is moved.
        Event event = std::move(const_cast<Event&>(m_events.top()));
        m_events.pop();
        m_now = event.time;
        event.action();
        return true;
    }

private:
    struct Event {
        TimePoint time;
        std::uint64_t order;
        std::function<void()> action;

        bool operator<(const Event& other) const {
            return std::pair(time, order) > std::pair(other.time, other.order);
        }
    };

    TimePoint m_now{std::chrono::hours(1)};
    std::uint64_t m_order = 0;
    std::priority_queue<Event> m_events;
};

}  // namespace longship::test
