#include "core/deploy/ssh_detours.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/deploy/ssh_cluster.h"

namespace longship {
namespace {

// On a network that lets the port through, it answers within milliseconds.
constexpr std::chrono::seconds kDirectPatience{2};
constexpr std::chrono::seconds kReachPatience{5};
constexpr std::chrono::seconds kAgainAfter{15};
constexpr std::chrono::seconds kAgainAfterBreak{1};

struct Target {
    std::string host;
    std::uint16_t port = 0;
};

/// "tcp://10.0.0.1:4711", "tcp://[fe80::1]:4711".
std::optional<Target> targetOf(std::string_view endpoint) {
    constexpr std::string_view kScheme = "tcp://";
    const auto colon = endpoint.rfind(':');
    if (!endpoint.starts_with(kScheme) || colon < kScheme.size()) {
        return std::nullopt;
    }
    const auto port = parsePort(endpoint.substr(colon + 1));
    std::string host(endpoint.substr(kScheme.size(), colon - kScheme.size()));
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    return port && isSshHost(host) ? std::optional(Target{host, *port}) : std::nullopt;
}

}  // namespace

SshDetours::SshDetours(std::vector<SshNode> nodes, const SshSettings& settings, Directly directly)
    : m_nodes(std::move(nodes)), m_settings(settings), m_directly(directly) {}

SshDetours::~SshDetours() {
    std::vector<std::jthread> threads;
    {
        const std::lock_guard lock(m_mutex);
        threads = std::move(m_retired);
        for (auto& [node, way] : m_ways) {
            threads.push_back(std::move(way.thread));
        }
    }
    for (std::jthread& thread : threads) {
        thread.request_stop();
    }
}

std::string SshDetours::endpointOf(const RosterEntry& agent) {
    const auto node = std::find_if(m_nodes.begin(), m_nodes.end(),
                                   [&](const SshNode& known) { return known.node == agent.node; });
    if (node == m_nodes.end()) {
        return agent.endpoint;
    }
    const std::lock_guard lock(m_mutex);
    Way& way = m_ways[agent.node];
    if (way.target != agent.endpoint) {
        if (way.thread.joinable()) {
            way.thread.request_stop();
            m_retired.push_back(std::move(way.thread));
        }
        way.target = agent.endpoint;
        way.state = State::Unknown;
        way.thread = std::jthread([this, node, target = agent.endpoint](const std::stop_token& stop) {
            seek(stop, *node, target);
        });
    }
    return way.state == State::Detour ? fmt::format("tcp://127.0.0.1:{}", way.port) : agent.endpoint;
}

void SshDetours::explore(const std::vector<RosterEntry>& agents, Until until, TimePoint deadline) {
    for (const RosterEntry& agent : agents) {
        if (!agent.endpoint.empty()) {
            endpointOf(agent);
        }
    }
    std::unique_lock lock(m_mutex);
    m_changed.wait_until(lock, deadline, [&] {
        const auto is = [&](State state) {
            return [state](const auto& entry) { return entry.second.state == state; };
        };
        return (until == Until::OneDirect && std::any_of(m_ways.begin(), m_ways.end(), is(State::Direct))) ||
               std::none_of(m_ways.begin(), m_ways.end(), is(State::Unknown));
    });
}

std::vector<NodeId> SshDetours::nodes() const {
    const std::lock_guard lock(m_mutex);
    std::vector<NodeId> nodes;
    for (const auto& [node, way] : m_ways) {
        if (way.state == State::Detour) {
            nodes.push_back(node);
        }
    }
    return nodes;
}

/// On the thread of one agent: until it is reached directly, or for good.
void SshDetours::seek(const std::stop_token& stop, const SshNode& node, const std::string& endpoint) {
    const auto target = targetOf(endpoint);
    while (target && !stop.stop_requested()) {
        if (m_directly == Directly::Try && isAnswered(target->host, target->port, kDirectPatience, stop)) {
            set(stop, node.node, State::Direct);
            return;
        }
        NoQuestions questions;
        std::chrono::seconds pause = kAgainAfter;
        auto session = SshSession::open(node.route, m_settings, questions, stop);
        if (session && session->reach(target->host, target->port, kReachPatience, stop)) {
            if (const auto listener = LocalListener::open(); listener) {
                set(stop, node.node, State::Detour, listener->port());
                static_cast<void>(session->forward(*listener, target->host, target->port, stop));
                pause = kAgainAfterBreak;
            }
        }
        set(stop, node.node, State::Nowhere);
        std::unique_lock lock(m_mutex);
        m_changed.wait_for(lock, stop, pause, [] { return false; });
    }
    set(stop, node.node, State::Nowhere);
}

void SshDetours::set(const std::stop_token& stop, const NodeId& node, State state, std::uint16_t port) {
    const std::lock_guard lock(m_mutex);
    // Somebody else looks after this agent by now.
    if (stop.stop_requested()) {
        return;
    }
    Way& way = m_ways[node];
    way.state = state;
    way.port = port;
    m_changed.notify_all();
}

Result<std::shared_ptr<SshDetours>> detoursOf(const ClusterFiles& cluster, const SshSettings& settings) {
    if (!isSshCluster(cluster)) {
        return std::shared_ptr<SshDetours>();
    }
    LONGSHIP_ASSIGN(auto nodes, readSshNodes(cluster));
    return std::make_shared<SshDetours>(std::move(nodes), settings);
}

WayTo wayThrough(const std::shared_ptr<SshDetours>& detours) {
    if (!detours) {
        return {};
    }
    return [detours](const RosterEntry& agent) { return detours->endpointOf(agent); };
}

}  // namespace longship
