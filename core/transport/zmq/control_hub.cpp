#include "core/transport/control.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/transport/zmq/control_connection.h"
#include "core/transport/zmq/socket.h"
#include "core/transport/zmq/wake_signal.h"
#include "core/transport/zmq/zap_authenticator.h"

namespace longship {
namespace {

using zeromq::ControlConnection;

// Messages taken from one socket before the others get their turn.
constexpr int kMessagesPerTurn = 64;
constexpr int kLingerMs = 200;
constexpr const char* kUserId = "User-Id";

std::string textOf(const zmq::message_t& message) {
    return {message.data<char>(), message.size()};
}

class ZmqControlHub final : public ControlHub {
public:
    explicit ZmqControlHub(Options options)
        : m_options(std::move(options)), m_zap(m_context), m_server(m_context, zmq::socket_type::router) {
        zeromq::secureServer(m_server, m_options.keys);
        zeromq::limitPeer(m_server, m_options.messageBytesMax);
        m_server.set(zmq::sockopt::router_mandatory, true);
        m_server.set(zmq::sockopt::linger, kLingerMs);
    }

    bool isUsable() const { return m_wake.isUsable(); }

    void authorize(std::set<std::string> publicKeys) override { m_zap.allow(std::move(publicKeys)); }

    Result<std::string> listen(const std::string& endpoint) override {
        return zeromq::bindSocket(m_server, endpoint);
    }

    Result<ConnectionHandle> connect(const std::string& endpoint, const std::string& serverKey) override {
        if (!isPublicKey(serverKey)) {
            return failure(
                ErrorKind::BadInput,
                fmt::format("Could not connect to {}: \"{}\" is not a public key (40 characters of "
                            "Z85).",
                            endpoint, serverKey));
        }
        auto connection = std::make_unique<ControlConnection>(m_context, m_options.keys, endpoint, serverKey,
                                                              m_options.messageBytesMax);
        LONGSHIP_TRY(connection->open(BootClock::now()));
        const ConnectionHandle handle = m_handleNext++;
        m_connections.emplace(handle, Outgoing{std::move(connection), serverKey});
        return handle;
    }

    void disconnect(ConnectionHandle connection) override { m_connections.erase(connection); }

    Result<void> reply(const ConnectionId& to, std::string_view bytes) override;
    Result<void> send(ConnectionHandle to, std::string_view bytes) override;
    void wait(TimePoint deadline, const Events& events) override;

    void watch(int fileDescriptor) override { m_watched.insert(fileDescriptor); }
    void unwatch(int fileDescriptor) override { m_watched.erase(fileDescriptor); }
    void wake() override { m_wake.raise(); }

    std::uint64_t bytesSent() const override { return m_bytesSent.load(std::memory_order_relaxed); }
    std::uint64_t bytesReceived() const override { return m_bytesReceived.load(std::memory_order_relaxed); }

private:
    struct Outgoing {
        std::unique_ptr<ControlConnection> connection;
        std::string serverKey;
    };

    Result<void> checkSize(std::string_view bytes) const;
    TimePoint handleTimeouts();
    bool poll(TimePoint deadline, std::vector<int>& readable);
    bool serveServer(const Events& events);
    bool serveConnection(ConnectionHandle handle, const Events& events);
    bool serveMessages(ConnectionHandle handle, const Events& events, int countMax);
    bool serveWatched(const std::vector<int>& readable, const Events& events);
    ControlConnection* find(ConnectionHandle handle);

