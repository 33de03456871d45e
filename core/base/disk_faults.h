#pragma once

#include <atomic>
#include <filesystem>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace longship {

/// A disk that is full on purpose, for a while: every writer it was handed down to fails as with ENOSPC.
/// Heals by itself. Any thread; one atomic load while nothing is wrong.
class DiskFaults {
public:
    void fill(TimePoint until) { m_until.store(until.time_since_epoch().count()); }
    bool isFull() const {
        const auto until = m_until.load(std::memory_order_relaxed);
        return until != 0 && BootClock::now().time_since_epoch().count() < until;
    }

    /// Exhausted, in the words of a full disk, while it is full.
    Result<void> check(const std::filesystem::path& path) const;

private:
    std::atomic<Duration::rep> m_until{0};
};

}  // namespace longship
