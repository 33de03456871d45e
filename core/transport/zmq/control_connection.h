#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <zmq.hpp>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/transport/keys.h"
#include "core/transport/zmq/refusal_probe.h"
#include "core/transport/zmq/socket_monitor.h"

namespace longship::zeromq {

/// One outgoing control connection that tries again by itself. Each attempt has a socket of its own: libzmq
/// gives up for ever after some failures, and a socket that reconnects would deliver what was queued for the
/// process before to whichever process has the port now.
class ControlConnection {
public:
    enum class Change { Connected, Refused, Disconnected, Rejected };

    ControlConnection(zmq::context_t& context, const KeyPair& keys, std::string endpoint,
                      std::string serverKey, std::size_t messageBytesMax);

    /// Starts the first attempt; the endpoint may be malformed.
    Result<void> open(TimePoint now);

    /// Ends an attempt that takes too long, starts the next one when it is due. Harmless when called early.
    void handleTimeout(TimePoint now);
    TimePoint nextTimeout() const { return m_timeout; }

    /// Adds what this connection waits for.
    void addPollItems(std::vector<zmq::pollitem_t>& items);

    /// What happened to the connection since the last call; call until empty.
    std::optional<Change> nextChange(TimePoint now);

    /// The next message; empty when there is none now. After Disconnected the last ones are still there.
    std::optional<zmq::message_t> receive();

    /// Sends, or keeps a message given before the first connection came up.
    Result<void> send(std::string_view bytes);

private:
    enum class State { Connecting, Shaking, Connected, Waiting };

    Result<void> startAttempt(TimePoint now);
    std::optional<Change> handle(const MonitorEvent& event, TimePoint now);
    std::optional<Change> endAttempt(const MonitorEvent& event, TimePoint now);
    std::optional<Change> takeProbeResult();
    std::optional<Change> becomeConnected();
    bool trySend(std::string_view bytes);

    zmq::context_t& m_context;
    const KeyPair& m_keys;  // The hub's, which outlives its connections.
    const std::string m_endpoint;
    const std::string m_serverKey;
    const std::size_t m_messageBytesMax;
    zmq::socket_t m_socket;
    std::unique_ptr<SocketMonitor> m_monitor;
    std::optional<RefusalProbe> m_probe;
    State m_state = State::Waiting;
    TimePoint m_timeout;
    TimePoint m_shakingSince;
    Duration m_backoff{};
    int m_handshakesCut = 0;  // In a row.
    bool m_wasConnected = false;
    std::deque<std::string> m_early;
};

}  // namespace longship::zeromq
