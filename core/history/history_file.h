#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <memory>

#include "core/base/result.h"

namespace longship {

enum class ConnectionUse { Write, Read };

/// A connection with the settings that all of ours have. Throws SQLite::Exception.
std::unique_ptr<SQLite::Database> connect(const std::filesystem::path& path, ConnectionUse use);

/// The first connection of a program: creates the file or brings it up to date, or says why not. A damaged
/// file set is put aside. Holds a lock beside the file, so that two programs starting at once take turns.
Result<std::unique_ptr<SQLite::Database>> openHistoryFile(const std::filesystem::path& path);

}  // namespace longship
