#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/transport/keys.h"

namespace longship {

/// Names one connection that came in: the peer's socket of this moment. Not reused.
using ConnectionId = std::string;

struct ControlMessage {
    ConnectionId from;      ///< Server side; empty on an outgoing connection.
    std::string publicKey;  ///< The peer's key as CURVE proved it.
    std::string bytes;
};

/// Control sockets of one thread: servers that accept and connections that go out, every one with CURVE, and
/// one wait for all of them. A message larger than `messageBytesMax` closes the connection that sent it; a
/// peer whose key is not authorized gets no connection. All functions belong to the owning thread except
/// wake().
class ControlHub {
public:
    struct Options {
        KeyPair keys;
        std::size_t messageBytesMax = std::size_t{8} << 20;
    };
    using ConnectionHandle = int;  ///< An outgoing connection of this hub.

    static Result<std::unique_ptr<ControlHub>> create(Options options);
    virtual ~ControlHub() = default;

    /// Who may connect to our servers. Takes effect for new connections at once.
    virtual void authorize(std::set<std::string> publicKeys) = 0;

    /// Binds "tcp://127.0.0.1:*", "tcp://0.0.0.0:4100" or "ipc:///path" and returns the real endpoint.
    /// Exhausted with a sentence that names the port when it is in use.
    virtual Result<std::string> listen(const std::string& endpoint) = 0;

    /// Connects and reconnects by itself (100 ms doubling to 2 s). Never waits.
    virtual Result<ConnectionHandle> connect(const std::string& endpoint, const std::string& serverKey) = 0;
    virtual void disconnect(ConnectionHandle connection) = 0;

    /// Queued without waiting; Unavailable when the peer's queue is full or the connection is gone.
    virtual Result<void> reply(const ConnectionId& to, std::string_view bytes) = 0;
    virtual Result<void> send(ConnectionHandle to, std::string_view bytes) = 0;

    struct Events {
        std::function<void(const ControlMessage&)> onServerMessage;
        std::function<void(ConnectionHandle, const ControlMessage&)> onMessage;
        std::function<void(ConnectionHandle)> onConnected;  ///< Handshake done.
        std::function<void(ConnectionHandle)> onRefused;    ///< TCP said no: nobody listens there.
        std::function<void(ConnectionHandle)> onDisconnected;
        std::function<void(ConnectionHandle)>
            onRejected;                       ///< The server does not know our key, or we not its.
        std::function<void(int)> onReadable;  ///< A watched file descriptor is readable.
        std::function<void()> onWake;
    };
    /// Waits until something happened or the deadline, and calls the handlers for what did.
    virtual void wait(TimePoint deadline, const Events& events) = 0;

    virtual void watch(int fileDescriptor) = 0;
    virtual void unwatch(int fileDescriptor) = 0;

    /// Ends a wait early. Any thread.
    virtual void wake() = 0;

    virtual std::uint64_t bytesSent() const = 0;
    virtual std::uint64_t bytesReceived() const = 0;
};

}  // namespace longship
