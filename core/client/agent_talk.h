#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/protocol/messages.h"
#include "core/transport/control.h"

namespace longship {

/// A short talk with some agents, for starting, taking over and ending a cluster: connects, greets, says
/// something, waits for what it needs. Used by one thread; ends with the object.
class AgentTalk {
public:
    static Result<AgentTalk> open(const KeyPair& keys, const std::vector<RosterEntry>& agents,
                                  const std::string& version);

    /// Waits until every agent welcomed us. Unavailable or Refused name the node that did not.
    Result<void> greet(TimePoint deadline);
    /// Waits until every agent reports itself as a node of the roster's cluster.
    Result<void> handOut(const Roster& roster, TimePoint deadline);
    /// Says it to every agent that can be reached before `deadline`, and waits until `done` is true for every
    /// one, whether it was reached or not.
    void sayUntil(const Message& message, TimePoint deadline, const std::function<bool(const NodeId&)>& done);

    /// What it would cost to let an agent go on without a majority of the others, as the one says that would.
    /// Refused, with the reason, where that must not be, as while there is a leader; Unavailable.
    Result<TakeoverOutlook> outlook(TimePoint deadline);
    /// Tells the founder to go on, and waits until it leads. What only those have who do not answer is lost.
    Result<void> takeOver(const NodeId& founder, TimePoint deadline);

private:
    struct Agent {
        RosterEntry entry;
        bool connected = false;
        std::string problem;
        std::optional<Welcome> welcome;
        std::optional<ClusterStatus> status;
        bool watched = false;
        std::optional<CommandAnswer> answer;
    };

    explicit AgentTalk(std::unique_ptr<ControlHub> hub, std::string version);
    void say(ControlHub::ConnectionHandle to, const Message& message);
    void waitOnce(TimePoint deadline);
    void watchAll();
    NodeId leaderOf(const Agent& agent) const;
    void hear(Agent& agent, const std::string& bytes);
    Result<void> waitForAll(TimePoint deadline, const std::string& what,
                            const std::function<bool(const Agent&)>& done);

    std::unique_ptr<ControlHub> m_hub;
    std::string m_version;
    std::map<ControlHub::ConnectionHandle, Agent> m_agents;
};

}  // namespace longship
