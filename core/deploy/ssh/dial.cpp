#include "core/deploy/ssh/dial.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "core/base/clock.h"

namespace longship {
namespace {

constexpr std::chrono::milliseconds kStopSlice{50};
constexpr unsigned kGoneAfterMs = 20'000;

std::string numeric(const sockaddr* address, socklen_t length) {
    char host[NI_MAXHOST] = "";
    if (address->sa_family != AF_INET && address->sa_family != AF_INET6) {
        return {};
    }
    return ::getnameinfo(address, length, host, sizeof host, nullptr, 0, NI_NUMERICHOST) == 0 ? host : "";
}

const sockaddr* plain(const SocketAddress& address) {
    return reinterpret_cast<const sockaddr*>(&address.bytes);
}

void setOption(int socket, int level, int name, int value) {
    ::setsockopt(socket, level, name, &value, sizeof value);
}

void watchForSilence(int socket) {
    setOption(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    setOption(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
    setOption(socket, IPPROTO_TCP, TCP_KEEPIDLE, 10);
    setOption(socket, IPPROTO_TCP, TCP_KEEPINTVL, 5);
    setOption(socket, IPPROTO_TCP, TCP_KEEPCNT, 2);
    setOption(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(kGoneAfterMs));
}

/// The connected socket, or the errno of why not; ECANCELED when stopped.
std::pair<Descriptor, int> tryOne(const SocketAddress& address, std::chrono::milliseconds patience,
                                  const std::stop_token& stop) {
    Descriptor socket(
        ::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
    if (socket.number() < 0) {
        return {Descriptor(), errno};
    }
    watchForSilence(socket.number());
    if (::connect(socket.number(), plain(address), address.length) == 0) {
        return {std::move(socket), 0};
    }
    if (errno != EINPROGRESS) {
        return {Descriptor(), errno};
    }
    const TimePoint deadline = BootClock::now() + patience;
    while (waitForSocket(socket.number(), POLLOUT, kStopSlice) == 0) {
        if (stop.stop_requested()) {
            return {Descriptor(), ECANCELED};
        }
        if (BootClock::now() >= deadline) {
            return {Descriptor(), ETIMEDOUT};
        }
    }
    int problem = 0;
    socklen_t length = sizeof problem;
    ::getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &problem, &length);
    return {problem == 0 ? std::move(socket) : Descriptor(), problem};
}

std::string whatToDo(int problem, std::uint16_t port) {
    switch (problem) {
        case ECONNREFUSED:
            return fmt::format(
                "nothing listens on port {}: is its SSH server started, and is the port right?", port);
        case ETIMEDOUT: return "it does not answer: is the machine on, and does a firewall let SSH through?";
        case ENETUNREACH:
        case EHOSTUNREACH: return "there is no way to it from here: is this machine on the right network?";
        default: return std::strerror(problem);
    }
}

}  // namespace

Descriptor::~Descriptor() {
    if (m_number >= 0) {
        ::close(m_number);
    }
}

short waitForSocket(int socket, short events, std::chrono::milliseconds patience) {
    pollfd entry{socket, events, 0};
    return ::poll(&entry, 1, static_cast<int>(patience.count())) > 0 ? entry.revents : short{0};
}

Result<std::vector<SocketAddress>> resolveHost(const SshAddress& address) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    const std::string port = std::to_string(address.port);
    int problem = ::getaddrinfo(address.host.c_str(), port.c_str(), &wanted, &found);
    if (problem == EAI_ADDRFAMILY || problem == EAI_NONAME) {
        wanted.ai_flags = 0;  // loopback alone counts as no address of its family for AI_ADDRCONFIG
        problem = ::getaddrinfo(address.host.c_str(), port.c_str(), &wanted, &found);
    }
    if (problem != 0) {
        return failure(
            ErrorKind::Unavailable,
            fmt::format("The name {} cannot be resolved ({}): is it spelled right, or does it need "
                        "another network or a numeric address?",
                        address.host, ::gai_strerror(problem)));
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    std::vector<SocketAddress> addresses;
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
        SocketAddress copy;
        copy.length = one->ai_addrlen;
        std::memcpy(&copy.bytes, one->ai_addr, one->ai_addrlen);
        addresses.push_back(copy);
    }
    return addresses;
}

Result<Descriptor> dial(const SshAddress& address, const std::vector<SocketAddress>& addresses,
                        std::chrono::milliseconds patience, const std::stop_token& stop) {
    int problem = EHOSTUNREACH;
    for (const SocketAddress& one : addresses) {
        auto [socket, reason] = tryOne(one, patience, stop);
        if (reason == 0) {
            return std::move(socket);
        }
        if (reason == ECANCELED) {
            return failure(ErrorKind::Interrupted,
                           fmt::format("The connection to {} was cancelled.", address.text()));
        }
        problem = reason;
    }
    return failure(ErrorKind::Unavailable,
                   fmt::format("{} cannot be reached: {}", address.text(), whatToDo(problem, address.port)));
}

std::string localAddressOf(int socket) {
    SocketAddress address;
    address.length = sizeof address.bytes;
    return ::getsockname(socket, reinterpret_cast<sockaddr*>(&address.bytes), &address.length) == 0
               ? numeric(plain(address), address.length)
               : "";
}

std::string remoteAddressOf(int socket) {
    SocketAddress address;
    address.length = sizeof address.bytes;
    return ::getpeername(socket, reinterpret_cast<sockaddr*>(&address.bytes), &address.length) == 0
               ? numeric(plain(address), address.length)
               : "";
}

}  // namespace longship
