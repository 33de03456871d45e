#pragma once

#include <sys/socket.h>

#include <chrono>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/deploy/ssh/address.h"

namespace longship {

/// Owns a file descriptor. Private to this folder.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : m_number(number) {}
    ~Descriptor();
    Descriptor(Descriptor&& other) noexcept : m_number(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(m_number, other.m_number);
        return *this;
    }
    int number() const { return m_number; }
    int release() { return std::exchange(m_number, -1); }

private:
    int m_number = -1;
};

struct SocketAddress {
    sockaddr_storage bytes{};
    socklen_t length = 0;
};

/// All addresses of a host. Unavailable with the resolver's reason.
Result<std::vector<SocketAddress>> resolveHost(const SshAddress& address);

/// Connects to the first address that answers, each tried at most `patience`. The socket notices within 20 s
/// that the other side is gone, whether or not something is being sent. Unavailable, Interrupted.
Result<Descriptor> dial(const SshAddress& address, const std::vector<SocketAddress>& addresses,
                        std::chrono::milliseconds patience, const std::stop_token& stop);

/// Numeric address of this end and of the other end; empty for sockets without one.
std::string localAddressOf(int socket);
std::string remoteAddressOf(int socket);

/// Waits at most `patience` for any of `events` (poll(2)); what happened, 0 at the end of patience.
short waitForSocket(int socket, short events, std::chrono::milliseconds patience);

}  // namespace longship
