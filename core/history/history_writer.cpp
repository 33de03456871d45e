#include "core/history/history_writer.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "core/history/history_schema.h"

namespace longship {
namespace {

constexpr const char* kInsertRun = "INSERT OR IGNORE INTO run (name, first_time) VALUES (?, ?)";
constexpr const char* kSelectRun = "SELECT id FROM run WHERE name = ?";
constexpr const char* kInsertEvent =
    "INSERT OR IGNORE INTO event (run, sequence, time, kind, body) VALUES (?, ?, ?, ?, ?)";
constexpr const char* kCountEvent =
    "UPDATE run SET event_count = event_count + 1, last_sequence = max(last_sequence, ?2),"
    " first_time = min(first_time, ?3) WHERE id = ?1";
constexpr const char* kInsertMetric =
    "INSERT OR IGNORE INTO metric (run, membership, step, epoch, applied_at, loss, correct, duration_ms,"
    " digest_low, digest_high, digest_count, parameter_hash, members)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kDeleteRun = "DELETE FROM run WHERE name = ?";

// What may wait in memory while the disk fails; then append() waits.
constexpr std::size_t kRecordsQueuedMax = 100'000;
// Enough to make the commit's sync cheap, little enough that readers see the first of it soon.
constexpr std::size_t kRecordsPerTransactionMax = 20'000;
// Rows come one by one, many a second: one sync of the disk serves all that come within this time.
constexpr std::chrono::milliseconds kGatherTime(40);
constexpr std::chrono::seconds kRetryInterval(1);

std::int64_t bitsOf(std::uint64_t number) {
    return static_cast<std::int64_t>(number);
}

std::string membersJson(const std::vector<MemberTiming>& members) {
    nlohmann::json list = nlohmann::json::array();
    for (const MemberTiming& member : members) {
        list.push_back({member.rank, member.computeMs, member.waitMs, member.totalMs});
    }
    return list.dump();
}

/// The statements of one transaction.
class Insertion {
public:
    explicit Insertion(SQLite::Database& database)
        : m_database(database),
          m_event(database, kInsertEvent),
          m_count(database, kCountEvent),
          m_metric(database, kInsertMetric) {}

    void add(const RunEvent& event) {
        const std::int64_t run = numberOf(event.run, event.time);
        m_event.reset();
        m_event.bind(1, run);
        m_event.bind(2, bitsOf(event.sequence));
        m_event.bind(3, event.time.microseconds);
        m_event.bind(4, std::string(nameOf(event.body)));
        m_event.bind(5, toJson(event.body));
        if (m_event.exec() > 0) {
            m_count.reset();
            m_count.bind(1, run);
            m_count.bind(2, bitsOf(event.sequence));
            m_count.bind(3, event.time.microseconds);
            m_count.exec();
        }
    }

    void add(const StepRow& row, const RunId& owner) {
        m_metric.reset();
        m_metric.bind(1, numberOf(owner, row.appliedAt));
        m_metric.bind(2, std::int64_t{row.key.membership});
        m_metric.bind(3, bitsOf(row.key.step));
        m_metric.bind(4, bitsOf(row.epoch));
        m_metric.bind(5, row.appliedAt.microseconds);
        m_metric.bind(6, row.loss);  // SQLite keeps NaN as NULL.
        m_metric.bind(7, bitsOf(row.correct));
        m_metric.bind(8, row.durationMs);
        m_metric.bind(9, bitsOf(row.digest.low));
        m_metric.bind(10, bitsOf(row.digest.high));
        m_metric.bind(11, bitsOf(row.digest.count));
        m_metric.bind(12, row.parameterHash);
        m_metric.bind(13, membersJson(row.members));
        m_metric.exec();
    }

private:
    std::int64_t numberOf(const RunId& run, UtcTime time) {
        if (const auto known = m_runs.find(run); known != m_runs.end()) {
            return known->second;
        }
        SQLite::Statement insert(m_database, kInsertRun);
        insert.bind(1, run.value);
        insert.bind(2, time.microseconds);
        insert.exec();
        SQLite::Statement select(m_database, kSelectRun);
        select.bind(1, run.value);
        select.executeStep();
        return m_runs[run] = select.getColumn(0).getInt64();
    }

