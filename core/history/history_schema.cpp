#include "core/history/history_schema.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <array>

namespace longship {
namespace {

// "LONG": says which program the file belongs to (PRAGMA application_id).
constexpr int kApplicationId = 0x4C4F4E47;

// Digests and steps are unsigned 64-bit numbers kept as the signed ones of the same bits.
constexpr const char* kSchema1 = R"sql(
CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    first_time INTEGER NOT NULL,
    event_count INTEGER NOT NULL DEFAULT 0,
    last_sequence INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX run_by_time ON run (first_time);
CREATE TABLE event (
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    time INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (run, sequence)
) WITHOUT ROWID;
CREATE TABLE metric (
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    membership INTEGER NOT NULL,
    step INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    applied_at INTEGER NOT NULL,
    loss REAL,
    correct INTEGER NOT NULL,
    duration_ms REAL,
    digest_low INTEGER NOT NULL,
    digest_high INTEGER NOT NULL,
    digest_count INTEGER NOT NULL,
    parameter_hash TEXT NOT NULL,
    members TEXT NOT NULL,
    PRIMARY KEY (run, membership, step)
) WITHOUT ROWID;
CREATE TRIGGER event_is_append_only BEFORE UPDATE ON event
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER metric_is_append_only BEFORE UPDATE ON metric
    BEGIN SELECT RAISE(ABORT, 'metrics are append-only'); END;
)sql";

// kMigrations[v] leads from schema v to v + 1.
constexpr std::array kMigrations{kSchema1};

}  // namespace

int schemaVersion() {
    return static_cast<int>(kMigrations.size());
}

int versionOf(SQLite::Database& database) {
    const int owner = database.execAndGet("PRAGMA application_id").getInt();
    const int version = database.execAndGet("PRAGMA user_version").getInt();
    const int tables = database.execAndGet("SELECT count(*) FROM sqlite_master").getInt();
    return owner == kApplicationId || (owner == 0 && version == 0 && tables == 0) ? version : -1;
}

void migrate(SQLite::Database& database) {
    // IMMEDIATE: of two programs that open a new file at once, the second one finds it done.
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    for (int version = versionOf(database); version < schemaVersion(); ++version) {
        database.exec(kMigrations[static_cast<std::size_t>(version)]);
    }
    database.exec(fmt::format("PRAGMA application_id = {}", kApplicationId));
    database.exec(fmt::format("PRAGMA user_version = {}", schemaVersion()));
    transaction.commit();
}

Error errorOf(const SQLite::Exception& exception, const std::string& path) {
    switch (exception.getErrorCode()) {
        case SQLITE_FULL:
            return {
                ErrorKind::Exhausted,
                fmt::format("There is no room for the history {}: {}. Free some disk space; what is new is "
                            "kept and stored then.",
                            path, exception.getErrorStr())};
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return {ErrorKind::Corrupt,
                    fmt::format("The history {} is damaged: {}.", path, exception.what())};
        default:
            return {ErrorKind::Io, fmt::format("The history {} could not be used: {} ({}).", path,
                                               exception.what(), exception.getErrorStr())};
    }
}

}  // namespace longship
