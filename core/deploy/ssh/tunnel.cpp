#include "core/deploy/ssh/tunnel.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

namespace longship {
namespace {

constexpr std::size_t kChunkBytes = 64 << 10;
constexpr int kStopSliceMs = 50;

}  // namespace

/// Both directions, one chunk each; false once either side has ended.
class Tunnel::Pump {
public:
    Pump(ssh_channel channel, int socket) : m_channel(channel), m_socket(socket) {
        m_out.reserve(kChunkBytes);
        m_in.reserve(kChunkBytes);
    }

    bool turn() {
        m_moved = false;
        return fromChannel() && toSocket() && fromSocket() && toChannel();
    }
    bool moved() const { return m_moved; }
    short socketEvents() const {
        return static_cast<short>((m_in.empty() && ::ssh_channel_window_size(m_channel) > 0 ? POLLIN : 0) |
                                  (m_out.empty() ? 0 : POLLOUT));
    }

private:
    bool fromChannel() {
        if (!m_out.empty()) {
            return true;
        }
        m_out.resize(kChunkBytes);
        const int count = ::ssh_channel_read_nonblocking(m_channel, m_out.data(), kChunkBytes, 0);
        m_out.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        m_moved = m_moved || count > 0;
        return count > 0 || count == SSH_AGAIN || (count == 0 && ::ssh_channel_is_eof(m_channel) == 0);
    }

    bool toSocket() {
        if (m_out.empty()) {
            return true;
        }
        const auto count = ::send(m_socket, m_out.data(), m_out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        m_out.erase(m_out.begin(), m_out.begin() + count);
        m_moved = true;
        return true;
    }

    bool fromSocket() {
        if (!m_in.empty() || ::ssh_channel_window_size(m_channel) == 0) {
            return true;
        }
        m_in.resize(kChunkBytes);
        const auto count = ::recv(m_socket, m_in.data(), m_in.size(), MSG_DONTWAIT);
        m_in.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
    }

    bool toChannel() {
        if (m_in.empty()) {
            return true;
        }
        const int count =
            ::ssh_channel_write(m_channel, m_in.data(), static_cast<std::uint32_t>(m_in.size()));
        if (count < 0) {
            return count == SSH_AGAIN;
        }
        m_in.erase(m_in.begin(), m_in.begin() + count);
        m_moved = m_moved || count > 0;
        return true;
    }

    ssh_channel m_channel;
    int m_socket;
    std::vector<char> m_out;  ///< From the channel, for the socket.
    std::vector<char> m_in;   ///< From the socket, for the channel.
    bool m_moved = false;
};

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
    Pump pump(m_channel.get(), m_far.number());
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
