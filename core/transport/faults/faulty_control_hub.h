#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>

#include "core/transport/control.h"
#include "core/transport/faults/link_faults.h"

namespace longship {

/// A control hub whose links can be cut and slowed on purpose. What concerns a peer that is cut off is held,
/// both ways and in order, until it has healed: messages, and the news that a connection came up or broke.
/// Slow links hold messages as long as they would take; kSlowRateMin is what a heartbeat needs.
class FaultyControlHub final : public ControlHub {
public:
    /// Bytes a second each way.
    static constexpr double kSlowRateMin = 16e3;
    /// More is held by nobody: the faults heal then, at once.
    static constexpr std::size_t kHeldBytesMax = std::size_t{64} << 20;

    /// The name under which LinkFaults knows who has this key; empty for clients and workers, whose links
    /// have no faults.
    using NameOf = std::function<std::string(const std::string& publicKey)>;

    FaultyControlHub(std::unique_ptr<ControlHub> hub, LinkFaults& faults, NameOf nameOf);

    void authorize(std::set<std::string> publicKeys) override { m_hub->authorize(std::move(publicKeys)); }
    Result<std::string> listen(const std::string& endpoint) override { return m_hub->listen(endpoint); }
    Result<ConnectionHandle> connect(const std::string& endpoint, const std::string& serverKey) override;
    void disconnect(ConnectionHandle connection) override;
    Result<void> reply(const ConnectionId& to, std::string_view bytes) override;
    Result<void> send(ConnectionHandle to, std::string_view bytes) override;
    void wait(TimePoint deadline, const Events& events) override;
    void watch(int fileDescriptor) override { m_hub->watch(fileDescriptor); }
    void unwatch(int fileDescriptor) override { m_hub->unwatch(fileDescriptor); }
    void wake() override { m_hub->wake(); }
    std::uint64_t bytesSent() const override { return m_hub->bytesSent(); }
    std::uint64_t bytesReceived() const override { return m_hub->bytesReceived(); }

private:
    enum class Change { Connected, Refused, Disconnected, Rejected };
    struct Message {
        std::variant<ConnectionId, ConnectionHandle> link;
        ControlMessage message;
    };
    struct News {
        ConnectionHandle connection;
        Change change;
    };
    struct Outgoing {
        std::variant<ConnectionId, ConnectionHandle> link;
        std::string bytes;
    };
    struct Held {
        std::string peer;
        std::variant<Message, News, Outgoing> what;
        TimePoint due;
    };

    bool isAtWork() const { return m_faults.any() || !m_held.empty(); }
    std::string nameOf(ConnectionHandle connection) const;
    bool brokeUnheard(ConnectionHandle connection) const;
    bool mustHold(const std::string& peer, TimePoint now);
    void hold(std::string peer, std::variant<Message, News, Outgoing> what, std::size_t bytes, TimePoint now);
    Events holding(const Events& events);
    bool release(const Events& events);
    void pass(const Held& held, const Events& events);

    const std::unique_ptr<ControlHub> m_hub;
    LinkFaults& m_faults;
    const NameOf m_nameOf;
    std::map<ConnectionHandle, std::string> m_keys;  ///< Of those that go out.
    std::map<ConnectionId, std::string> m_visitors;  ///< Names of those heard while there was a fault.
    std::deque<Held> m_held;
    std::size_t m_heldBytes = 0;
    Throttle m_out;
    Throttle m_in;
};

}  // namespace longship
