#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "agent/daemon/run_heads.h"
#include "agent/supervision/agent_home.h"
#include "core/base/clock.h"
#include "core/history/history.h"
#include "core/protocol/messages.h"
#include "core/transport/control.h"

namespace longship {

/// What programs read from this agent: a run's records beyond a cursor, waited for when there is nothing yet
/// (long poll); the cluster's status, each second and at every change; files of a run. Lives on the agent
/// loop.
class ClientDesk {
public:
    static constexpr std::size_t kPullsMax = 1024;   ///< Waiting at once; more are answered empty.
    static constexpr std::uint32_t kRowsMax = 2000;  ///< In one answer.
    static constexpr std::size_t kEventsMax = 64;    ///< In one answer: incidents carry logs.
    static constexpr std::uint32_t kFetchBytesMax = 1u << 20;
    static constexpr std::chrono::milliseconds kWaitMax{30'000};

    /// False when the connection is gone.
    using Send = std::function<bool(const ConnectionId&, const Message&)>;
    using StatusOf = std::function<ClusterStatus(TimePoint)>;
    /// Rows from this step on are not shown yet (Mirror::heldBack).
    using HeldBack = std::function<std::optional<Step>(const RunId&)>;

    /// All must outlive this object.
    ClientDesk(const History& history, const RunHeads& heads, const AgentHome& home, Send send,
               StatusOf statusOf, HeldBack heldBack);

    void pull(const ConnectionId& from, const PullRequest& request, TimePoint now);
    void watch(const ConnectionId& from, TimePoint now);
    void fetch(const ConnectionId& from, const FetchRequest& request);

    /// Events up to `sequence`, or rows up to `last`, were given to the history, which stores them soon.
    void eventsAppended(const RunId& run, std::uint64_t sequence);
    void rowsAppended(const RunId& run, const RowKey& last);
    /// Something of the cluster's status may have changed.
    void statusChanged() { m_statusDirty = true; }

    /// Answers what can be answered now, and tells the watchers. Call once a turn of the loop.
    void publish(TimePoint now);
    TimePoint nextTimeout() const;

    bool anybodyWatches() const { return !m_watchers.empty(); }

private:
    struct Waiting {
        ConnectionId from;
        PullRequest request;
        TimePoint deadline;
    };
    /// Given to the history and not seen there yet.
    struct Pending {
        std::uint64_t sequence = 0;
        std::optional<RowKey> row;
    };

    bool answer(const Waiting& waiting, bool evenEmpty);
    bool isVoid(const PullRequest& request, const std::vector<RunEvent>& events) const;
    void answerWaiting(TimePoint now);
    void findStored(TimePoint now);
    void tellWatchers(TimePoint now);
    bool isStored(const RunId& run, const Pending& pending) const;
    bool someoneWaitsFor(const RunId& run) const;

    const History& m_history;
    const RunHeads& m_heads;
    const AgentHome& m_home;
    const Send m_send;
    const StatusOf m_statusOf;
    const HeldBack m_heldBack;

    std::vector<Waiting> m_waiting;
    std::set<RunId> m_fresh;  ///< With something to answer with.
    std::map<RunId, Pending> m_pending;
    TimePoint m_checkAt = TimePoint::max();

    std::set<ConnectionId> m_watchers;
    bool m_statusDirty = false;
    TimePoint m_statusAt{};  ///< When watchers are told even if nothing changed.
    TimePoint m_statusEarliest{};
    std::optional<ClusterStatus> m_told;  ///< Without the samples, which change all the time.
};

}  // namespace longship
