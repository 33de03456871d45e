#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/protocol/messages.h"

namespace longship {

/// Who a connection's key belongs to.
struct Peer {
    Role role = Role::Client;
    NodeId node;          ///< Agents.
    bool leader = false;  ///< Agents.
    TaskKey task;         ///< Workers.
};

/// Nothing when the peer may say this; else the reason as a sentence. A role comes from the key that CURVE
/// proved, never from what the peer says about itself: a client may not send heartbeats, an agent may only
/// speak for its own node, a worker only for its own task, and only the leader gives orders.
std::optional<std::string> refusalOf(const Peer& peer, const Message& message);

/// For people, as the start of a sentence: "The agent of node-b", "worker-0 of run 2026…".
std::string describe(const Peer& peer);

/// Type of the message for people: "Heartbeat".
std::string_view nameOf(const Message& message);

/// The number of the request that a refusal answers, 0 for messages that have none.
std::uint64_t requestOf(const Message& message);

}  // namespace longship
