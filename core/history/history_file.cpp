#include "core/history/history_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "core/base/clock.h"
#include "core/base/files.h"
#include "core/history/history_schema.h"

namespace longship {
namespace {

// Long enough for another program's largest batch on a slow disk.
constexpr int kBusyTimeoutMs = 10'000;

// Reading a larger file whole would delay the start; damage there shows when it is met.
constexpr std::uintmax_t kCheckedBytesMax = std::uintmax_t{32} << 20;

/// Holds flock() on PATH.lock. Not on the file itself: closing a second descriptor of it would drop SQLite's
/// own locks of this process.
class OpeningLock {
public:
    explicit OpeningLock(const std::filesystem::path& path)
        : m_descriptor(::open((path.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
        while (m_descriptor >= 0 && ::flock(m_descriptor, LOCK_EX) != 0 && errno == EINTR) {
        }
    }
    ~OpeningLock() {
        if (m_descriptor >= 0) {
            ::close(m_descriptor);
        }
    }
    OpeningLock(const OpeningLock&) = delete;
    OpeningLock& operator=(const OpeningLock&) = delete;

    bool isHeld() const { return m_descriptor >= 0; }

private:
    int m_descriptor;
};

Error putAside(const std::filesystem::path& path, std::string_view why) {
    std::string stamp = toIso8601(UtcTime::now());
    std::erase(stamp, ':');
    const std::string aside = fmt::format("{}.damaged-{}", path.string(), stamp);
    for (const char* suffix : {"", "-wal", "-shm"}) {
        std::error_code code;
        std::filesystem::rename(path.string() + suffix, aside + suffix, code);
        if (code && *suffix == '\0') {
            return {ErrorKind::Corrupt,
                    fmt::format("The history {} is damaged ({}) and could not be put aside: {}.",
                                path.string(), why, code.message())};
        }
    }
    return {ErrorKind::Corrupt,
            fmt::format("The history {} is damaged ({}). It was put aside as {}; a new one will be begun.",
                        path.string(), why, aside)};
}

Result<void> checkIsOurs(SQLite::Database& database, const std::string& path) {
    const int version = versionOf(database);
    if (version < 0) {
        return failure(ErrorKind::Refused,
                       fmt::format("{} is a database of another program. Nothing was changed.", path));
    }
    if (version > schemaVersion()) {
        return failure(ErrorKind::Refused,
                       fmt::format("The history {} was written by a newer Longship: its format is {}, and "
                                   "version " LONGSHIP_VERSION
                                   " reads formats up to {}. Nothing was changed; update Longship "
                                   "on this machine.",
                                   path, version, schemaVersion()));
    }
    std::error_code ignored;
    if (version > 0 && std::filesystem::file_size(path, ignored) <= kCheckedBytesMax) {
        const std::string verdict = database.execAndGet("PRAGMA quick_check(1)").getString();
        if (verdict != "ok") {
            return failure(putAside(path, verdict));
        }
    }
    return {};
}

}  // namespace

std::unique_ptr<SQLite::Database> connect(const std::filesystem::path& path, ConnectionUse use) {
    auto database = std::make_unique<SQLite::Database>(
        path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeoutMs);
    database->exec("PRAGMA foreign_keys = ON");
    database->exec("PRAGMA synchronous = FULL");
    if (use == ConnectionUse::Read) {
        database->exec("PRAGMA query_only = ON");
    }
    return database;
}

Result<std::unique_ptr<SQLite::Database>> openHistoryFile(const std::filesystem::path& path) {
    if (const auto folder = path.parent_path(); !folder.empty() && !std::filesystem::exists(folder)) {
        LONGSHIP_TRY(makePrivateFolder(folder));
    }
    const OpeningLock lock(path);
    if (!lock.isHeld()) {
        return failure(ErrorKind::Io,
                       fmt::format("The history {} could not be opened: its folder cannot be written "
                                   "({}).",
                                   path.string(), std::strerror(errno)));
    }
    try {
        auto database = connect(path, ConnectionUse::Write);
        LONGSHIP_TRY(checkIsOurs(*database, path.string()));
        // Readers and the writer do not wait for each other. After the check: a file that is refused stays as
        // it was.
        database->execAndGet("PRAGMA journal_mode = WAL");
        database->execAndGet(fmt::format("PRAGMA journal_size_limit = {}", 4 << 20));
        migrate(*database);
        return database;
    } catch (const SQLite::Exception& exception) {
        const int code = exception.getErrorCode();
        if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) {
            return failure(putAside(path, exception.what()));
        }
        return failure(errorOf(exception, path.string()));
    }
}

}  // namespace longship
