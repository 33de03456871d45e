#include "core/transport/faults/faulty_control_hub.h"

#include <algorithm>
#include <utility>

namespace longship {
namespace {

constexpr Duration kLook = std::chrono::milliseconds(10);

template <typename... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};

}  // namespace

FaultyControlHub::FaultyControlHub(std::unique_ptr<ControlHub> hub, LinkFaults& faults, NameOf nameOf)
    : m_hub(std::move(hub)), m_faults(faults), m_nameOf(std::move(nameOf)) {
    m_out.setRate(kSlowRateMin);
    m_in.setRate(kSlowRateMin);
}

Result<ControlHub::ConnectionHandle> FaultyControlHub::connect(const std::string& endpoint,
                                                               const std::string& serverKey) {
    auto connection = m_hub->connect(endpoint, serverKey);
    if (connection) {
        m_keys[*connection] = serverKey;
    }
    return connection;
}

void FaultyControlHub::disconnect(ConnectionHandle connection) {
    m_keys.erase(connection);
    std::erase_if(m_held, [&](const Held& held) {
        return std::visit(
            Overloaded{[&](const News& news) { return news.connection == connection; },
                       [&](const auto& other) { return other.link == decltype(other.link)(connection); }},
            held.what);
    });
    m_hub->disconnect(connection);
}

std::string FaultyControlHub::nameOf(ConnectionHandle connection) const {
    const auto key = m_keys.find(connection);
    return key == m_keys.end() ? std::string() : m_nameOf(key->second);
}

/// Whatever came later waits for what is held already.
bool FaultyControlHub::mustHold(const std::string& peer, TimePoint now) {
    return !peer.empty() && (m_faults.isCut(peer, now) || m_faults.isSlow(now) ||
                             std::ranges::any_of(m_held, [&](const Held& one) { return one.peer == peer; }));
}

void FaultyControlHub::hold(std::string peer, std::variant<Message, News, Outgoing> what, std::size_t bytes,
                            TimePoint now) {
    TimePoint due = now;
    if (!peer.empty() && bytes > 0 && m_faults.isSlow(now)) {
        due = (std::holds_alternative<Outgoing>(what) ? m_out : m_in).passesAt(bytes, now);
    }
    m_held.push_back({std::move(peer), std::move(what), due});
    m_heldBytes += bytes;
    if (m_heldBytes > kHeldBytesMax) {
        m_faults.heal();
    }
}

/// The connection is another one by now, and the owner does not know: what it says to the old one is lost.
bool FaultyControlHub::brokeUnheard(ConnectionHandle connection) const {
    return std::ranges::any_of(m_held, [&](const Held& held) {
        const auto* news = std::get_if<News>(&held.what);
        return news != nullptr && news->connection == connection && news->change == Change::Disconnected;
    });
}

Result<void> FaultyControlHub::reply(const ConnectionId& to, std::string_view bytes) {
    if (isAtWork()) {
        const auto visitor = m_visitors.find(to);
        const TimePoint now = BootClock::now();
        if (visitor != m_visitors.end() && mustHold(visitor->second, now)) {
            hold(visitor->second, Outgoing{to, std::string(bytes)}, bytes.size(), now);
            return {};
        }
    }
    return m_hub->reply(to, bytes);
}

Result<void> FaultyControlHub::send(ConnectionHandle to, std::string_view bytes) {
    if (isAtWork()) {
        const std::string peer = nameOf(to);
        const TimePoint now = BootClock::now();
        if (brokeUnheard(to)) {
            return {};
        }
        if (mustHold(peer, now)) {
            hold(peer, Outgoing{to, std::string(bytes)}, bytes.size(), now);
            return {};
        }
    }
    return m_hub->send(to, bytes);
}

