#pragma once

#include <atomic>
#include <mutex>
#include <set>
#include <string>

#include "core/base/clock.h"

namespace longship {

/// Faults on purpose in the links of one process, by the names of its peers. They heal by themselves, by this
/// machine's clock: a node that is cut off cannot be told. Any thread; one atomic load while nothing is
/// wrong.
class LinkFaults {
public:
    /// What remains of the rate of a slow link.
    static constexpr double kSlowShare = 0.01;

    /// Nothing passes to and from these peers, all if none is named. What is under way arrives when it has
    /// healed, as behind a cable that is plugged in again.
    void cut(std::set<std::string> peers, TimePoint until);
    /// All links carry kSlowShare of what they were seen to carry.
    void slow(TimePoint until);
    void heal();

    /// Whether there may be a fault now; false at the price of one load.
    bool any() const { return m_any.load(std::memory_order_acquire); }
    bool isCut(const std::string& peer, TimePoint now);
    bool isSlow(TimePoint now);
    /// When the present faults will have healed; `now` when there is none.
    TimePoint healsAt(TimePoint now);

private:
    void forgetHealed(TimePoint now);

    std::atomic<bool> m_any{false};
    std::mutex m_mutex;
    std::set<std::string> m_cutOff;
    TimePoint m_cutUntil{};
    TimePoint m_slowUntil{};
};

/// When bytes get through that share a link of a given rate.
class Throttle {
public:
    void setRate(double bytesPerSecond) { m_rate = bytesPerSecond; }
    bool hasRate() const { return m_rate > 0; }

    /// These bytes follow all that were given before.
    TimePoint passesAt(std::size_t bytes, TimePoint now);

private:
    double m_rate = 0;
    TimePoint m_free{};
};

}  // namespace longship
