#pragma once

#include <memory>
#include <thread>

#include "core/deploy/ssh/connection.h"

namespace longship {

/// Private to this folder: asks the machine for a connection to `host`:`port`. Unavailable.
Result<ChannelHandle> openForward(const Connection& via, const std::string& host, std::uint16_t port,
                                  std::chrono::milliseconds patience, const std::stop_token& stop);

/// Private to this folder: a way through one machine to another (direct-tcpip, RFC 4254 §7.2). A thread of
/// its own owns the connection to the machine and carries the bytes between its channel and a socket pair.
class Tunnel {
public:
    /// Asks `via` for a connection to `host`:`port`. Unavailable, Refused where forwarding is forbidden.
    static Result<std::unique_ptr<Tunnel>> open(Connection via, const std::string& host, std::uint16_t port,
                                                std::chrono::milliseconds patience, std::stop_token stop);
    ~Tunnel();

    /// The near end; once.
    Descriptor takeSocket() { return std::move(m_near); }

private:
    Tunnel(Connection via, ChannelHandle channel, Descriptor near, Descriptor far);
    void carry(const std::stop_token& stop);

    Connection m_via;
    ChannelHandle m_channel;  ///< Freed before its connection.
    Descriptor m_near;
    Descriptor m_far;
    std::jthread m_thread;
};

}  // namespace longship
