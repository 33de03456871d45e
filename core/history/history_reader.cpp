#include "core/history/history_reader.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "core/history/history_file.h"
#include "core/history/history_schema.h"

namespace longship {
namespace {

constexpr const char* kSelectRuns =
    "SELECT id, name, event_count FROM run ORDER BY first_time DESC, name DESC";
constexpr const char* kSelectRun = "SELECT id, name, event_count FROM run WHERE name = ?";
constexpr const char* kSelectEvents =
    "SELECT sequence, time, kind, body FROM event"
    " WHERE run = (SELECT id FROM run WHERE name = ?) AND sequence > ? ORDER BY sequence";
constexpr const char* kSelectMetrics =
    "SELECT membership, step, epoch, applied_at, loss, correct, duration_ms, digest_low, digest_high,"
    " digest_count, parameter_hash, members FROM metric"
    " WHERE run = (SELECT id FROM run WHERE name = ?) AND (membership, step) > (?, ?)"
    " ORDER BY membership, step LIMIT ?";
constexpr const char* kSelectMetricKeys =
    "SELECT membership, step FROM metric WHERE run = (SELECT id FROM run WHERE name = ?)"
    " ORDER BY membership, step";
constexpr const char* kSelectLastMetric =
    "SELECT membership, step FROM metric WHERE run = (SELECT id FROM run WHERE name = ?)"
    " ORDER BY membership DESC, step DESC LIMIT 1";

std::uint64_t unsignedOf(const SQLite::Column& column) {
    return static_cast<std::uint64_t>(column.getInt64());
}

double realOf(const SQLite::Column& column) {
    return column.isNull() ? std::numeric_limits<double>::quiet_NaN() : column.getDouble();
}

std::vector<MemberTiming> membersFrom(const std::string& text) {
    std::vector<MemberTiming> members;
    const auto list = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    const auto numberAt = [](const nlohmann::json& item, std::size_t at) {
        return item[at].is_number() ? item[at].get<double>() : std::numeric_limits<double>::quiet_NaN();
    };
    for (std::size_t i = 0; list.is_array() && i < list.size(); ++i) {
        const nlohmann::json& item = list[i];
        if (item.is_array() && item.size() >= 4 && item[0].is_number_unsigned()) {
            members.push_back({item[0].get<Rank>(), numberAt(item, 1), numberAt(item, 2), numberAt(item, 3)});
        }
    }
    return members;
}

StepRow rowFrom(SQLite::Statement& statement) {
    StepRow row;
    row.key = {static_cast<MembershipNumber>(statement.getColumn(0).getInt64()),
               unsignedOf(statement.getColumn(1))};
    row.epoch = unsignedOf(statement.getColumn(2));
    row.appliedAt = {statement.getColumn(3).getInt64()};
    row.loss = realOf(statement.getColumn(4));
    row.correct = unsignedOf(statement.getColumn(5));
    row.durationMs = realOf(statement.getColumn(6));
    row.digest = {unsignedOf(statement.getColumn(7)), unsignedOf(statement.getColumn(8)),
                  unsignedOf(statement.getColumn(9))};
    row.parameterHash = statement.getColumn(10).getString();
    row.members = membersFrom(statement.getColumn(11).getString());
    return row;
}

std::vector<RunEvent> selectEvents(SQLite::Database& database, const RunId& run,
                                   std::uint64_t afterSequence) {
    SQLite::Statement statement(database, kSelectEvents);
    statement.bind(1, run.value);
    statement.bind(2, static_cast<std::int64_t>(afterSequence));
    std::vector<RunEvent> events;
    while (statement.executeStep()) {
        auto body = runEventFrom(statement.getColumn(2).getString(), statement.getColumn(3).getString());
        // A kind that only a newer version knows is passed over: it keeps the rest readable.
        if (body) {
            events.push_back({run,
                              unsignedOf(statement.getColumn(0)),
                              {statement.getColumn(1).getInt64()},
                              std::move(*body)});
        }
    }
    return events;
}

}  // namespace

HistoryReader::HistoryReader(std::filesystem::path path) : m_path(std::move(path)) {}
HistoryReader::~HistoryReader() = default;

template <typename Query>
auto HistoryReader::read(Query query) const -> std::invoke_result_t<Query, SQLite::Database&> {
    std::unique_ptr<SQLite::Database> connection;
    {
        const std::lock_guard lock(m_mutex);
        if (!m_idle.empty()) {
            connection = std::move(m_idle.back());
            m_idle.pop_back();
        }
    }
    try {
        if (!connection) {
            connection = connect(m_path, ConnectionUse::Read);
        }
        // One transaction: all statements of a query see the same state of the file.
        SQLite::Transaction transaction(*connection);
        auto result = query(*connection);
        transaction.commit();
        const std::lock_guard lock(m_mutex);
        m_problem.reset();
        m_idle.push_back(std::move(connection));
        return result;
    } catch (const SQLite::Exception& exception) {
        // The connection is not kept: a fresh one may do better.
        const std::lock_guard lock(m_mutex);
        m_problem = errorOf(exception, m_path.string());
        return {};
    }
}

RunSnapshot HistoryReader::folded(SQLite::Database& database, const RunLine& line) const {
    Fold fold;
    {
        const std::lock_guard lock(m_mutex);
        if (const auto kept = m_folds.find(line.id); kept != m_folds.end()) {
            fold = kept->second;
        }
    }
    fold.snapshot.run = line.run;
    if (fold.eventCount == line.eventCount) {
        return fold.snapshot;
    }
    const auto fresh = selectEvents(database, line.run, fold.snapshot.sequence);
    for (const RunEvent& event : fresh) {
        apply(fold.snapshot, event);
    }
    fold.eventCount += static_cast<std::int64_t>(fresh.size());
    if (fold.eventCount < line.eventCount) {
        // Some came late, with a sequence below one that was folded already.
        const auto all = selectEvents(database, line.run, 0);
        fold = {foldEvents(all), line.eventCount};
        fold.snapshot.run = line.run;
    }
    const std::lock_guard lock(m_mutex);
    m_folds[line.id] = fold;
    return fold.snapshot;
}

std::vector<RunId> HistoryReader::runs() const {
    return read([](SQLite::Database& database) {
        SQLite::Statement statement(database, kSelectRuns);
        std::vector<RunId> runs;
        while (statement.executeStep()) {
            runs.emplace_back(statement.getColumn(1).getString());
        }
        return runs;
    });
}

std::optional<RunSnapshot> HistoryReader::snapshot(const RunId& run) const {
    return read([&](SQLite::Database& database) -> std::optional<RunSnapshot> {
        SQLite::Statement statement(database, kSelectRun);
        statement.bind(1, run.value);
        if (!statement.executeStep()) {
            return std::nullopt;
        }
        return folded(database, {statement.getColumn(0).getInt64(), run, statement.getColumn(2).getInt64()});
    });
}

std::vector<RunSnapshot> HistoryReader::snapshots() const {
    return read([&](SQLite::Database& database) {
        std::vector<RunLine> lines;
        SQLite::Statement statement(database, kSelectRuns);
        while (statement.executeStep()) {
            lines.push_back({statement.getColumn(0).getInt64(), RunId(statement.getColumn(1).getString()),
                             statement.getColumn(2).getInt64()});
        }
        std::vector<RunSnapshot> snapshots;
        for (const RunLine& line : lines) {
            snapshots.push_back(folded(database, line));
        }
        return snapshots;
    });
}

std::vector<RunEvent> HistoryReader::events(const RunId& run, std::uint64_t afterSequence) const {
    return read([&](SQLite::Database& database) { return selectEvents(database, run, afterSequence); });
}

std::vector<StepRow> HistoryReader::rows(const RunId& run, std::optional<RowKey> after,
                                         std::size_t rowsMax) const {
    return read([&](SQLite::Database& database) {
        SQLite::Statement statement(database, kSelectMetrics);
        statement.bind(1, run.value);
        statement.bind(2, after ? std::int64_t{after->membership} : std::int64_t{-1});
        statement.bind(3, after ? static_cast<std::int64_t>(after->step) : std::int64_t{-1});
        statement.bind(4, static_cast<std::int64_t>(std::min<std::size_t>(rowsMax, 1'000'000'000)));
        std::vector<StepRow> rows;
        while (statement.executeStep()) {
            rows.push_back(rowFrom(statement));
        }
        return rows;
    });
}

std::optional<RowKey> HistoryReader::lastRow(const RunId& run) const {
    return read([&](SQLite::Database& database) -> std::optional<RowKey> {
        SQLite::Statement statement(database, kSelectLastMetric);
        statement.bind(1, run.value);
        if (!statement.executeStep()) {
            return std::nullopt;
        }
        return RowKey{static_cast<MembershipNumber>(statement.getColumn(0).getInt64()),
                      unsignedOf(statement.getColumn(1))};
    });
}

std::vector<RowKey> HistoryReader::rowKeys(const RunId& run) const {
    return read([&](SQLite::Database& database) {
        std::vector<RowKey> keys;
        SQLite::Statement statement(database, kSelectMetricKeys);
        statement.bind(1, run.value);
        while (statement.executeStep()) {
            keys.push_back({static_cast<MembershipNumber>(statement.getColumn(0).getInt64()),
                            unsignedOf(statement.getColumn(1))});
        }
        return keys;
    });
}

std::optional<Error> HistoryReader::problem() const {
    const std::lock_guard lock(m_mutex);
    return m_problem;
}

}  // namespace longship
