#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "core/history/history.h"
#include "core/protocol/messages.h"

namespace longship {

/// Where the log of each run ends, kept in memory for the status that clients get: at most kRunHeadsMax, the
/// oldest is forgotten (it stays in the history). Not thread-safe.
class RunHeads {
public:
    static constexpr std::size_t kRunHeadsMax = 200;

    /// Of the newest runs of the history; returns their snapshots, newest first.
    std::vector<RunSnapshot> load(const History& history);

    void apply(const RunEvent& event);

    bool contains(const RunId& run) const { return m_heads.contains(run); }
    bool anyActive() const;
    std::vector<RunHead> newestFirst() const;

private:
    std::map<RunId, RunHead> m_heads;  ///< Ids sort by time.
};

}  // namespace longship
