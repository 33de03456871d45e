#include <fmt/format.h>

#include <algorithm>

#include "core/client/cluster_session.h"

// What the session can say about the cluster; the talking is in cluster_session.cpp.
namespace longship {
namespace {

// A leader's clock may be behind that of the one before it.
constexpr std::int64_t kClocksApart = 2'000'000;

bool lists(const ClusterStatus& status, const RunId& run) {
    return std::any_of(status.runs.begin(), status.runs.end(),
                       [&](const RunHead& head) { return head.run == run; });
}

}  // namespace

std::string ClusterSession::Peer::address() const {
    const auto scheme = entry.endpoint.find("://");
    return scheme == std::string::npos ? entry.endpoint : entry.endpoint.substr(scheme + 3);
}

bool ClusterSession::isReady(const NodeId& node) const {
    const Peer* peer = find(node);
    return peer != nullptr && answers(*peer);
}

std::vector<NodeId> ClusterSession::readyNodes() const {
    std::vector<NodeId> nodes;
    if (isReady(m_leader)) {
        nodes.push_back(m_leader);
    }
    for (const Peer& peer : m_peers) {
        if (answers(peer) && peer.entry.node != m_leader) {
            nodes.push_back(peer.entry.node);
        }
    }
    return nodes;
}

std::set<RunId> ClusterSession::runsOnCluster() const {
    std::set<RunId> runs = m_announced;
    for (const Peer& peer : m_peers) {
        if (peer.status) {
            for (const RunHead& head : peer.status->runs) {
                runs.insert(head.run);
            }
        }
    }
    return runs;
}

/// What was committed before it led a leader knows, and of what came later it was told before anybody else.
bool ClusterSession::isUnknownToAll(const RunId& run, UtcTime queuedAt) const {
    const Peer* leader = find(m_leader);
    const bool told = leader != nullptr && answers(*leader) && leader->status && !leader->status->takeover &&
                      leader->status->time.microseconds > queuedAt.microseconds + kClocksApart;
    return told && !m_announced.contains(run) &&
           std::none_of(m_peers.begin(), m_peers.end(),
                        [&](const Peer& peer) { return peer.status && lists(*peer.status, run); });
}

/// None as long as anybody hears a leader: then that one decides, and we may be the one that is cut off.
std::optional<Standstill> ClusterSession::standstill() const {
    std::optional<Standstill> found;
    for (const Peer& peer : m_peers) {
        if (!answers(peer) || !peer.status) {
            continue;
        }
        const auto& outlook = peer.status->takeover;
        if (!outlook) {
            return std::nullopt;
        }
        if (outlook->founder == peer.entry.node && outlook->refusal.empty()) {
            found = Standstill{*outlook, {}};
        }
    }
    if (found) {
        for (const LogStanding& one : found->outlook.logs) {
            const Peer* peer = find(one.node);
            if (!one.answers && peer != nullptr && peer->spokeAt) {
                found->lastHeard[one.node] = *peer->spokeAt;
            }
        }
    }
    return found;
}

bool ClusterSession::caughtUp() const {
    const Peer* reporter = source();
    if (reporter == nullptr || !reporter->status) {
        return false;
    }
    return std::all_of(reporter->status->runs.begin(), reporter->status->runs.end(),
                       [&](const RunHead& head) {
                           const auto progress = m_progressOf(head.run);
                           const bool hasAll = progress && progress->sequence >= head.sequence;
                           return !progress || reporter->exhausted.contains(head.run) ||
                                  (hasAll && (progress->complete() || m_upToDate.contains(head.run)));
                       });
}

ClusterView ClusterSession::view() {
    ClusterView view;
    view.name = m_roster.cluster;
    const Peer* reporter = source();
    view.connected = reporter != nullptr;
    m_caughtUp = caughtUp();
    view.caughtUp = m_caughtUp;
    if (!view.connected) {
        view.detail = whyUnreachable();
    }
    for (const Peer& peer : m_peers) {
        view.nodes.push_back(viewOf(peer, reporter));
    }
    if (const Peer* leader = find(m_leader)) {
        view.leaderClock = leader->clock;
    }
    view.standstill = standstill();
    return view;
}

NodeView ClusterSession::viewOf(const Peer& peer, const Peer* reporter) const {
    NodeView view;
    view.node = peer.entry.node;
    view.address = peer.address();
    view.version = peer.version;
    view.leader = peer.entry.node == m_leader;
    view.detail = peer.problem;
    if (answers(peer)) {
        view.state = NodeState::Ready;
    } else if (peer.silent) {
        view.state = NodeState::Silent;
    } else {
        view.state = peer.problem.empty() ? NodeState::Connecting : NodeState::Lost;
    }
    if (reporter == nullptr || !reporter->status) {
        return view;
    }
    const auto& nodes = reporter->status->nodes;
    const auto reported = std::find_if(nodes.begin(), nodes.end(),
                                       [&](const NodeView& node) { return node.node == view.node; });
    // The leader hears every node and knows best; another node may not have noticed yet what we see
    // ourselves.
    const bool trusted = reporter->entry.node == m_leader || answers(peer) || peer.problem.empty();
    if (reported == nodes.end() || !trusted || reported->state == NodeState::Unknown) {
        return view;
    }
    view = *reported;
    view.leader = view.node == m_leader;
    return view;
}

std::string ClusterSession::whyUnreachable() const {
    if (!m_problem.empty()) {
        return m_problem;
    }
    if (m_peers.empty()) {
        return "No cluster is open.";
    }
    if (source() != nullptr && m_leader.empty()) {
        return fmt::format(
            "The cluster {} has no leader now: its agents elect one as soon as enough of them "
            "reach each other.",
            m_roster.cluster);
    }
    if (source() != nullptr) {
        return fmt::format("The leader {} of the cluster {} does not answer. {}", m_leader.value,
                           m_roster.cluster, find(m_leader)->problem);
    }
    const auto known =
        std::find_if(m_peers.begin(), m_peers.end(), [](const Peer& peer) { return !peer.problem.empty(); });
    if (known == m_peers.end()) {
        return fmt::format("Connecting to the cluster {} ({} nodes) …", m_roster.cluster, m_peers.size());
    }
    return fmt::format("None of the {} nodes of the cluster {} answers. {}: {}", m_peers.size(),
                       m_roster.cluster, known->entry.node.value, known->problem);
}

ClusterSession::Peer* ClusterSession::find(const NodeId& node) {
    const auto peer = std::find_if(m_peers.begin(), m_peers.end(),
                                   [&](const Peer& other) { return other.entry.node == node; });
    return peer == m_peers.end() ? nullptr : &*peer;
}

const ClusterSession::Peer* ClusterSession::find(const NodeId& node) const {
    return const_cast<ClusterSession*>(this)->find(node);
}

}  // namespace longship
