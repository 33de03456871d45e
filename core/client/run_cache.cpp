#include "core/client/run_cache.h"

#include <fmt/format.h>

#include <algorithm>

namespace longship {
namespace {

// Rows kept in memory for each run that is followed; above twice as many the older half goes, once stored.
constexpr std::size_t kFreshRows = 4096;

bool keyBefore(const RowKey& key, const StepRow& row) {
    return key < row.key;
}

}  // namespace

RunCache::RunCache(History& history, std::filesystem::path runsFolder)
    : m_history(history), m_runsFolder(std::move(runsFolder)) {
    for (const RunId& run : m_history.runs()) {
        m_entries.emplace(run, load(run));
    }
}

RunCache::Entry RunCache::load(const RunId& run) const {
    Entry entry;
    entry.snapshot.run = run;
    if (auto stored = m_history.snapshot(run)) {
        entry.snapshot = std::move(*stored);
        entry.stored = true;
        entry.lastEventAt = lastEventOf(run, entry.snapshot.sequence);
    }
    entry.summary = summarize(entry.snapshot);
    return entry;
}

UtcTime RunCache::lastEventOf(const RunId& run, std::uint64_t sequence) const {
    const auto last = sequence > 0 ? m_history.events(run, sequence - 1) : std::vector<RunEvent>();
    return last.empty() || last.front().sequence != sequence ? UtcTime() : last.front().time;
}

/// Other programs that have the same history open see that it is gone, too.
void RunCache::startOver(const RunId& run) {
    {
        const std::lock_guard lock(m_mutex);
        m_entries.erase(run);
    }
    // What cannot be removed now is found to be void again by the next question.
    static_cast<void>(m_history.sync());
    static_cast<void>(m_history.forget(run));
}

std::optional<RunProgress> RunCache::progress(const RunId& run) {
    const std::lock_guard lock(m_mutex);
    const auto known = m_entries.find(run);
    if (known == m_entries.end()) {
        return wasForgotten(run) ? std::nullopt : std::optional(RunProgress());
    }
    Entry& entry = known->second;
    knowLastRow(run, entry);
    RunProgress progress;
    progress.sequence = entry.snapshot.sequence;
    progress.lastRow = entry.lastRow;
    progress.lastEventAt = entry.lastEventAt;
    progress.finished = isTerminal(entry.snapshot.state);
    progress.stepsFinished = entry.snapshot.finished ? entry.snapshot.finished->steps : 0;
    return progress;
}

bool RunCache::wasForgotten(const RunId& run) const {
    std::error_code ignored;
    return m_forgotten.contains(run) || std::filesystem::exists(runFolder(run) / "forgotten", ignored);
}

void RunCache::knowLastRow(const RunId& run, Entry& entry) const {
    if (!entry.lastRowKnown) {
        entry.lastRow = m_history.lastRow(run);
        entry.lastRowKnown = true;
    }
}

bool RunCache::add(const RunId& run, std::vector<RunEvent> events, std::vector<StepRow> rows) {
    const std::lock_guard lock(m_mutex);
    const auto known = m_entries.find(run);
    if (known == m_entries.end() && wasForgotten(run)) {
        return false;
    }
    Entry& entry = known == m_entries.end() ? m_entries.emplace(run, load(run)).first->second : known->second;
    const bool newEvents = addEvents(entry, events);
    const bool newRows = addRows(run, entry, rows);
    if (!newEvents && !newRows) {
        return false;
    }
    if (newEvents) {
        entry.summary = summarize(entry.snapshot);
    }
    m_history.append(std::move(events), std::move(rows), run);
    m_unsynced = true;
    return true;
}

bool RunCache::addEvents(Entry& entry, std::vector<RunEvent>& events) {
    std::sort(events.begin(), events.end(),
              [](const RunEvent& a, const RunEvent& b) { return a.sequence < b.sequence; });
    // A gap would make the fold wrong for ever: what lies behind one is left for the next pull.
    std::vector<RunEvent> next;
    for (RunEvent& event : events) {
        if (event.sequence == entry.snapshot.sequence + 1) {
            apply(entry.snapshot, event);
            entry.lastEventAt = event.time;
            entry.freshEvents.push_back(event);
            next.push_back(std::move(event));
        }
    }
    events = std::move(next);
    return !events.empty();
}

bool RunCache::addRows(const RunId& run, Entry& entry, std::vector<StepRow>& rows) {
    knowLastRow(run, entry);
    std::erase_if(rows, [&](const StepRow& row) { return entry.lastRow && row.key <= *entry.lastRow; });
    std::sort(rows.begin(), rows.end(), [](const StepRow& a, const StepRow& b) { return a.key < b.key; });
    if (rows.empty()) {
        return false;
    }
    auto& fresh = entry.freshRows;
    if (fresh.size() > 2 * kFreshRows && m_history.lastRow(run) >= fresh[kFreshRows].key) {
        fresh.erase(fresh.begin(), fresh.begin() + kFreshRows);
    }
    fresh.insert(fresh.end(), rows.begin(), rows.end());
    entry.lastRow = rows.back().key;
    return true;
}

std::vector<RunId> RunCache::refresh() {
    std::vector<RunId> changed;
    const std::vector<RunId> stored = m_history.runs();
    const std::lock_guard lock(m_mutex);
    for (const RunId& run : stored) {
        const auto known = m_entries.find(run);
        if (known == m_entries.end()) {
            m_entries.emplace(run, load(run));
            changed.push_back(run);
            continue;
        }
        Entry& entry = known->second;
        entry.stored = true;
        if (isTerminal(entry.snapshot.state)) {
            continue;
        }
        if (auto other = m_history.snapshot(run); other && other->sequence > entry.snapshot.sequence) {
            entry.snapshot = std::move(*other);
            entry.lastEventAt = lastEventOf(run, entry.snapshot.sequence);
            entry.summary = summarize(entry.snapshot);
            entry.freshEvents.clear();
            changed.push_back(run);
        } else if (entry.freshRows.empty()) {
            const auto last = m_history.lastRow(run);
            if (last != entry.lastRow) {
                entry.lastRow = last;
                entry.lastRowKnown = true;
                changed.push_back(run);
            }
        }
    }
    const std::set<RunId> present(stored.begin(), stored.end());
    std::erase_if(m_entries, [&](const auto& known) {
        const bool gone = known.second.stored && !present.contains(known.first);
        if (gone) {
            changed.push_back(known.first);
        }
        return gone;
    });
    return changed;
}

bool RunCache::takeUnsynced() {
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_unsynced, false);
}

