#include "core/transport/zmq/socket.h"

#include <fmt/format.h>

#include <algorithm>

namespace longship::zeromq {
namespace {

// ZMQ_ZAP_ENFORCE_DOMAIN: libzmq serves it since 4.3.0, its header names it among the draft options only.
constexpr int kZapEnforceDomain = 93;

}  // namespace

void secureServer(zmq::socket_t& socket, const KeyPair& keys) {
    socket.set(zmq::sockopt::zap_domain, kZapDomain);
    const int enforce = 1;
    if (zmq_setsockopt(socket.handle(), kZapEnforceDomain, &enforce, sizeof enforce) != 0) {
        throw zmq::error_t();
    }
    socket.set(zmq::sockopt::curve_server, true);
    socket.set(zmq::sockopt::curve_publickey, keys.publicKey);
    socket.set(zmq::sockopt::curve_secretkey, keys.secretKey);
}

void secureClient(zmq::socket_t& socket, const KeyPair& keys, const std::string& serverKey) {
    socket.set(zmq::sockopt::curve_serverkey, serverKey);
    socket.set(zmq::sockopt::curve_publickey, keys.publicKey);
    socket.set(zmq::sockopt::curve_secretkey, keys.secretKey);
}

void limitPeer(zmq::socket_t& socket, std::size_t messageBytesMax) {
    socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(messageBytesMax) + kFrameOverhead);
    socket.set(zmq::sockopt::handshake_ivl, kHandshakeMs);
    socket.set(zmq::sockopt::tcp_keepalive, 1);
    socket.set(zmq::sockopt::tcp_keepalive_idle, 15);
    socket.set(zmq::sockopt::tcp_keepalive_intvl, 5);
    socket.set(zmq::sockopt::tcp_keepalive_cnt, 3);
}

Result<std::string> bindSocket(zmq::socket_t& socket, const std::string& endpoint) {
    try {
        socket.bind(endpoint);
        return socket.get(zmq::sockopt::last_endpoint);
    } catch (const zmq::error_t& error) {
        switch (error.num()) {
            case EADDRINUSE:
                return failure(
                    ErrorKind::Exhausted,
                    fmt::format("Could not listen on {}: port {} is already in use. Stop the program "
                                "that uses it, or choose another port.",
                                endpoint, endpoint.substr(endpoint.rfind(':') + 1)));
            case EADDRNOTAVAIL:
            case ENODEV:
                return failure(
                    ErrorKind::BadInput,
                    fmt::format("Could not listen on {}: this machine has no such address.", endpoint));
            case ENAMETOOLONG:
                return failure(
                    ErrorKind::BadInput,
                    fmt::format("Could not listen on {}: the path of a local socket may have at most "
                                "107 characters.",
                                endpoint));
            default: return libraryFailure(fmt::format("Could not listen on {}", endpoint), error);
        }
    }
}

Result<void> connectSocket(zmq::socket_t& socket, const std::string& endpoint) {
    try {
        socket.connect(endpoint);
        return {};
    } catch (const zmq::error_t& error) {
        return libraryFailure(fmt::format("Could not connect to {}", endpoint), error);
    }
}

tl::unexpected<Error> libraryFailure(std::string_view what, const zmq::error_t& error) {
    ErrorKind kind = ErrorKind::Io;
    switch (error.num()) {
        case EINVAL:
        case EPROTONOSUPPORT: kind = ErrorKind::BadInput; break;
        case EMFILE:
        case ENFILE:
        case ENOMEM: kind = ErrorKind::Exhausted; break;
        case ETERM:
        case ENOTSOCK: kind = ErrorKind::Internal; break;
        default: break;
    }
    return failure(kind, fmt::format("{}: {}.", what, error.what()));
}

std::chrono::milliseconds timeUntil(TimePoint deadline) {
    // A caller may pass TimePoint::max(): a poll of an hour that is repeated means the same.
    const Duration left =
        std::clamp<Duration>(deadline - BootClock::now(), Duration::zero(), std::chrono::hours(1));
    return std::chrono::ceil<std::chrono::milliseconds>(left);
}

}  // namespace longship::zeromq
