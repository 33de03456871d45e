#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/base/clock.h"
#include "core/protocol/cluster_register.h"

namespace longship {

/// Turns what was committed into what this agent's history lacks: each run's events once and in order. Where
/// the log's snapshot left out events of the past, they are asked for at the leader, whose history may have
/// them; what comes after them waits.
class HistoryFeed {
public:
    /// `history`: the runs that it holds already; `lastEvents`: when the last event of each was.
    explicit HistoryFeed(const std::vector<RunSnapshot>& history,
                         const std::map<RunId, UtcTime>& lastEvents = {});

    /// A run of the register has grown or was replaced by a snapshot's.
    void update(const RunId& run, const ClusterRegister::Run& state);

    /// What the history has of this run is of a branch of the log that was given up.
    void markVoid(const RunId& run);
    /// Such runs, each once: also those which update() found to have other events than were committed.
    /// Nothing more is given of them.
    std::vector<RunId> takeVoid();

    std::optional<RunEvent> pollEvent();

    /// What to ask the leader for, if anything. `alone`: there is nobody to ask, what is there must do.
    std::optional<PullRequest> nextPull(const ClusterRegister& all, bool alone, TimePoint now);
    void answered(const PullAnswer& answer, const ClusterRegister& all);
    bool isWaiting() const { return !m_lacking.empty(); }

    static constexpr Duration kAskAgain{std::chrono::seconds(1)};

private:
    struct Given {
        std::uint64_t sequence = 0;  ///< Of the last event.
        UtcTime time;                ///< Of that event; 0: not known.
    };
    static bool isOfAnotherBranch(const Given& given, const ClusterRegister::Run& state);
    void give(const RunEvent& event);
    void giveAll(const RunId& run, const ClusterRegister::Run& state);

    std::map<RunId, Given> m_given;
    std::set<RunId> m_void;
    std::vector<RunId> m_voidToTell;
    std::map<RunId, std::optional<TimePoint>> m_lacking;  ///< When their past was asked for.
    std::deque<RunEvent> m_events;
    std::uint64_t m_request = 0;
};

}  // namespace longship
