#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "agent/daemon/log_store.h"
#include "core/base/clock.h"
#include "core/protocol/log_outbox.h"

namespace longship {

/// Writes the replicated log on a thread of its own, so that a disk that is slow or stuck holds up nothing
/// but what waits for it. All that came in while the disk was busy is one write. What the disk refuses is
/// kept and tried again twice a second. The queue is as long as the log lets it be: a leader has a bounded
/// number of entries that are not committed, and a follower is sent no more before it has answered.
class LogWriter {
public:
    using Write = LogOutbox::Write;

    /// `wake` is called on the writer's thread whenever something has come of a write. Io when the file
    /// cannot be opened, read or made.
    static Result<std::unique_ptr<LogWriter>> open(const std::filesystem::path& path,
                                                   std::function<void()> wake,
                                                   std::shared_ptr<const DiskFaults> faults = nullptr);
    /// Writes what is left, if the disk takes it.
    ~LogWriter();
    LogWriter(const LogWriter&) = delete;
    LogWriter& operator=(const LogWriter&) = delete;

    /// As it was found at open().
    const StoredLog& found() const { return m_found; }
    /// What was found damaged at open() and what became of it, as sentences; empty: nothing.
    const std::string& notice() const { return m_notice; }

    void write(Write write);  ///< Queued; never waits.

    /// Number of the last write that is durable, and all before it.
    std::uint64_t written() const;
    /// Why the disk takes nothing, or that it does not answer for long; empty: all is well.
    std::string problem(TimePoint now) const;

private:
    LogWriter(std::unique_ptr<LogStore> store, std::filesystem::path path, std::function<void()> wake);
    void loop();
    void store(std::unique_lock<std::mutex>& lock);

    const std::unique_ptr<LogStore> m_store;  ///< The thread's, once it runs.
    const std::filesystem::path m_path;
    const std::function<void()> m_wake;
    const StoredLog m_found;
    const std::string m_notice;

    mutable std::mutex m_mutex;  ///< Guards all below.
    std::condition_variable m_changed;
    std::vector<Write> m_queue;
    std::uint64_t m_taken = 0;  ///< Number of the last one that the store was given.
    std::uint64_t m_written = 0;
    std::optional<TimePoint> m_waitingSince;  ///< The oldest one that is not durable.
    std::string m_refusal;
    bool m_closing = false;

    std::thread m_thread;
};

}  // namespace longship