    SQLite::Database& m_database;
    SQLite::Statement m_event;
    SQLite::Statement m_count;
    SQLite::Statement m_metric;
    std::map<RunId, std::int64_t> m_runs;
};

}  // namespace

HistoryWriter::HistoryWriter(std::unique_ptr<SQLite::Database> database, std::string path,
                             std::shared_ptr<const DiskFaults> faults)
    : m_database(std::move(database)),
      m_path(std::move(path)),
      m_faults(std::move(faults)),
      m_thread([this] { work(); }) {}

HistoryWriter::~HistoryWriter() {
    {
        const std::lock_guard lock(m_mutex);
        m_stopping = true;
        m_wake.notify_all();
    }
    m_thread.join();
}

void HistoryWriter::append(std::vector<RunEvent> events, std::vector<StepRow> rows, RunId rowsRun) {
    if (events.empty() && rows.empty()) {
        return;
    }
    std::unique_lock lock(m_mutex);
    m_done.wait(lock, [&] { return m_recordsQueued < kRecordsQueuedMax; });
    m_queued.push_back({std::move(events), std::move(rows), std::move(rowsRun)});
    m_recordsQueued += m_queued.back().size();
    ++m_appended;
    m_wake.notify_all();
}

Result<void> HistoryWriter::sync() {
    std::unique_lock lock(m_mutex);
    const std::uint64_t wanted = m_appended;
    while (m_stored < wanted) {
        // The attempt that runs now may have begun before the last append: only one that begins from now on
        // speaks for all of it.
        const std::uint64_t attempt = m_attempts + 2;
        m_attemptsWanted = std::max(m_attemptsWanted, attempt);
        m_wake.notify_all();
        m_done.wait(lock, [&] { return m_stored >= wanted || m_attempts >= attempt; });
        if (m_stored < wanted && m_problem) {
            return failure(*m_problem);
        }
    }
    return {};
}

Result<void> HistoryWriter::forget(const RunId& run) {
    Removal removal{run, std::nullopt};
    std::unique_lock lock(m_mutex);
    m_removals.push_back(&removal);
    m_wake.notify_all();
    m_done.wait(lock, [&] { return removal.outcome.has_value(); });
    return *removal.outcome;
}

std::optional<Error> HistoryWriter::problem() const {
    const std::lock_guard lock(m_mutex);
    return m_problem;
}

bool HistoryWriter::hasUrgentWork() const {
    return m_stopping || !m_removals.empty() || (!m_queued.empty() && m_attemptsWanted > m_attempts);
}

void HistoryWriter::waitForWork(std::unique_lock<std::mutex>& lock) {
    if (m_problem) {
        m_wake.wait_for(lock, kRetryInterval, [&] { return hasUrgentWork(); });
        return;
    }
    m_wake.wait(lock, [&] { return hasUrgentWork() || !m_queued.empty(); });
    m_wake.wait_for(lock, kGatherTime,
                    [&] { return hasUrgentWork() || m_recordsQueued >= kRecordsPerTransactionMax; });
}

void HistoryWriter::work() {
    std::unique_lock lock(m_mutex);
    for (;;) {
        waitForWork(lock);
        if (!m_removals.empty()) {
            removeNext(lock);
        } else if (!m_queued.empty()) {
            storeQueued(lock);
        }
        // A store that still fails at the end is given up: nobody is left to wait for it.
        if (m_stopping && m_removals.empty() && (m_queued.empty() || m_problem)) {
            return;
        }
    }
}

void HistoryWriter::storeQueued(std::unique_lock<std::mutex>& lock) {
    std::deque<Batch> batches;
    std::size_t records = 0;
    while (!m_queued.empty() && records < kRecordsPerTransactionMax) {
        records += m_queued.front().size();
        batches.push_back(std::move(m_queued.front()));
        m_queued.pop_front();
    }
    lock.unlock();
    const Result<void> stored = store(batches);
    lock.lock();
    ++m_attempts;
    if (stored) {
        m_problem.reset();
        m_stored += batches.size();
        m_recordsQueued -= records;
    } else {
        m_problem = stored.error();
        std::move(batches.rbegin(), batches.rend(), std::front_inserter(m_queued));
    }
    m_done.notify_all();
}

Result<void> HistoryWriter::store(const std::deque<Batch>& batches) {
    if (m_faults != nullptr) {
        LONGSHIP_TRY(m_faults->check(m_path));
    }
    try {
        SQLite::Transaction transaction(*m_database, SQLite::TransactionBehavior::IMMEDIATE);
        Insertion insertion(*m_database);
        for (const Batch& batch : batches) {
            for (const RunEvent& event : batch.events) {
                insertion.add(event);
            }
            for (const StepRow& row : batch.rows) {
                insertion.add(row, batch.rowsRun);
            }
        }
        transaction.commit();
        return {};
    } catch (const SQLite::Exception& exception) {
        return failure(errorOf(exception, m_path));
    }
}

void HistoryWriter::removeNext(std::unique_lock<std::mutex>& lock) {
    Removal* removal = m_removals.front();
    m_removals.pop_front();
    // What is still queued of the run goes with it. Empty batches stay: they count for sync().
    for (Batch& batch : m_queued) {
        std::erase_if(batch.events, [&](const RunEvent& event) { return event.run == removal->run; });
        if (batch.rowsRun == removal->run) {
            batch.rows.clear();
        }
    }
    m_recordsQueued = 0;
    for (const Batch& batch : m_queued) {
        m_recordsQueued += batch.size();
    }
    lock.unlock();
    Result<void> outcome = remove(removal->run);
    lock.lock();
    removal->outcome = std::move(outcome);
    m_done.notify_all();
}

Result<void> HistoryWriter::remove(const RunId& run) {
    try {
        SQLite::Statement statement(*m_database, kDeleteRun);
        statement.bind(1, run.value);
        statement.exec();
        return {};
    } catch (const SQLite::Exception& exception) {
        return failure(errorOf(exception, m_path));
    }
}

}  // namespace longship