    const Options m_options;
    zmq::context_t m_context;
    zeromq::ZapAuthenticator m_zap;  // Before the server socket: its address must be bound first.
    zmq::socket_t m_server;
    std::map<ConnectionHandle, Outgoing> m_connections;
    ConnectionHandle m_handleNext = 1;
    std::set<int> m_watched;
    zeromq::WakeSignal m_wake;
    std::atomic<std::uint64_t> m_bytesSent{0};
    std::atomic<std::uint64_t> m_bytesReceived{0};
};

Result<void> ZmqControlHub::checkSize(std::string_view bytes) const {
    if (bytes.size() <= m_options.messageBytesMax) {
        return {};
    }
    return failure(ErrorKind::BadInput,
                   fmt::format("A message of {} bytes is larger than the {} bytes that a "
                               "control connection carries.",
                               bytes.size(), m_options.messageBytesMax));
}

Result<void> ZmqControlHub::reply(const ConnectionId& to, std::string_view bytes) {
    LONGSHIP_TRY(checkSize(bytes));
    try {
        // With ROUTER_MANDATORY the first frame already fails when the peer is gone or its queue is full.
        if (m_server.send(zmq::buffer(to), zmq::send_flags::sndmore | zmq::send_flags::dontwait) &&
            m_server.send(zmq::buffer(bytes), zmq::send_flags::dontwait)) {
            m_bytesSent.fetch_add(bytes.size(), std::memory_order_relaxed);
            return {};
        }
        return failure(ErrorKind::Unavailable, "Could not reply: the queue to this client is full.");
    } catch (const zmq::error_t& error) {
        if (error.num() == EHOSTUNREACH) {
            return failure(ErrorKind::Unavailable, "Could not reply: this client is gone.");
        }
        return zeromq::libraryFailure("Could not reply", error);
    }
}

Result<void> ZmqControlHub::send(ConnectionHandle to, std::string_view bytes) {
    LONGSHIP_TRY(checkSize(bytes));
    ControlConnection* connection = find(to);
    if (connection == nullptr) {
        return failure(ErrorKind::Unavailable, "Could not send: this connection was closed.");
    }
    try {
        LONGSHIP_TRY(connection->send(bytes));
    } catch (const zmq::error_t& error) {
        return zeromq::libraryFailure("Could not send", error);
    }
    m_bytesSent.fetch_add(bytes.size(), std::memory_order_relaxed);
    return {};
}

ControlConnection* ZmqControlHub::find(ConnectionHandle handle) {
    const auto found = m_connections.find(handle);
    return found == m_connections.end() ? nullptr : found->second.connection.get();
}

void ZmqControlHub::wait(TimePoint deadline, const Events& events) {
    for (;;) {
        const TimePoint timeoutNext = handleTimeouts();
        std::vector<int> readable;
        if (!poll(std::min(deadline, timeoutNext), readable)) {
            return;
        }
        m_zap.serve();
        bool happened = serveServer(events);
        std::vector<ConnectionHandle> handles;
        for (const auto& entry : m_connections) {
            handles.push_back(entry.first);
        }
        for (const ConnectionHandle handle : handles) {
            happened = serveConnection(handle, events) || happened;
        }
        happened = serveWatched(readable, events) || happened;
        if (happened || BootClock::now() >= deadline) {
            return;
        }
    }
}

TimePoint ZmqControlHub::handleTimeouts() {
    TimePoint next = TimePoint::max();
    const TimePoint now = BootClock::now();
    for (auto& entry : m_connections) {
        ControlConnection& connection = *entry.second.connection;
        connection.handleTimeout(now);
        next = std::min(next, connection.nextTimeout());
    }
    return next;
}

/// Fills in the watched descriptors (and the wake signal's) that are readable. False when a signal arrived.
bool ZmqControlHub::poll(TimePoint deadline, std::vector<int>& readable) {
    std::vector<zmq::pollitem_t> items;
    items.push_back({nullptr, m_wake.descriptor(), ZMQ_POLLIN, 0});
    for (const int descriptor : m_watched) {
        items.push_back({nullptr, descriptor, ZMQ_POLLIN, 0});
    }
    const std::size_t descriptorCount = items.size();
    items.push_back({m_zap.socket().handle(), 0, ZMQ_POLLIN, 0});
    items.push_back({m_server.handle(), 0, ZMQ_POLLIN, 0});
    for (auto& entry : m_connections) {
        entry.second.connection->addPollItems(items);
    }
    try {
        zmq::poll(items, zeromq::timeUntil(deadline));
    } catch (const zmq::error_t& error) {
        LONGSHIP_CHECK(error.num() == EINTR, "a descriptor was closed while it was still watched");
        return false;
    }
    for (std::size_t i = 0; i < descriptorCount; ++i) {
        if (items[i].revents != 0) {
            readable.push_back(items[i].fd);
        }
    }
    return true;
}

bool ZmqControlHub::serveServer(const Events& events) {
    bool happened = false;
    for (int i = 0; i < kMessagesPerTurn; ++i) {
        zmq::message_t id;
        if (!m_server.recv(id, zmq::recv_flags::dontwait)) {
            break;
        }
        zmq::message_t body;
        int frames = 0;
        for (bool more = id.more(); more; more = body.more(), ++frames) {
            static_cast<void>(m_server.recv(body, zmq::recv_flags::dontwait));
        }
        if (frames != 1) {
            continue;  // Not ours: our messages have one frame.
        }
        m_bytesReceived.fetch_add(body.size(), std::memory_order_relaxed);
        happened = true;
        if (events.onServerMessage) {
            events.onServerMessage({textOf(id), body.gets(kUserId), textOf(body)});
        }
    }
    return happened;
}

bool ZmqControlHub::serveConnection(ConnectionHandle handle, const Events& events) {
    using Change = ControlConnection::Change;
    bool happened = false;
    const auto tell = [&](const std::function<void(ConnectionHandle)>& handler) {
        happened = true;
        if (handler) {
            handler(handle);
        }
    };
    // A handler may close this connection: it is looked up again after each call.
    for (;;) {
        ControlConnection* connection = find(handle);
        if (connection == nullptr) {
            return true;
        }
        const auto change = connection->nextChange(BootClock::now());
        if (!change) {
            break;
        }
        switch (*change) {
            case Change::Connected: tell(events.onConnected); break;
            case Change::Refused: tell(events.onRefused); break;
            case Change::Rejected: tell(events.onRejected); break;
            case Change::Disconnected:
                while (serveMessages(handle, events, kMessagesPerTurn)) {
                }
                tell(events.onDisconnected);
                break;
        }
    }
    return serveMessages(handle, events, kMessagesPerTurn) || happened;
}

bool ZmqControlHub::serveMessages(ConnectionHandle handle, const Events& events, int countMax) {
    bool happened = false;
    for (int i = 0; i < countMax; ++i) {
        const auto found = m_connections.find(handle);
        if (found == m_connections.end()) {
            return happened;
        }
        const auto message = found->second.connection->receive();
        if (!message) {
            return happened;
        }
        m_bytesReceived.fetch_add(message->size(), std::memory_order_relaxed);
        happened = true;
        if (events.onMessage) {
            events.onMessage(handle, {"", found->second.serverKey, textOf(*message)});
        }
    }
    return happened;
}

bool ZmqControlHub::serveWatched(const std::vector<int>& readable, const Events& events) {
    bool happened = false;
    for (const int descriptor : readable) {
        if (descriptor == m_wake.descriptor()) {
            m_wake.clear();
            happened = true;
            if (events.onWake) {
                events.onWake();
            }
        } else if (m_watched.contains(descriptor)) {
            happened = true;
            if (events.onReadable) {
                events.onReadable(descriptor);
            }
        }
    }
    return happened;
}

}  // namespace

Result<std::unique_ptr<ControlHub>> ControlHub::create(Options options) {
    if (!isPublicKey(options.keys.publicKey) || !isPublicKey(options.keys.secretKey)) {
        return failure(ErrorKind::BadInput,
                       "Control sockets need a key pair: KeyPair::generate() makes one.");
    }
    try {
        auto hub = std::make_unique<ZmqControlHub>(std::move(options));
        if (!hub->isUsable()) {
            return failure(ErrorKind::Exhausted,
                           "Could not make the control sockets: no file descriptor is left.");
        }
        return hub;
    } catch (const zmq::error_t& error) {
        return zeromq::libraryFailure("Could not make the control sockets", error);
    }
}

}  // namespace longship
