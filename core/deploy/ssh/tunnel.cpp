#include "core/deploy/ssh/tunnel.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include "core/deploy/ssh/channel_pump.h"

namespace longship {
namespace {

constexpr int kStopSliceMs = 50;

}  // namespace

Result<ChannelHandle> openForward(const Connection& via, const std::string& host, std::uint16_t port,
                                  std::chrono::milliseconds patience, const std::stop_token& stop) {
    ChannelHandle channel(::ssh_channel_new(via.raw()));
    if (channel == nullptr) {
        return via.failed(ErrorKind::Unavailable, "no channel can be opened");
    }
    LONGSHIP_ASSIGN(const int answer,
                    via.drive(
                        [&] {
                            // The last two are what the server logs as the origin; libssh wants some.
                            return ::ssh_channel_open_forward(channel.get(), host.c_str(), port, "127.0.0.1",
                                                              0);
                        },
                        SSH_AGAIN, patience, stop, fmt::format("it does not reach {} port {}", host, port)));
    if (answer != SSH_OK) {
        return via.failed(
            ErrorKind::Unavailable,
            fmt::format("no way from there to {} port {}: is that machine up, and does the SSH server "
                        "in between allow forwarding (AllowTcpForwarding)?",
                        host, port));
    }
    return channel;
}

Result<std::unique_ptr<Tunnel>> Tunnel::open(Connection via, const std::string& host, std::uint16_t port,
                                             std::chrono::milliseconds patience, std::stop_token stop) {
    LONGSHIP_ASSIGN(ChannelHandle channel, openForward(via, host, port, patience, stop));
    int pair[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
        return failure(ErrorKind::Exhausted, "No more sockets can be opened.");
    }
    return std::unique_ptr<Tunnel>(
        new Tunnel(std::move(via), std::move(channel), Descriptor(pair[0]), Descriptor(pair[1])));
}

Tunnel::Tunnel(Connection via, ChannelHandle channel, Descriptor near, Descriptor far)
    : m_via(std::move(via)),
      m_channel(std::move(channel)),
      m_near(std::move(near)),
      m_far(std::move(far)),
      m_thread([this](const std::stop_token& stop) { carry(stop); }) {}

Tunnel::~Tunnel() {
    m_thread.request_stop();
    m_thread.join();
}

void Tunnel::carry(const std::stop_token& stop) {
    ChannelPump pump(m_channel.get(), m_far.number());
    while (!stop.stop_requested() && pump.turn()) {
        if (pump.moved()) {
            continue;
        }
        const bool writes = (::ssh_get_poll_flags(m_via.raw()) & SSH_WRITE_PENDING) != 0;
        pollfd sockets[] = {{m_via.socket(), static_cast<short>(POLLIN | (writes ? POLLOUT : 0)), 0},
                            {m_far.number(), pump.socketEvents(), 0}};
        ::poll(sockets, 2, kStopSliceMs);
    }
    // Tells the near end that nothing more comes; the connection itself ends with the object.
    ::shutdown(m_far.number(), SHUT_RDWR);
}

}  // namespace longship
