#include "core/transport/zmq/control_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/transport/zmq/socket.h"

namespace longship::zeromq {
namespace {

using namespace std::chrono_literals;

constexpr Duration kBackoffMin = 100ms;
constexpr Duration kBackoffMax = 2s;
// After an established connection broke, the first attempt is made almost at once: whether the port refuses
// tells a dead process from a cut cable.
constexpr Duration kRetryAfterBreak = 10ms;
constexpr Duration kAttemptMax = std::chrono::milliseconds(kConnectMs + kHandshakeMs) + 1s;
// A server that does not know the key we expect of it just closes the connection in the handshake. So does
// one that dies there, but not twice in a row.
constexpr Duration kHandshakeCutMax = 1s;
constexpr int kHandshakesCutMeanRejected = 2;
constexpr std::size_t kEarlyMessagesMax = 256;
constexpr int kLingerMs = 200;

constexpr int kEvents = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED |
                        ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                        ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

}  // namespace

ControlConnection::ControlConnection(zmq::context_t& context, const KeyPair& keys, std::string endpoint,
                                     std::string serverKey, std::size_t messageBytesMax)
    : m_context(context),
      m_keys(keys),
      m_endpoint(std::move(endpoint)),
      m_serverKey(std::move(serverKey)),
      m_messageBytesMax(messageBytesMax) {}

Result<void> ControlConnection::open(TimePoint now) {
    return startAttempt(now);
}

Result<void> ControlConnection::startAttempt(TimePoint now) {
    m_probe.reset();
    m_monitor.reset();
    m_state = State::Waiting;
    m_backoff = std::clamp(m_backoff * 2, kBackoffMin, kBackoffMax);
    m_timeout = now + m_backoff;
    try {
        m_socket = zmq::socket_t(m_context, zmq::socket_type::dealer);
        secureClient(m_socket, m_keys, m_serverKey);
        limitPeer(m_socket, m_messageBytesMax);
        m_socket.set(zmq::sockopt::linger, kLingerMs);
        m_socket.set(zmq::sockopt::connect_timeout, kConnectMs);
        m_socket.set(zmq::sockopt::immediate, true);
        m_socket.set(zmq::sockopt::reconnect_ivl, -1);
        m_monitor = std::make_unique<SocketMonitor>(m_context, m_socket, kEvents);
    } catch (const zmq::error_t& error) {
        return libraryFailure(fmt::format("Could not make a socket to connect to {}", m_endpoint), error);
    }
    LONGSHIP_TRY(connectSocket(m_socket, m_endpoint));
    m_state = State::Connecting;
    m_timeout = now + kAttemptMax;
    return {};
}

void ControlConnection::handleTimeout(TimePoint now) {
    if (now < m_timeout || m_state == State::Connected) {
        return;
    }
    // A failure here is a shortage of descriptors or memory: the next attempt is already planned.
    static_cast<void>(startAttempt(now));
}

void ControlConnection::addPollItems(std::vector<zmq::pollitem_t>& items) {
    if (m_state != State::Waiting) {
        items.push_back({m_monitor->socket().handle(), 0, ZMQ_POLLIN, 0});
        items.push_back({m_socket.handle(), 0, ZMQ_POLLIN, 0});
    }
    if (m_probe && !m_probe->refused()) {
        items.push_back({nullptr, m_probe->descriptor(), ZMQ_POLLOUT, 0});
    }
}

std::optional<ControlConnection::Change> ControlConnection::nextChange(TimePoint now) {
    if (m_probe) {
        return takeProbeResult();
    }
    while (m_state != State::Waiting) {
        const auto event = m_monitor->next();
        if (!event) {
            break;
        }
        if (const auto change = handle(*event, now)) {
            return change;
        }
    }
    return m_probe ? takeProbeResult() : std::nullopt;
}

std::optional<ControlConnection::Change> ControlConnection::takeProbeResult() {
    if (!m_probe->refused()) {
        zmq::pollitem_t item{nullptr, m_probe->descriptor(), ZMQ_POLLOUT, 0};
        if (zmq::poll(&item, 1, 0ms) > 0) {
            m_probe->handleWritable();
        }
    }
    const auto refused = m_probe->refused();
    if (!refused) {
        return std::nullopt;
    }
    m_probe.reset();
    return *refused ? std::optional(Change::Refused) : std::nullopt;
}

std::optional<ControlConnection::Change> ControlConnection::handle(const MonitorEvent& event, TimePoint now) {
    switch (event.kind) {
        case ZMQ_EVENT_CONNECTED:
            m_state = State::Shaking;
            m_shakingSince = now;
            return std::nullopt;
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: return becomeConnected();
        default: return endAttempt(event, now);
    }
}

std::optional<ControlConnection::Change> ControlConnection::becomeConnected() {
    m_state = State::Connected;
    m_timeout = TimePoint::max();
    m_backoff = {};
    m_handshakesCut = 0;
    m_wasConnected = true;
    for (const std::string& bytes : std::exchange(m_early, {})) {
        trySend(bytes);
    }
    return Change::Connected;
}

std::optional<ControlConnection::Change> ControlConnection::endAttempt(const MonitorEvent& event,
                                                                       TimePoint now) {
    const State ended = std::exchange(m_state, State::Waiting);
    m_timeout = now + (ended == State::Connected ? kRetryAfterBreak : m_backoff);
    if (ended == State::Connected) {
        return Change::Disconnected;
    }
    if (event.kind == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH || event.kind == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL) {
        m_handshakesCut = 0;
        return Change::Rejected;
    }
    if (ended == State::Shaking) {
        m_handshakesCut = now - m_shakingSince < kHandshakeCutMax ? m_handshakesCut + 1 : 0;
        return m_handshakesCut >= kHandshakesCutMeanRejected ? std::optional(Change::Rejected) : std::nullopt;
    }
    m_handshakesCut = 0;
    m_probe.emplace(m_endpoint);
    return std::nullopt;
}

std::optional<zmq::message_t> ControlConnection::receive() {
    zmq::message_t message;
    if (!m_socket || !m_socket.recv(message, zmq::recv_flags::dontwait)) {
        return std::nullopt;
    }
    return message;
}

Result<void> ControlConnection::send(std::string_view bytes) {
    if (m_state == State::Connected && trySend(bytes)) {
        return {};
    }
    if (!m_wasConnected && m_early.size() < kEarlyMessagesMax) {
        m_early.emplace_back(bytes);
        return {};
    }
    const std::string_view why = m_state == State::Connected ? "its queue is full" : "it is not connected";
    return failure(ErrorKind::Unavailable,
                   fmt::format("Could not send {} bytes to {}: {}.", bytes.size(), m_endpoint, why));
}

bool ControlConnection::trySend(std::string_view bytes) {
    if (m_socket.send(zmq::buffer(bytes), zmq::send_flags::dontwait)) {
        return true;
    }
    // libzmq looks for news from its I/O thread, such as the pipe of a fresh connection, only now and then
    // when sending; asking for the events makes it look.
    return (m_socket.get(zmq::sockopt::events) & ZMQ_POLLOUT) != 0 &&
           m_socket.send(zmq::buffer(bytes), zmq::send_flags::dontwait).has_value();
}

}  // namespace longship::zeromq
