#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/protocol/messages.h"
#include "core/transport/control.h"

namespace longship {

/// Who belongs to the cluster, and this agent's own connections to all the others: it speaks on its own, and
/// hears them on theirs. So each of two hears at once that the other's machine refuses connections. Lives on
/// the agent loop.
class ClusterLinks {
public:
    /// Both must outlive this object.
    ClusterLinks(ControlHub& hub, NodeId self) : m_hub(hub), m_self(std::move(self)) {}

    /// BadInput with a sentence when this agent cannot be part of such a cluster.
    static Result<void> check(const Roster& roster, const NodeId& self, const std::string& ownKey);

    /// Connects to who is new and ends what is no longer there, or there under another address or key; tells
    /// whose connections were ended so. `roster` was checked.
    std::vector<NodeId> setRoster(const Roster& roster);

    const Roster& roster() const { return m_roster; }
    std::vector<NodeId> nodes() const;  ///< All of the roster, in its order.
    std::set<std::string> publicKeys() const;
    std::optional<NodeId> nodeWithKey(const std::string& publicKey) const;
    const RosterEntry* entryOf(const NodeId& node) const;

    // --- What the hub tells about a connection. None when it is not one of ours.
    std::optional<NodeId> nodeOf(ControlHub::ConnectionHandle connection) const;
    void markConnected(const NodeId& node);  ///< And greeted.
    void markDisconnected(const NodeId& node);
    bool isConnected(const NodeId& node) const;
    /// The node is there: it spoke to us. A connection that still waits for its next attempt is made now.
    void retry(const NodeId& node);
    /// True once after a connection that had been up: then a refusal means that the process is gone.
    bool takeWasConnected(const NodeId& node);

    /// Unavailable while there is no connection: nothing may be said before Hello.
    Result<void> send(const NodeId& to, std::string_view bytes);

private:
    struct Link {
        ControlHub::ConnectionHandle connection = 0;
        RosterEntry entry;
        bool connected = false;
        bool wasConnected = false;
    };

    ControlHub& m_hub;
    const NodeId m_self;
    Roster m_roster;
    std::map<NodeId, Link> m_links;
};

}  // namespace longship
