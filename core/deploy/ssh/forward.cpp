#include "core/deploy/ssh/forward.h"

#include <poll.h>

#include <algorithm>
#include <list>
#include <vector>

#include "core/deploy/ssh/channel_pump.h"
#include "core/deploy/ssh/tunnel.h"

namespace longship {
namespace {

constexpr int kStopSliceMs = 50;
constexpr std::chrono::seconds kOpenPatience{5};
constexpr std::size_t kClientsMax = 32;

/// One connection of ours and its channel.
struct Client {
    Client(Descriptor near, ChannelHandle far)
        : socket(std::move(near)), channel(std::move(far)), pump(channel.get(), socket.number()) {}

    Descriptor socket;
    ChannelHandle channel;
    ChannelPump pump;
};

/// All connections over one session, turn by turn.
class Forwarding {
public:
    Forwarding(const Connection& via, const LocalListener& listener)
        : m_via(via), m_listener(listener), m_event(::ssh_event_new()) {
        ::ssh_event_add_session(m_event.get(), via.raw());
    }
    ~Forwarding() { ::ssh_event_remove_session(m_event.get(), m_via.raw()); }
    Forwarding(const Forwarding&) = delete;
    Forwarding& operator=(const Forwarding&) = delete;

    Result<void> run(const std::string& host, std::uint16_t port, const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            // Also while there is no channel: the server may ask whether we are still there.
            if (::ssh_event_dopoll(m_event.get(), 0) == SSH_ERROR || ::ssh_is_connected(m_via.raw()) == 0) {
                return m_via.failed(ErrorKind::Unavailable, "the connection broke off");
            }
            accept(host, port, stop);
            if (!carry()) {
                wait();
            }
        }
        return failure(ErrorKind::Interrupted, "Forwarding was stopped.");
    }

private:
    void accept(const std::string& host, std::uint16_t port, const std::stop_token& stop) {
        while (m_clients.size() < kClientsMax) {
            Descriptor socket(::accept4(m_listener.socket(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
            if (socket.number() < 0) {
                return;
            }
            // Where the way ends there, ours is closed, too: who came tries again.
            if (auto channel = openForward(m_via, host, port, kOpenPatience, stop); channel) {
                m_clients.emplace_back(std::move(socket), std::move(*channel));
            }
        }
    }

    /// True when anything moved.
    bool carry() {
        bool moved = false;
        m_clients.remove_if([&](Client& client) {
            const bool goesOn = client.pump.turn();
            moved = moved || client.pump.moved();
            return !goesOn;
        });
        return moved;
    }

    void wait() const {
        const bool writes = (::ssh_get_poll_flags(m_via.raw()) & SSH_WRITE_PENDING) != 0;
        std::vector<pollfd> sockets{{m_via.socket(), static_cast<short>(POLLIN | (writes ? POLLOUT : 0)), 0}};
        if (m_clients.size() < kClientsMax) {
            sockets.push_back({m_listener.socket(), POLLIN, 0});
        }
        for (const Client& client : m_clients) {
            sockets.push_back({client.socket.number(), client.pump.socketEvents(), 0});
        }
        ::poll(sockets.data(), sockets.size(), kStopSliceMs);
    }

    const Connection& m_via;
    const LocalListener& m_listener;
    EventHandle m_event;
    std::list<Client> m_clients;
};

}  // namespace

Result<void> forwardAll(const Connection& via, const LocalListener& listener, const std::string& host,
                        std::uint16_t port, const std::stop_token& stop) {
    return Forwarding(via, listener).run(host, port, stop);
}

}  // namespace longship
