#include "core/transport/zmq/mesh_entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/transport/zmq/socket.h"

namespace longship::zeromq {
namespace {

using namespace std::chrono_literals;

// A peer that is still in an older membership drops our hello, or keeps us waiting in the handshake.
constexpr Duration kRepeat = 25ms;

constexpr int kEvents = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED |
                        ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                        ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

}  // namespace

MeshEntry::MeshEntry(DataSockets& sockets, const DataPlan& plan)
    : m_sockets(sockets),
      m_plan(plan),
      m_token(hashToken(plan.token)),
      m_deadline(BootClock::now() + plan.connectTimeout),
      m_peers(plan.peers.size()),
      m_watch(static_cast<std::uint32_t>(plan.peers.size()), plan.stuckAfter),
      m_lookAt(BootClock::now() + m_watch.period()) {}

Result<ProvenLinks> MeshEntry::run() {
    if (m_sockets.zap) {
        std::set<std::string> keys;
        for (const DataPeer& peer : m_plan.peers) {
            keys.insert(peer.publicKey);
        }
        m_sockets.zap->allow(std::move(keys));
    }
    for (;;) {
        if (m_sockets.isInterrupted(m_plan)) {
            return failure(ErrorKind::Interrupted, "Interrupted while the data links were made.");
        }
        const TimePoint now = BootClock::now();
        if (now >= m_deadline) {
            return failure(timeoutError());
        }
        for (Rank rank = 0; rank < m_peers.size(); ++rank) {
            LONGSHIP_TRY(advance(rank, now));
        }
        if (isComplete()) {
            break;
        }
        LONGSHIP_TRY(checkSilence(now));
        poll(now);
        LONGSHIP_TRY(takeMessages());
        LONGSHIP_TRY(takeClosed());
    }
    for (Peer& peer : m_peers) {
        peer.monitor.reset();
        m_links.dealers.push_back(std::move(peer.dealer));
        m_links.descriptors.push_back(peer.descriptor);
    }
    return std::move(m_links);
}

bool MeshEntry::isComplete() const {
    for (Rank rank = 0; rank < m_peers.size(); ++rank) {
        if (rank != m_plan.rank && !m_peers[rank].isProven()) {
            return false;
        }
    }
    return true;
}

Result<void> MeshEntry::advance(Rank rank, TimePoint now) {
    Peer& peer = m_peers[rank];
    if (rank == m_plan.rank) {
        return {};
    }
    if (!peer.isConnecting && !peer.isReached && now >= peer.actAt) {
        connect(rank, now);
    }
    LONGSHIP_TRY(takeMonitorEvents(rank, now));
    if (!peer.isReached) {
        return {};
    }
    if (peer.helloCame && !peer.welcomeSent) {
        say(peer, DataKind::Welcome);
        peer.welcomeSent = true;
    }
    if (!peer.welcomeCame && now >= peer.actAt) {
        say(peer, DataKind::Hello);
        peer.actAt = now + kRepeat;
    }
    return {};
}

void MeshEntry::connect(Rank rank, TimePoint now) {
    Peer& peer = m_peers[rank];
    peer.monitor.reset();
    peer.dealer = makeDealer(m_sockets, m_plan, rank);
    peer.monitor = std::make_unique<SocketMonitor>(m_sockets.context, peer.dealer, kEvents);
    peer.dealer.connect(m_plan.peers[rank].endpoint);
    peer.isConnecting = true;
    peer.descriptor = -1;
    peer.connectingSince = now;
    peer.actAt = now;
}

tl::unexpected<Error> MeshEntry::broken(Rank rank, bool isSilent, std::string text) const {
    if (m_plan.report != nullptr) {
        m_plan.report->add({rank, isSilent, 0});
    }
    return failure(ErrorKind::Unavailable, std::move(text));
}

/// A machine that is there answers a connection at once, whatever its processes do.
Result<void> MeshEntry::checkSilence(TimePoint now) {
    if (now < m_lookAt) {
        return {};
    }
    m_lookAt = now + m_watch.period();
    for (Rank rank = 0; rank < m_peers.size(); ++rank) {
        const Peer& peer = m_peers[rank];
        if (rank == m_plan.rank) {
            continue;
        }
        m_watch.look(rank, sampleWire(peer.descriptor), now);
        if (peer.isConnecting && peer.descriptor < 0 && now - peer.connectingSince >= m_plan.stuckAfter) {
            return broken(rank, true,
                          fmt::format("{} cannot be reached: a connection to its data port is "
                                      "not answered.",
                                      name(rank)));
        }
    }
    if (const auto silent = m_watch.silent(now); !silent.empty()) {
        return broken(silent.front().peer, true,
                      fmt::format("{} cannot be reached: nothing that is sent to its data port is "
                                  "acknowledged any more.",
                                  name(silent.front().peer)));
    }
    return {};
}

Result<void> MeshEntry::takeMonitorEvents(Rank rank, TimePoint now) {
    Peer& peer = m_peers[rank];
    bool tcpIsUp = false;
    while (peer.isConnecting || peer.isReached) {
        const auto event = peer.monitor->next();
        if (!event) {
            break;
        }
        if (event->kind == ZMQ_EVENT_CONNECTED) {
            tcpIsUp = true;
            peer.descriptor = static_cast<int>(event->value);
        } else if (event->kind == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
            peer.isReached = true;
            peer.isConnecting = false;
        } else if (peer.isReached) {
            return broken(rank, false,
                          fmt::format("The data link to {} broke while it was made.", name(rank)));
        } else if (event->kind == ZMQ_EVENT_CLOSED && !tcpIsUp) {
            return broken(rank, false,
                          fmt::format("{} cannot be reached: nobody listens at its data port.", name(rank)));
        } else {
            peer.isConnecting = false;
            peer.descriptor = -1;
            peer.actAt = now + kRepeat;
            peer.problem = event->kind == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ? "it refuses our key"
                                                                          : "the handshake failed";
        }
    }
    return {};
}

void MeshEntry::say(Peer& peer, DataKind kind) {
    DataHeader header;
    header.membership = m_plan.membership;
    header.from = m_plan.rank;
    header.kind = kind;
    header.token = m_token;
    // Asking for the events makes libzmq see the fresh connection. A link that broke is told by its monitor.
    static_cast<void>(peer.dealer.get(zmq::sockopt::events));
    static_cast<void>(peer.dealer.send(zmq::buffer(&header, sizeof header), zmq::send_flags::dontwait));
}

void MeshEntry::poll(TimePoint now) {
    std::vector<zmq::pollitem_t> items;
    items.push_back({nullptr, m_sockets.wake.descriptor(), ZMQ_POLLIN, 0});
    items.push_back({m_sockets.router.handle(), 0, ZMQ_POLLIN, 0});
    items.push_back({m_sockets.routerMonitor.socket().handle(), 0, ZMQ_POLLIN, 0});
    if (m_sockets.zap) {
        items.push_back({m_sockets.zap->socket().handle(), 0, ZMQ_POLLIN, 0});
    }
    TimePoint next = std::min(m_deadline, m_lookAt);
    for (Rank rank = 0; rank < m_peers.size(); ++rank) {
        Peer& peer = m_peers[rank];
        if (rank == m_plan.rank) {
            continue;
        }
        if (peer.monitor) {
            items.push_back({peer.monitor->socket().handle(), 0, ZMQ_POLLIN, 0});
        }
        if (peer.helloCame && !peer.welcomeSent && peer.isReached) {
            next = now;
        } else if (!peer.isConnecting && !peer.welcomeCame) {
            next = std::min(next, peer.actAt);
        }
    }
    try {
        zmq::poll(items, timeUntil(next));
    } catch (const zmq::error_t& error) {
        if (error.num() != EINTR) {
            throw;
        }
    }
    if (m_sockets.zap) {
        m_sockets.zap->serve();
    }
}

Result<void> MeshEntry::takeMessages() {
    while (auto message = m_sockets.receive(m_plan, m_token)) {
        Peer& peer = m_peers[message->header.from];
        switch (message->header.kind) {
            case DataKind::Hello:
                // A descriptor may be that of a connection that was closed: forget that one first.
                LONGSHIP_TRY(takeClosed());
                m_links.ranks[message->descriptor] = message->header.from;
                peer.helloCame = true;
                peer.welcomeSent = false;
                break;
            case DataKind::Welcome: peer.welcomeCame = true; break;
            case DataKind::Data:
            case DataKind::Goodbye: m_links.early.push_back(std::move(*message)); break;
            default: break;  // Of a later layout.
        }
    }
    return {};
}

Result<void> MeshEntry::takeClosed() {
    for (const int descriptor : m_sockets.takeClosed()) {
        if (const auto found = m_links.ranks.find(descriptor); found != m_links.ranks.end()) {
            return broken(found->second, false,
                          fmt::format("{} closed its data link while it was made.", name(found->second)));
        }
    }
    return {};
}

Error MeshEntry::timeoutError() const {
    std::string who;
    for (Rank rank = 0; rank < m_peers.size(); ++rank) {
        const Peer& peer = m_peers[rank];
        if (rank != m_plan.rank && !peer.isProven()) {
            const std::string_view problem =
                !peer.isReached ? std::string_view(peer.problem)
                                : (peer.helloCame ? "it does not answer" : "it does not connect to us");
            who += fmt::format("{}{}: {}", who.empty() ? "" : "; ", name(rank), problem);
        }
    }
    return {ErrorKind::Unavailable, fmt::format("Membership {} was not complete after {:.1f} s. {}.",
                                                m_plan.membership, toSeconds(m_plan.connectTimeout), who)};
}

std::string MeshEntry::name(Rank rank) const {
    return fmt::format("Rank {} ({})", rank, m_plan.peers[rank].endpoint);
}

}  // namespace longship::zeromq
