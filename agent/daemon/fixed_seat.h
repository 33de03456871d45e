#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/protocol/agent_machine.h"
#include "core/protocol/coordinator.h"

namespace longship {

/// This agent's part in its cluster: always an AgentMachine, and the Coordinator where it leads. What the two
/// say to each other on one node is handed over here and never sees a socket. Sans-I/O and not thread-safe,
/// as they are.
class FixedSeat {
public:
    struct Options {
        NodeId self;
        std::string cluster;
        std::string version;
        std::vector<NodeId> nodes;  ///< In roster order; the first leads.
        Term term = 1;              ///< Of this leadership, when leading.
        std::uint64_t seed = 0;
    };
    /// What is to be done now, in this order: store, then act and send.
    struct Work {
        std::vector<RunEvent> events;
        std::vector<AgentMachine::RowsToStore> rows;
        std::vector<AgentAction> actions;
        std::vector<std::pair<NodeId, Message>> toNodes;
        std::vector<std::pair<TaskKey, Message>> toWorkers;
    };

    FixedSeat(const Options& options, TimePoint now);

    bool leads() const { return m_coordinator != nullptr; }
    NodeId leader() const { return m_leader; }
    AgentMachine& machine() { return *m_machine; }
    const AgentMachine& machine() const { return *m_machine; }
    Coordinator* coordinator() { return m_coordinator.get(); }  ///< Null on a node that follows.

    /// Runs that the history holds: unfinished ones are closed as failed.
    void restore(const std::vector<RunSnapshot>& runs, UtcTime wallTime);

    /// From another agent over its link or ours.
    void handleAgent(const NodeId& from, const Message& message, TimePoint now, UtcTime wallTime);
    /// The link to another agent was reset and refused.
    void handleRefused(const NodeId& node, TimePoint now, UtcTime wallTime);
    void handleTimeout(TimePoint now, UtcTime wallTime);
    TimePoint nextTimeout() const;

    /// Everything that the machines have to say. Call after every call of them.
    Work drain(TimePoint now, UtcTime wallTime);

private:
    bool drainCoordinator(Work& work, TimePoint now, UtcTime wallTime);
    bool drainMachine(Work& work, TimePoint now, UtcTime wallTime);

    const NodeId m_self;
    const NodeId m_leader;
    std::unique_ptr<AgentMachine> m_machine;
    std::unique_ptr<Coordinator> m_coordinator;
};

}  // namespace longship
