#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace longship {

/// A TCP socket that never blocks; waiting is done with a deadline. Private to this folder.
class ProbeSocket {
public:
    ProbeSocket() = default;
    explicit ProbeSocket(int number) : m_number(number) {}
    ~ProbeSocket();
    ProbeSocket(ProbeSocket&& other) noexcept : m_number(std::exchange(other.m_number, -1)) {}
    ProbeSocket& operator=(ProbeSocket&& other) noexcept {
        std::swap(m_number, other.m_number);
        return *this;
    }

    /// BadInput: no numeric address. Unavailable: with the system's reason.
    static Result<ProbeSocket> connect(const std::string& address, std::uint16_t port, TimePoint deadline);
    static Result<ProbeSocket> listen(const std::string& address);
    /// Not open: nobody waits.
    ProbeSocket accept() const;

    bool isOpen() const { return m_number >= 0; }
    int number() const { return m_number; }
    /// Of this end; empty where there is none.
    std::string localAddress() const;
    std::uint16_t localPort() const;

    /// True when one of `events` (poll(2)), or an error, is there before the deadline.
    bool wait(short events, TimePoint deadline) const;
    /// As much as goes at once: bytes; 0: nothing now; -1: the end.
    std::ptrdiff_t sendSome(std::span<const char> bytes) const;
    std::ptrdiff_t receiveSome(std::span<char> bytes) const;
    /// All of it before the deadline, or false.
    bool send(std::string_view bytes, TimePoint deadline) const;
    bool receive(std::span<char> bytes, TimePoint deadline) const;
    /// What is not sent yet is thrown away when it is closed.
    void dropUnsent() const;

private:
    int m_number = -1;
};

}  // namespace longship
