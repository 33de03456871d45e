#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/domain/run_snapshot.h"
#include "core/protocol/messages.h"
#include "core/protocol/row_spans.h"

namespace longship {

/// Keeps a copy of what the other nodes know of the runs: step rows, and the end of each task's log. (Events
/// come with the replicated log.) Every agent has one. A follower asks the leader for everything, the leader
/// asks each node for the logs of its own tasks; both ask further where rows are missing. Asking with cursors
/// bounds what is sent, and after a broken connection it goes on where it stopped. Sans-I/O, not thread-safe.
class Mirror {
public:
    /// Between two questions to the same node about the same run. What is said on one node is on the leader
    /// after one of them and everywhere after two.
    static constexpr std::chrono::milliseconds kPause{300};
    /// An answer that took longer is not waited for: it is asked again, less often.
    static constexpr std::chrono::milliseconds kPatience{1500};
    /// How soon a node that could not fill a gap is asked again.
    static constexpr std::chrono::seconds kVain{10};
    /// What a run's workers still write after its end is waited for.
    static constexpr std::chrono::seconds kAftermath{5};
    /// What is not complete that long after the end stays so.
    static constexpr std::chrono::minutes kGiveUp{10};
    static constexpr std::uint32_t kRowsMax = 2000;
    static constexpr std::size_t kRunsMax = 64;  ///< The oldest is given up.

    using LogName = std::pair<TaskId, NodeId>;
    struct Outgoing {
        NodeId to;
        MirrorRequest request;
        bool operator==(const Outgoing&) const = default;
    };
    /// What is here already, when an agent starts.
    struct Held {
        RowSpans rows;
        std::map<LogName, std::uint64_t> logs;  ///< Where each copy ends.
    };

    explicit Mirror(NodeId self) : m_self(std::move(self)) {}

    void restore(const RunSnapshot& run, Held held, TimePoint now);
    /// Events of a run in order: they tell where its tasks are, and when it has ended.
    void learn(const RunEvent& event, TimePoint now);
    /// A row was stored here, wherever it came from.
    void stored(const RunId& run, const RowKey& row);

    /// Who leads and who else is in the cluster, then who is asked what. Harmless when called early.
    void handleTimeout(const NodeId& leader, const std::vector<NodeId>& nodes, TimePoint now);
    TimePoint nextTimeout() const { return m_next; }
    std::optional<Outgoing> pollTransmit();

    /// Leaves in the answer what is to be stored: nothing when nobody waits for it. Its rows are told again
    /// with stored().
    void take(const NodeId& from, MirrorAnswer& answer, TimePoint now);

    /// Rows from this step on are held back from readers, whose cursors only go forward: one before it is
    /// missing and on its way. None: all may be read.
    std::optional<Step> heldBack(const RunId& run, TimePoint now) const;

private:
    /// What goes on with one other node about one run.
    struct Talk {
        std::uint64_t request = 0;  ///< Not answered yet; 0: none.
        TimePoint sentAt{};
        TimePoint dueAt{};
        bool askedRows = false;
        Step wanted = 0;  ///< First step that was missing when it was asked.
        std::optional<Step> vain;
        TimePoint vainAt{};
        bool quiet = false;  ///< It had nothing new, after the run's end.
    };
    struct Run {
        std::map<LogName, std::uint64_t> logs;
        RowSpans rows;
        std::optional<TimePoint> endedAt;
        Step steps = 0;  ///< Of the ended run.
        std::map<NodeId, Talk> talks;
    };

    Run& at(const RunId& run);
    static bool lacksRows(const Run& run);
    static bool isVain(const Run& run, const NodeId& node, TimePoint now);
    bool wantsRows(const Run& run, const NodeId& from, TimePoint now) const;
    std::vector<LogCursor> wantedLogs(const Run& run, const NodeId& from) const;
    void talkWith(const NodeId& node, const RunId& id, Run& run, TimePoint now);
    bool isComplete(const Run& run, TimePoint now) const;

    NodeId m_self;
    NodeId m_leader;
    std::vector<NodeId> m_nodes;
    std::map<RunId, Run> m_runs;  ///< Ids sort by time.
    std::deque<Outgoing> m_outgoing;
    std::uint64_t m_lastRequest = 0;
    TimePoint m_next = TimePoint::max();
};

}  // namespace longship
