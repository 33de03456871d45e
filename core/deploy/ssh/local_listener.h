#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>

#include "core/base/result.h"
#include "core/deploy/ssh/dial.h"

namespace longship {

/// A TCP port of this machine's loopback that the operating system chooses: the near end of
/// SshSession::forward.
class LocalListener {
public:
    /// Exhausted: no port is left.
    static Result<LocalListener> open();

    std::uint16_t port() const { return m_port; }
    int socket() const { return m_socket.number(); }

private:
    LocalListener(Descriptor socket, std::uint16_t port) : m_socket(std::move(socket)), m_port(port) {}

    Descriptor m_socket;
    std::uint16_t m_port;
};

/// Whether somebody accepts a TCP connection from here.
bool isAnswered(const std::string& host, std::uint16_t port, std::chrono::milliseconds patience,
                const std::stop_token& stop);

}  // namespace longship
