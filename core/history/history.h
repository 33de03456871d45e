#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/disk_faults.h"
#include "core/base/result.h"
#include "core/domain/run_snapshot.h"
#include "core/domain/step_row.h"

namespace longship {

/// What a run has beyond a cursor.
struct RunRecords {
    std::vector<RunEvent> events;
    std::vector<StepRow> rows;
    bool more = false;
};

struct HistoryOptions {
    std::uint64_t bytesMax =
        0;  ///< Disk budget of the database; above it storing fails as on a full disk. 0: none.
    std::shared_ptr<const DiskFaults> faults{};  ///< May be null.
};

/// The append-only record of runs: events and metric rows in SQLite (WAL), written by one thread of its own.
/// Agents and clients use the same one. Appending what is already there changes nothing, so pulling twice is
/// harmless. All functions may be called from any thread; several processes may have the same file open.
class History {
public:
    /// Creates or opens the file and brings its schema up to date. Refused when the file was written by a
    /// newer Longship (the text names both versions; nothing is touched), Corrupt when it is no database: the
    /// damaged file set is put aside with a name that says so, and the text names it.
    /// Io or Exhausted when it cannot be written.
    static Result<std::unique_ptr<History>> open(const std::filesystem::path& path,
                                                 HistoryOptions options = {});
    /// Stores what is still queued, if the disk lets it.
    virtual ~History() = default;

    /// Queued for the writer thread; sync() waits for it. One transaction per batch of queued calls. Waits
    /// only while more than a hundred thousand records are queued, which takes a disk that has failed for
    /// long.
    virtual void append(std::vector<RunEvent> events, std::vector<StepRow> rows, const RunId& rowsRun) = 0;

    /// Waits until all that was appended before is stored (synchronous=FULL), or says why it is not:
    /// Exhausted for a full disk. What failed stays queued and is tried again.
    virtual Result<void> sync() = 0;

    /// Why the last attempt to store or read failed, without waiting; none while all is well.
    virtual std::optional<Error> problem() const = 0;

    // Queries see everything that was stored.
    virtual std::vector<RunId> runs() const = 0;  ///< Newest first.
    virtual std::optional<RunSnapshot> snapshot(const RunId& run) const = 0;
    /// All of them, newest first. Folded once and kept: only new events are read again.
    virtual std::vector<RunSnapshot> snapshots() const = 0;
    virtual std::vector<RunEvent> events(const RunId& run, std::uint64_t afterSequence) const = 0;
    virtual std::vector<StepRow> rows(const RunId& run, std::optional<RowKey> after,
                                      std::size_t rowsMax) const = 0;
    virtual std::optional<RowKey> lastRow(const RunId& run) const = 0;
    virtual std::vector<RowKey> rowKeys(const RunId& run) const = 0;  ///< Of all rows, in order.

    /// Removes a run and all that belongs to it.
    virtual Result<void> forget(const RunId& run) = 0;
};

}  // namespace longship
