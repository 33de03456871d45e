#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

#include "core/base/error.h"

/// The tables of a history file and the way to them from every older version.
///
///   run     one line per run; event_count and last_sequence tell at a glance what is new
///   event   the append-only log of each run (core/domain/run_event.h), the truth
///   metric  one line per step row (core/domain/step_row.h)
///
/// **Invariant:** a migration is never changed once it was released; a new version appends one, and gets its
/// fixture under tests/data/history.
namespace longship {

/// The schema number that this version writes.
int schemaVersion();

/// Schema number of the file; 0 for an empty one. -1: a database of another program.
int versionOf(SQLite::Database& database);

/// Brings the file to schemaVersion() in one transaction. Throws SQLite::Exception.
void migrate(SQLite::Database& database);

/// Full disk is Exhausted, a file that is none is Corrupt, the rest Io.
Error errorOf(const SQLite::Exception& exception, const std::string& path);

}  // namespace longship
