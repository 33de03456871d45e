#pragma once

#include <cstdint>
#include <filesystem>
#include <map>

#include "core/domain/run_snapshot.h"

namespace longship {

/// Removes the checkpoints of this node that nobody will go back to. Of a run that goes on it leaves the
/// committed ones that count and what may still be committed; of a run that has ended the last one, as long
/// as the budget allows. Follows the events of the runs. Not thread-safe.
class CheckpointShelf {
public:
    /// `runs`: the folder with a folder for each run. `budget`: bytes; 0: any.
    CheckpointShelf(std::filesystem::path runs, std::uint64_t budget);

    /// A run as the history knows it, when the agent starts and no worker is there.
    void restore(const RunSnapshot& run);
    void apply(const RunEvent& event);
    /// What its events said does not count. Its files stay until other events say what becomes of them.
    void forget(const RunId& run) { m_known.erase(run); }

private:
    void tidy(const RunSnapshot& run, bool nobodyWrites) const;
    void keepBudget() const;

    const std::filesystem::path m_runs;
    const std::uint64_t m_budget;
    std::map<RunId, RunSnapshot> m_known;  ///< Of runs with checkpoints: only what says which ones count.
};

}  // namespace longship
