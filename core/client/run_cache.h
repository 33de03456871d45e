#pragma once

#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "core/base/files.h"
#include "core/client/client.h"
#include "core/client/cluster_session.h"
#include "core/history/history.h"

namespace longship {

/// The runs of this user in memory, in front of the history database: snapshots, and the newest rows that the
/// writer thread may not have stored yet, so that a row can be read the moment it arrived. The writing
/// functions belong to the engine thread; the reading ones may be called from any thread. Another program
/// with the same history open is noticed by refresh().
class RunCache {
public:
    /// `runsFolder` holds a folder for each run; a file "forgotten" in it keeps the run from coming back.
    RunCache(History& history, std::filesystem::path runsFolder);

    // Engine thread.

    /// None when the run was forgotten.
    std::optional<RunProgress> progress(const RunId& run);
    /// Takes in what is new and stores it. False when nothing was.
    bool add(const RunId& run, std::vector<RunEvent> events, std::vector<StepRow> rows);
    /// Drops what is here of a run, which is void, so that it comes anew.
    void startOver(const RunId& run);
    /// Takes over what other programs stored; the runs that changed.
    std::vector<RunId> refresh();
    /// True when add() was called since the last time.
    bool takeUnsynced();
    /// The runs that have not ended, as far as is known here.
    std::vector<RunSummary> unfinished() const;

    // Any thread.

    std::vector<RunSummary> summaries() const;
    std::optional<RunSnapshot> snapshot(const RunId& run) const;
    std::optional<ModelSaved> modelOf(const RunId& run) const;
    std::vector<StepRow> rows(const RunId& run, std::optional<RowKey> after, std::size_t rowsMax) const;
    std::vector<RunEvent> events(const RunId& run) const;
    /// Refused while the run goes on, unless nobody is left who knows it.
    Result<void> forget(const RunId& run, bool leftBehind);

    std::filesystem::path runFolder(const RunId& run) const { return m_runsFolder / run.value; }

private:
    struct Entry {
        RunSnapshot snapshot;
        RunSummary summary;
        bool stored = false;                ///< Was seen in the database.
        std::vector<RunEvent> freshEvents;  ///< Arrived here; the database may not have them yet.
        std::deque<StepRow> freshRows;      ///< The same; all rows before the first are in the database.
        UtcTime lastEventAt = {};
        std::optional<RowKey> lastRow;
        bool lastRowKnown = false;
    };

    Entry load(const RunId& run) const;
    UtcTime lastEventOf(const RunId& run, std::uint64_t sequence) const;
    bool addEvents(Entry& entry, std::vector<RunEvent>& events);
    bool addRows(const RunId& run, Entry& entry, std::vector<StepRow>& rows);
    void knowLastRow(const RunId& run, Entry& entry) const;
    bool wasForgotten(const RunId& run) const;

    History& m_history;
    std::filesystem::path m_runsFolder;
    mutable std::mutex m_mutex;
    std::map<RunId, Entry> m_entries;
    std::set<RunId> m_forgotten;
    bool m_unsynced = false;
};

}  // namespace longship
