#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/domain/run_snapshot.h"
#include "core/domain/step_row.h"

namespace SQLite {
class Database;
}

namespace longship {

/// Reads a history file on connections of its own: one per thread that reads at the same time, kept for the
/// next. Any thread may call. A query that fails has no result; problem() says why.
class HistoryReader {
public:
    explicit HistoryReader(std::filesystem::path path);
    ~HistoryReader();

    std::vector<RunId> runs() const;
    std::optional<RunSnapshot> snapshot(const RunId& run) const;
    std::vector<RunSnapshot> snapshots() const;
    std::vector<RunEvent> events(const RunId& run, std::uint64_t afterSequence) const;
    std::vector<StepRow> rows(const RunId& run, std::optional<RowKey> after, std::size_t rowsMax) const;
    std::optional<RowKey> lastRow(const RunId& run) const;
    std::vector<RowKey> rowKeys(const RunId& run) const;
    std::optional<Error> problem() const;

private:
    /// What the table says of a run: enough to know whether a kept fold is still all there is.
    struct RunLine {
        std::int64_t id = 0;
        RunId run;
        std::int64_t eventCount = 0;
    };
    struct Fold {
        RunSnapshot snapshot;
        std::int64_t eventCount = 0;
    };

    template <typename Query>
    auto read(Query query) const -> std::invoke_result_t<Query, SQLite::Database&>;
    RunSnapshot folded(SQLite::Database& database, const RunLine& line) const;

    const std::filesystem::path m_path;
    mutable std::mutex m_mutex;  ///< Guards all below.
    mutable std::vector<std::unique_ptr<SQLite::Database>> m_idle;
    mutable std::map<std::int64_t, Fold> m_folds;  ///< By number of the run.
    mutable std::optional<Error> m_problem;
};

}  // namespace longship