void FaultyControlHub::wait(TimePoint deadline, const Events& events) {
    if (!isAtWork()) {
        m_visitors.clear();
        m_hub->wait(deadline, events);
        return;
    }
    bool happened = release(events);
    while (!happened && BootClock::now() < deadline) {
        Events held = holding(events);
        const auto noted = [&](auto handler) {
            return [&happened, handler](const auto&... arguments) {
                happened = true;
                if (handler) {
                    handler(arguments...);
                }
            };
        };
        held.onReadable = noted(events.onReadable);
        held.onWake = noted(events.onWake);
        // What is held by a cut waits for its end; what is slow, for its time.
        m_hub->wait(m_held.empty() ? deadline : std::min(deadline, BootClock::now() + kLook), held);
        happened = release(events) || happened;
    }
}

/// Handlers that take in what happens; release() passes on what nothing holds.
ControlHub::Events FaultyControlHub::holding(const Events& events) {
    Events result = events;
    result.onServerMessage = [this](const ControlMessage& message) {
        const std::string peer = m_nameOf(message.publicKey);
        if (!peer.empty()) {
            m_visitors[message.from] = peer;
        }
        hold(peer, Message{message.from, message}, message.bytes.size(), BootClock::now());
    };
    result.onMessage = [this](ConnectionHandle connection, const ControlMessage& message) {
        hold(nameOf(connection), Message{connection, message}, message.bytes.size(), BootClock::now());
    };
    const auto news = [this](Change change) {
        return [this, change](ConnectionHandle connection) {
            std::erase_if(m_held, [&](const Held& held) {
                const auto* outgoing = std::get_if<Outgoing>(&held.what);
                return outgoing != nullptr && outgoing->link == decltype(outgoing->link)(connection);
            });
            hold(nameOf(connection), News{connection, change}, 0, BootClock::now());
        };
    };
    result.onConnected = news(Change::Connected);
    result.onRefused = news(Change::Refused);
    result.onDisconnected = news(Change::Disconnected);
    result.onRejected = news(Change::Rejected);
    return result;
}

/// Passes on what may pass, a peer's in order. True when there was something.
bool FaultyControlHub::release(const Events& events) {
    const TimePoint now = BootClock::now();
    const bool slow = m_faults.isSlow(now);
    std::set<std::string> waiting;
    std::deque<Held> passing;
    for (auto held = m_held.begin(); held != m_held.end();) {
        const bool waits =
            !held->peer.empty() &&
            (waiting.contains(held->peer) || (slow && held->due > now) || m_faults.isCut(held->peer, now));
        if (waits) {
            waiting.insert(held->peer);
            ++held;
        } else {
            passing.push_back(std::move(*held));
            held = m_held.erase(held);
        }
    }
    if (m_held.empty()) {
        m_heldBytes = 0;
    }
    for (const Held& held : passing) {
        pass(held, events);
    }
    return !passing.empty();
}

void FaultyControlHub::pass(const Held& held, const Events& events) {
    const auto tell = [](const auto& handler, const auto&... arguments) {
        if (handler) {
            handler(arguments...);
        }
    };
    if (const auto* message = std::get_if<Message>(&held.what)) {
        if (const auto* connection = std::get_if<ConnectionHandle>(&message->link)) {
            tell(events.onMessage, *connection, message->message);
        } else {
            tell(events.onServerMessage, message->message);
        }
    } else if (const auto* news = std::get_if<News>(&held.what)) {
        switch (news->change) {
            case Change::Connected: tell(events.onConnected, news->connection); break;
            case Change::Refused: tell(events.onRefused, news->connection); break;
            case Change::Disconnected: tell(events.onDisconnected, news->connection); break;
            case Change::Rejected: tell(events.onRejected, news->connection); break;
        }
    } else {
        // To a connection that broke meanwhile nothing arrives, as behind a cut cable.
        const auto& outgoing = std::get<Outgoing>(held.what);
        if (const auto* connection = std::get_if<ConnectionHandle>(&outgoing.link)) {
            static_cast<void>(m_hub->send(*connection, outgoing.bytes));
        } else {
            static_cast<void>(m_hub->reply(std::get<ConnectionId>(outgoing.link), outgoing.bytes));
        }
    }
}

}  // namespace longship
