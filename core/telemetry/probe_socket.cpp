#include "core/telemetry/probe_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

namespace longship {
namespace {

constexpr int kBacklog = 16;

struct Place {
    sockaddr_storage bytes{};
    socklen_t length = 0;

    sockaddr* raw() { return reinterpret_cast<sockaddr*>(&bytes); }
};

Result<Place> placeOf(const std::string& address, std::uint16_t port) {
    addrinfo wanted{};
    wanted.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0) {
        return failure(ErrorKind::BadInput, "\"" + address + "\" is no numeric address.");
    }
    Place place;
    std::memcpy(&place.bytes, found->ai_addr, found->ai_addrlen);
    place.length = found->ai_addrlen;
    ::freeaddrinfo(found);
    return place;
}

tl::unexpected<Error> because(const std::string& what, int problem) {
    return failure(ErrorKind::Unavailable, what + ": " + std::generic_category().message(problem) + ".");
}

Result<ProbeSocket> make(const Place& place) {
    ProbeSocket socket(::socket(place.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.isOpen()) {
        return because("no socket can be opened", errno);
    }
    return socket;
}

void answerAtOnce(int socket) {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Place localOf(int socket) {
    Place place;
    place.length = sizeof place.bytes;
    if (::getsockname(socket, place.raw(), &place.length) != 0) {
        place.length = 0;
    }
    return place;
}

bool isTransient(int problem) {
    return problem == EAGAIN || problem == EWOULDBLOCK || problem == EINTR;
}

}  // namespace

ProbeSocket::~ProbeSocket() {
    if (m_number >= 0) {
        ::close(m_number);
    }
}

Result<ProbeSocket> ProbeSocket::connect(const std::string& address, std::uint16_t port, TimePoint deadline) {
    LONGSHIP_ASSIGN(Place place, placeOf(address, port));
    LONGSHIP_ASSIGN(ProbeSocket socket, make(place));
    const std::string what = address + " port " + std::to_string(port) + " is not reached";
    if (::connect(socket.number(), place.raw(), place.length) != 0) {
        if (errno != EINPROGRESS) {
            return because(what, errno);
        }
        if (!socket.wait(POLLOUT, deadline)) {
            return because(what, ETIMEDOUT);
        }
        int problem = 0;
        socklen_t length = sizeof problem;
        ::getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &problem, &length);
        if (problem != 0) {
            return because(what, problem);
        }
    }
    answerAtOnce(socket.number());
    return socket;
}

Result<ProbeSocket> ProbeSocket::listen(const std::string& address) {
    LONGSHIP_ASSIGN(Place place, placeOf(address, 0));
    LONGSHIP_ASSIGN(ProbeSocket socket, make(place));
    if (::bind(socket.number(), place.raw(), place.length) != 0 || ::listen(socket.number(), kBacklog) != 0) {
        return because("no port of " + address + " can be opened", errno);
    }
    return socket;
}

ProbeSocket ProbeSocket::accept() const {
    ProbeSocket socket(::accept4(m_number, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket.isOpen()) {
        answerAtOnce(socket.number());
    }
    return socket;
}

std::string ProbeSocket::localAddress() const {
    Place place = localOf(m_number);
    std::array<char, NI_MAXHOST> text{};
    if (place.length == 0 ||
        ::getnameinfo(place.raw(), place.length, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) {
        return {};
    }
    return text.data();
}

std::uint16_t ProbeSocket::localPort() const {
    Place place = localOf(m_number);
    const std::uint16_t port = place.bytes.ss_family == AF_INET6
                                   ? reinterpret_cast<sockaddr_in6*>(&place.bytes)->sin6_port
                                   : reinterpret_cast<sockaddr_in*>(&place.bytes)->sin_port;
    return ntohs(port);
}

bool ProbeSocket::wait(short events, TimePoint deadline) const {
    pollfd entry{m_number, events, 0};
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - BootClock::now()).count();
        const int ready = ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
        if (ready > 0) {
            return true;
        }
        if ((ready < 0 && errno != EINTR) || BootClock::now() >= deadline) {
            return false;
        }
    }
}

std::ptrdiff_t ProbeSocket::sendSome(std::span<const char> bytes) const {
    const auto count = ::send(m_number, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return count >= 0 ? count : isTransient(errno) ? 0 : -1;
}

std::ptrdiff_t ProbeSocket::receiveSome(std::span<char> bytes) const {
    const auto count = ::recv(m_number, bytes.data(), bytes.size(), 0);
    return count > 0 ? count : count < 0 && isTransient(errno) ? 0 : -1;
}

bool ProbeSocket::send(std::string_view bytes, TimePoint deadline) const {
    while (!bytes.empty()) {
        const auto count = sendSome(bytes);
        if (count < 0 || (count == 0 && !wait(POLLOUT, deadline))) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

bool ProbeSocket::receive(std::span<char> bytes, TimePoint deadline) const {
    while (!bytes.empty()) {
        const auto count = receiveSome(bytes);
        if (count < 0 || (count == 0 && !wait(POLLIN, deadline))) {
            return false;
        }
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return true;
}

void ProbeSocket::dropUnsent() const {
    const linger drop{1, 0};
    ::setsockopt(m_number, SOL_SOCKET, SO_LINGER, &drop, sizeof drop);
}

}  // namespace longship
