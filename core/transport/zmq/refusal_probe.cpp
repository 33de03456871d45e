#include "core/transport/zmq/refusal_probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace longship::zeromq {
namespace {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

std::optional<Address> parseIpc(std::string_view path) {
    Address address;
    auto& local = reinterpret_cast<sockaddr_un&>(address.storage);
    if (path.empty() || path.size() >= sizeof local.sun_path) {
        return std::nullopt;
    }
    local.sun_family = AF_UNIX;
    std::memcpy(local.sun_path, path.data(), path.size());
    address.size = sizeof local;
    return address;
}

std::optional<Address> parseTcp(std::string_view rest) {
    const std::size_t colon = rest.rfind(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    std::uint16_t port = 0;
    const std::string_view portText = rest.substr(colon + 1);
    if (std::from_chars(portText.data(), portText.data() + portText.size(), port).ec != std::errc()) {
        return std::nullopt;
    }
    std::string host(rest.substr(0, colon));
    Address address;
    if (auto& four = reinterpret_cast<sockaddr_in&>(address.storage);
        ::inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1) {
        four.sin_family = AF_INET;
        four.sin_port = htons(port);
        address.size = sizeof four;
        return address;
    }
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    if (auto& six = reinterpret_cast<sockaddr_in6&>(address.storage);
        ::inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1) {
        six.sin6_family = AF_INET6;
        six.sin6_port = htons(port);
        address.size = sizeof six;
        return address;
    }
    return std::nullopt;
}

std::optional<Address> parseEndpoint(std::string_view endpoint) {
    constexpr std::string_view kTcp = "tcp://";
    constexpr std::string_view kIpc = "ipc://";
    if (endpoint.starts_with(kTcp)) {
        return parseTcp(endpoint.substr(kTcp.size()));
    }
    if (endpoint.starts_with(kIpc)) {
        return parseIpc(endpoint.substr(kIpc.size()));
    }
    return std::nullopt;
}

bool meansRefused(int code) {
    return code == ECONNREFUSED || code == ENOENT;  // ENOENT: the file of a local socket is gone.
}

}  // namespace

RefusalProbe::RefusalProbe(const std::string& endpoint) {
    start(endpoint);
}

RefusalProbe::~RefusalProbe() {
    if (m_descriptor >= 0) {
        ::close(m_descriptor);
    }
}

void RefusalProbe::start(const std::string& endpoint) {
    const auto address = parseEndpoint(endpoint);
    if (!address) {
        m_refused = false;
        return;
    }
    m_descriptor = ::socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (m_descriptor < 0) {
        m_refused = false;
        return;
    }
    if (::connect(m_descriptor, reinterpret_cast<const sockaddr*>(&address->storage), address->size) == 0) {
        m_refused = false;
        m_answered = true;
    } else if (errno != EINPROGRESS) {
        m_refused = meansRefused(errno);
        m_answered = *m_refused;
    }
}

void RefusalProbe::handleWritable() {
    int code = 0;
    socklen_t size = sizeof code;
    ::getsockopt(m_descriptor, SOL_SOCKET, SO_ERROR, &code, &size);
    m_refused = meansRefused(code);
    m_answered = code == 0 || *m_refused;
}

}  // namespace longship::zeromq
