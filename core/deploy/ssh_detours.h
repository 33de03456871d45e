#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/clock.h"
#include "core/client/cluster_record.h"
#include "core/deploy/node_deployment.h"

namespace longship {

/// Ways to agents whose ports this machine does not reach: a port of our own loopback, carried through the
/// SSH connection to the agent's node. What is said stays encrypted from end to end by the agent's key.
/// Nobody is asked anything: SSH has to let us in without (ssh-agent, a key without passphrase, a known host
/// key). A thread for each agent that is not reached directly. Thread-safe.
class SshDetours {
public:
    enum class Directly { Try, Never };

    SshDetours(std::vector<SshNode> nodes, const SshSettings& settings, Directly directly = Directly::Try);
    ~SshDetours();
    SshDetours(const SshDetours&) = delete;
    SshDetours& operator=(const SshDetours&) = delete;

    /// Where to connect to for this agent now: its own endpoint, or the near end of its detour. Returns at
    /// once; an agent that is asked for for the first time is looked into meanwhile.
    std::string endpointOf(const RosterEntry& agent);

    /// Waits until it is known how to reach each of these, or that one is reached directly; at most until the
    /// deadline.
    enum class Until { AllKnown, OneDirect };
    void explore(const std::vector<RosterEntry>& agents, Until until, TimePoint deadline);

    /// Those that are reached through SSH now.
    std::vector<NodeId> nodes() const;

private:
    enum class State { Unknown, Direct, Detour, Nowhere };
    struct Way {
        std::string target;  ///< The agent's own endpoint.
        State state = State::Unknown;
        std::uint16_t port = 0;  ///< Of the detour.
        std::jthread thread;
    };

    void seek(const std::stop_token& stop, const SshNode& node, const std::string& target);
    void set(const std::stop_token& stop, const NodeId& node, State state, std::uint16_t port = 0);

    const std::vector<SshNode> m_nodes;
    const SshSettings m_settings;
    const Directly m_directly;

    mutable std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::map<NodeId, Way> m_ways;         ///< Guarded by m_mutex.
    std::vector<std::jthread> m_retired;  ///< Guarded by m_mutex: of agents that listen elsewhere now.
};

/// Null for a cluster that was not made over SSH.
Result<std::shared_ptr<SshDetours>> detoursOf(const ClusterFiles& cluster, const SshSettings& settings);

/// Keeps the detours as long as it is kept; nothing where there are none.
WayTo wayThrough(const std::shared_ptr<SshDetours>& detours);

}  // namespace longship