std::vector<RunSummary> RunCache::summaries() const {
    const std::lock_guard lock(m_mutex);
    std::vector<RunSummary> summaries;
    for (const auto& [run, entry] : m_entries) {
        summaries.push_back(entry.summary);
    }
    std::stable_sort(summaries.begin(), summaries.end(),
                     [](const RunSummary& a, const RunSummary& b) { return b.queuedAt < a.queuedAt; });
    return summaries;
}

std::vector<RunSummary> RunCache::unfinished() const {
    const std::lock_guard lock(m_mutex);
    std::vector<RunSummary> runs;
    for (const auto& [run, entry] : m_entries) {
        if (!isTerminal(entry.summary.state)) {
            runs.push_back(entry.summary);
        }
    }
    return runs;
}

std::optional<RunSnapshot> RunCache::snapshot(const RunId& run) const {
    const std::lock_guard lock(m_mutex);
    const auto entry = m_entries.find(run);
    return entry == m_entries.end() ? std::nullopt : std::optional(entry->second.snapshot);
}

std::optional<ModelSaved> RunCache::modelOf(const RunId& run) const {
    const std::lock_guard lock(m_mutex);
    const auto entry = m_entries.find(run);
    return entry == m_entries.end() ? std::nullopt : entry->second.snapshot.model;
}

std::vector<StepRow> RunCache::rows(const RunId& run, std::optional<RowKey> after,
                                    std::size_t rowsMax) const {
    std::vector<StepRow> fresh;
    std::optional<RowKey> firstFresh;
    {
        // The fresh rows first: what leaves them is in the database by then, so nothing falls between.
        const std::lock_guard lock(m_mutex);
        const auto entry = m_entries.find(run);
        if (entry == m_entries.end()) {
            return {};
        }
        const auto& rows = entry->second.freshRows;
        auto from = after ? std::upper_bound(rows.begin(), rows.end(), *after, keyBefore) : rows.begin();
        const auto count = std::min(rowsMax, static_cast<std::size_t>(rows.end() - from));
        fresh.assign(from, from + static_cast<std::ptrdiff_t>(count));
        if (!rows.empty()) {
            firstFresh = rows.front().key;
        }
    }
    if (firstFresh && after && *after >= *firstFresh) {
        return fresh;
    }
    std::vector<StepRow> rows = m_history.rows(run, after, rowsMax);
    if (firstFresh) {
        std::erase_if(rows, [&](const StepRow& row) { return row.key >= *firstFresh; });
        const auto room = std::min(rowsMax - rows.size(), fresh.size());
        rows.insert(rows.end(), fresh.begin(), fresh.begin() + static_cast<std::ptrdiff_t>(room));
    }
    return rows;
}

std::vector<RunEvent> RunCache::events(const RunId& run) const {
    std::vector<RunEvent> fresh;
    {
        const std::lock_guard lock(m_mutex);
        if (const auto entry = m_entries.find(run); entry != m_entries.end()) {
            fresh = entry->second.freshEvents;
        }
    }
    std::vector<RunEvent> events = m_history.events(run, 0);
    for (RunEvent& event : fresh) {
        if (events.empty() || event.sequence > events.back().sequence) {
            events.push_back(std::move(event));
        }
    }
    return events;
}

Result<void> RunCache::forget(const RunId& run, bool leftBehind) {
    {
        const std::lock_guard lock(m_mutex);
        const auto entry = m_entries.find(run);
        if (entry == m_entries.end()) {
            return failure(ErrorKind::NotFound, fmt::format("There is no run {}.", run.value));
        }
        if (!isTerminal(entry->second.snapshot.state) && !leftBehind) {
            return failure(ErrorKind::Refused,
                           fmt::format("The run {} goes on: stop it before you remove it.", run.value));
        }
        // Before the mark is on the disk a pull must not bring it back.
        m_forgotten.insert(run);
        m_entries.erase(entry);
    }
    LONGSHIP_TRY(m_history.sync());
    LONGSHIP_TRY(m_history.forget(run));
    std::error_code code;
    std::filesystem::remove_all(runFolder(run), code);
    LONGSHIP_TRY(makePrivateFolder(runFolder(run)));
    return writeFileAtomically(runFolder(run) / "forgotten", "");
}

}  // namespace longship
