#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/base/disk_faults.h"
#include "core/base/result.h"
#include "core/protocol/stored_log.h"

namespace longship {

/// The node's replicated log on its disk: a file of checksummed records, one for each LogWrite, appended and
/// synced; rewritten whole (beside, synced, renamed, folder synced) when most of it is dead. What follows the
/// last whole record is the trace of a power cut and is dropped. A record that is damaged while later ones
/// are whole means that the disk cannot be trusted: the file is put aside and the log is as lost. Used by one
/// thread; write() blocks until the disk has it.
class LogStore {
public:
    static constexpr std::uint64_t kDeadBytesMax = std::uint64_t{4} << 20;  ///< Until the file is rewritten.

    /// Io when the file cannot be opened, read or made.
    static Result<std::unique_ptr<LogStore>> open(const std::filesystem::path& path,
                                                  std::shared_ptr<const DiskFaults> faults = nullptr);
    ~LogStore();
    LogStore(const LogStore&) = delete;
    LogStore& operator=(const LogStore&) = delete;

    const StoredLog& log() const { return m_log; }
    /// What was found damaged at open() and what became of it, as sentences; empty: nothing.
    const std::string& notice() const { return m_notice; }

    /// All of them are durable when it returns without an error; the disk is synced once. After an error it
    /// is not certain what the file holds. The next call therefore writes the whole log to a new file, with
    /// all that was to be written before and now; it may be called with nothing, to try again. An Internal
    /// error is a change that does not fit: nothing can be written any more.
    Result<void> write(const std::vector<LogWrite>& changes);

private:
    LogStore(std::filesystem::path path, std::shared_ptr<const DiskFaults> faults)
        : m_path(std::move(path)), m_faults(std::move(faults)) {}

    Result<void> load();
    Result<void> recover(const std::string& bytes);
    Result<void> putAside(const std::string& why);
    Result<void> openForAppending();
    Result<void> append(const std::string& records);
    Result<void> rewrite();

    const std::filesystem::path m_path;
    const std::shared_ptr<const DiskFaults> m_faults;  ///< May be null.
    StoredLog m_log;
    std::string m_notice;
    int m_file = -1;
    std::uint64_t m_sequence = 0;  ///< Of the last record.
    std::uint64_t m_fileBytes = 0;
    std::uint64_t m_liveBytes = 0;  ///< Of the record that the last rewriting made.
    bool m_misfit = false;
    bool m_uncertain = false;  ///< What the file holds, since an error.
};

}  // namespace longship
