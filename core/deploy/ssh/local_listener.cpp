#include "core/deploy/ssh/local_listener.h"

#include <netinet/in.h>

namespace longship {
namespace {

constexpr int kBacklog = 16;

}  // namespace

Result<LocalListener> LocalListener::open() {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (socket.number() < 0 ||
        ::bind(socket.number(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(socket.number(), kBacklog) != 0 ||
        ::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address), &length) != 0) {
        return failure(ErrorKind::Exhausted, "No port of 127.0.0.1 can be opened.");
    }
    return LocalListener(std::move(socket), ntohs(address.sin_port));
}

bool isAnswered(const std::string& host, std::uint16_t port, std::chrono::milliseconds patience,
                const std::stop_token& stop) {
    const SshAddress address{{}, host, port};
    const auto addresses = resolveHost(address);
    return addresses && dial(address, *addresses, patience, stop).has_value();
}

}  // namespace longship
