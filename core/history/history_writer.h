#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/disk_faults.h"
#include "core/base/result.h"
#include "core/domain/run_event.h"
#include "core/domain/step_row.h"

namespace SQLite {
class Database;
}

namespace longship {

/// The one thread that writes a history file. What was queued while it worked goes into one transaction; what
/// fails stays queued, in order, and is tried again. Any thread may call.
class HistoryWriter {
public:
    /// Takes the connection over: from now on only the writer's thread touches it.
    HistoryWriter(std::unique_ptr<SQLite::Database> database, std::string path,
                  std::shared_ptr<const DiskFaults> faults);
    /// Tries once more to store what is queued.
    ~HistoryWriter();

    void append(std::vector<RunEvent> events, std::vector<StepRow> rows, RunId rowsRun);
    Result<void> sync();
    Result<void> forget(const RunId& run);
    std::optional<Error> problem() const;

private:
    struct Batch {
        std::vector<RunEvent> events;
        std::vector<StepRow> rows;
        RunId rowsRun;
        std::size_t size() const { return events.size() + rows.size() + 1; }
    };
    struct Removal {
        RunId run;
        std::optional<Result<void>> outcome;
    };

    void work();
    bool hasUrgentWork() const;
    void waitForWork(std::unique_lock<std::mutex>& lock);
    void storeQueued(std::unique_lock<std::mutex>& lock);
    void removeNext(std::unique_lock<std::mutex>& lock);
    Result<void> store(const std::deque<Batch>& batches);
    Result<void> remove(const RunId& run);

    const std::unique_ptr<SQLite::Database> m_database;  ///< Of m_thread alone.
    const std::string m_path;
    const std::shared_ptr<const DiskFaults> m_faults;  ///< May be null.

    mutable std::mutex m_mutex;  ///< Guards all below but m_thread.
    std::condition_variable m_wake;
    std::condition_variable m_done;
    std::deque<Batch> m_queued;
    std::deque<Removal*> m_removals;  ///< Of callers that wait in forget().
    std::size_t m_recordsQueued = 0;
    std::uint64_t m_appended = 0;  ///< Calls so far, and how many of them are stored.
    std::uint64_t m_stored = 0;
    std::uint64_t m_attempts = 0;  ///< Finished transactions, and the last that somebody waits for.
    std::uint64_t m_attemptsWanted = 0;
    std::optional<Error> m_problem;
    bool m_stopping = false;
    std::thread m_thread;
};

}  // namespace longship
