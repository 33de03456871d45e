#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/domain/node.h"
#include "core/protocol/messages.h"
#include "core/protocol/timeouts.h"

namespace longship {

/// What the leader knows of the agents: when each was last heard and what runs there. A node is Connecting
/// until it is heard for the first time, Silent after T/3 without a word, Lost after T or when its link is
/// refused, and back with its next heartbeat; Busy while a worker is there. Pure bookkeeping; the coordinator
/// draws the conclusions.
class NodeTable {
public:
    struct Loss {
        NodeId node;
        std::string why;  ///< "nothing was heard from its agent for 3.0 s".
    };

    /// `seen`: nodes that were there before; of the others a refused connection only means that they are not
    /// up yet.
    NodeTable(const std::vector<NodeId>& nodes, NodeId self, const Timeouts& times, TimePoint now,
              const std::set<NodeId>& seen = {});

    bool contains(const NodeId& node) const { return find(node) != nullptr; }

    /// Of a node that was heard before this table was: its silence counts from then, but it has T/3 from now.
    void silentSince(const NodeId& node, TimePoint time);

    /// Any message but a heartbeat: a sign of life, unless the node is lost already.
    void heard(const NodeId& node, TimePoint now);
    void heartbeat(const Heartbeat& heartbeat, TimePoint now);
    /// A task of the last heartbeat has ended since.
    void taskExited(const NodeId& node, const TaskKey& key);

    /// The loss that this means, unless it was lost or never heard before.
    std::optional<Loss> refused(const NodeId& node, TimePoint now);
    /// Nodes that became lost by silence since the last call.
    std::vector<Loss> expire(TimePoint now);
    std::optional<TimePoint> nextTimeout() const;

    NodeState stateOf(const NodeId& node, TimePoint now) const;
    bool isLost(const NodeId& node) const;
    /// It is heard, and by what its agent said last there is room for the task: no other worker is there for
    /// a worker, no other server of its run for a server.
    bool hasRoomFor(const NodeId& node, const RunId& run, const TaskId& task) const;
    std::size_t lostCount() const;
    bool heardSince(const NodeId& node, TimePoint time) const;

    /// In roster order; `tasks` are those of the last heartbeat.
    std::vector<NodeView> views(TimePoint now) const;
    std::vector<NodeId> ids() const;

private:
    struct Entry {
        NodeId node;
        std::optional<TimePoint> heardAt{};
        bool seen = false;
        std::optional<TimePoint> silentSince{};  ///< While it was not heard; else since the start.
        bool lost = false;
        std::string detail{};
        std::vector<TaskKey> tasks{};
        std::optional<NodeSample> sample{};
        std::string version{};
    };

    TimePoint deadAt(const Entry& entry) const;
    const Entry* find(const NodeId& node) const;
    Entry* find(const NodeId& node);
    NodeState stateOf(const Entry& entry, TimePoint now) const;
    std::string detailOf(const Entry& entry, TimePoint now) const;

    NodeId m_self;
    Timeouts m_times;
    TimePoint m_startedAt;
    std::vector<Entry> m_entries;
};

}  // namespace longship
