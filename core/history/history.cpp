#include "core/history/history.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include "core/history/history_file.h"
#include "core/history/history_reader.h"
#include "core/history/history_writer.h"

namespace longship {
namespace {

class SqliteHistory : public History {
public:
    SqliteHistory(std::unique_ptr<SQLite::Database> database, const std::filesystem::path& path,
                  std::shared_ptr<const DiskFaults> faults)
        : m_reader(path), m_writer(std::move(database), path.string(), std::move(faults)) {}

    void append(std::vector<RunEvent> events, std::vector<StepRow> rows, const RunId& rowsRun) override {
        m_writer.append(std::move(events), std::move(rows), rowsRun);
    }
    Result<void> sync() override { return m_writer.sync(); }
    std::optional<Error> problem() const override {
        const auto writing = m_writer.problem();
        return writing ? writing : m_reader.problem();
    }
    std::vector<RunId> runs() const override { return m_reader.runs(); }
    std::optional<RunSnapshot> snapshot(const RunId& run) const override { return m_reader.snapshot(run); }
    std::vector<RunSnapshot> snapshots() const override { return m_reader.snapshots(); }
    std::vector<RunEvent> events(const RunId& run, std::uint64_t afterSequence) const override {
        return m_reader.events(run, afterSequence);
    }
    std::vector<StepRow> rows(const RunId& run, std::optional<RowKey> after,
                              std::size_t rowsMax) const override {
        return m_reader.rows(run, after, rowsMax);
    }
    std::optional<RowKey> lastRow(const RunId& run) const override { return m_reader.lastRow(run); }
    std::vector<RowKey> rowKeys(const RunId& run) const override { return m_reader.rowKeys(run); }
    Result<void> forget(const RunId& run) override { return m_writer.forget(run); }

private:
    HistoryReader m_reader;
    HistoryWriter m_writer;
};

}  // namespace

Result<std::unique_ptr<History>> History::open(const std::filesystem::path& path, HistoryOptions options) {
    LONGSHIP_ASSIGN(auto database, openHistoryFile(path));
    if (options.bytesMax > 0) {
        try {
            const std::int64_t pageBytes = database->execAndGet("PRAGMA page_size").getInt64();
            const auto pagesMax = static_cast<std::int64_t>(options.bytesMax) / pageBytes;
            database->execAndGet(
                fmt::format("PRAGMA max_page_count = {}", std::max<std::int64_t>(pagesMax, 1)));
        } catch (const SQLite::Exception& exception) {
            return failure(ErrorKind::Io, exception.what());
        }
    }
    return std::make_unique<SqliteHistory>(std::move(database), path, options.faults);
}

}  // namespace longship
