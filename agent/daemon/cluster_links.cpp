#include "agent/daemon/cluster_links.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "agent/supervision/agent_home.h"
#include "agent/supervision/machine.h"
#include "core/protocol/limits.h"
#include "core/transport/keys.h"

namespace longship {

Result<void> ClusterLinks::check(const Roster& roster, const NodeId& self, const std::string& ownKey) {
    if (roster.nodes.empty() || roster.nodes.size() > kNodesMax || !isSafeName(roster.cluster)) {
        return failure(
            ErrorKind::BadInput,
            fmt::format("A roster needs the name of its cluster and 1 to {} nodes; \"{}\" with {} was "
                        "given.",
                        kNodesMax, roster.cluster, roster.nodes.size()));
    }
    std::set<NodeId> names;
    for (const RosterEntry& entry : roster.nodes) {
        if (!isSafeName(entry.node.value) || !isPublicKey(entry.publicKey) ||
            hostOf(entry.endpoint).empty() || !names.insert(entry.node).second) {
            return failure(
                ErrorKind::BadInput,
                fmt::format("The roster's entry for \"{}\" is not usable: it needs a name of its own, an "
                            "endpoint such as tcp://127.0.0.1:4100 and a public key.",
                            entry.node.value));
        }
    }
    const bool hasSelf = std::any_of(roster.nodes.begin(), roster.nodes.end(), [&](const RosterEntry& entry) {
        return entry.node == self && entry.publicKey == ownKey;
    });
    if (!hasSelf) {
        return failure(ErrorKind::BadInput,
                       fmt::format("This agent is {} with the key {}, and the roster does not have it.",
                                   self.value, ownKey));
    }
    return {};
}

std::vector<NodeId> ClusterLinks::setRoster(const Roster& roster) {
    m_roster = roster;
    std::vector<NodeId> ended;
    std::map<NodeId, Link> links;
    for (const RosterEntry& entry : roster.nodes) {
        if (entry.node == m_self) {
            continue;
        }
        const auto before = m_links.find(entry.node);
        if (before != m_links.end() && before->second.entry == entry) {
            links.insert(m_links.extract(before));
        } else if (const auto connection = m_hub.connect(entry.endpoint, entry.publicKey)) {
            links[entry.node] = {*connection, entry, false, false};
        } else {
            spdlog::error("{} cannot be connected to: {}", entry.node.value, connection.error().text);
        }
    }
    for (const auto& [node, link] : m_links) {
        m_hub.disconnect(link.connection);
        ended.push_back(node);
    }
    m_links = std::move(links);
    return ended;
}

void ClusterLinks::retry(const NodeId& node) {
    const auto link = m_links.find(node);
    if (link == m_links.end() || link->second.connected) {
        return;
    }
    if (const auto connection = m_hub.connect(link->second.entry.endpoint, link->second.entry.publicKey)) {
        m_hub.disconnect(std::exchange(link->second.connection, *connection));
    }
}

std::vector<NodeId> ClusterLinks::nodes() const {
    std::vector<NodeId> nodes;
    for (const RosterEntry& entry : m_roster.nodes) {
        nodes.push_back(entry.node);
    }
    return nodes;
}

std::set<std::string> ClusterLinks::publicKeys() const {
    std::set<std::string> keys;
    for (const RosterEntry& entry : m_roster.nodes) {
        keys.insert(entry.publicKey);
    }
    return keys;
}

std::optional<NodeId> ClusterLinks::nodeWithKey(const std::string& publicKey) const {
    for (const RosterEntry& entry : m_roster.nodes) {
        if (entry.publicKey == publicKey) {
            return entry.node;
        }
    }
    return std::nullopt;
}

const RosterEntry* ClusterLinks::entryOf(const NodeId& node) const {
    const auto found = std::find_if(m_roster.nodes.begin(), m_roster.nodes.end(),
                                    [&](const RosterEntry& entry) { return entry.node == node; });
    return found == m_roster.nodes.end() ? nullptr : &*found;
}

std::optional<NodeId> ClusterLinks::nodeOf(ControlHub::ConnectionHandle connection) const {
    for (const auto& [node, link] : m_links) {
        if (link.connection == connection) {
            return node;
        }
    }
    return std::nullopt;
}

void ClusterLinks::markConnected(const NodeId& node) {
    if (const auto link = m_links.find(node); link != m_links.end()) {
        link->second.connected = true;
        link->second.wasConnected = true;
    }
}

void ClusterLinks::markDisconnected(const NodeId& node) {
    if (const auto link = m_links.find(node); link != m_links.end()) {
        link->second.connected = false;
    }
}

bool ClusterLinks::isConnected(const NodeId& node) const {
    const auto link = m_links.find(node);
    return link != m_links.end() && link->second.connected;
}

bool ClusterLinks::takeWasConnected(const NodeId& node) {
    const auto link = m_links.find(node);
    return link != m_links.end() && std::exchange(link->second.wasConnected, false);
}

Result<void> ClusterLinks::send(const NodeId& to, std::string_view bytes) {
    const auto link = m_links.find(to);
    if (link == m_links.end() || !link->second.connected) {
        return failure(ErrorKind::Unavailable, fmt::format("There is no connection to {}.", to.value));
    }
    return m_hub.send(link->second.connection, bytes);
}

}  // namespace longship
