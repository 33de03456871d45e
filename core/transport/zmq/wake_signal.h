#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace longship::zeromq {

/// A descriptor that any thread can make readable, for the poll of the thread that owns it.
class WakeSignal {
public:
    WakeSignal() : m_descriptor(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
    ~WakeSignal() {
        if (m_descriptor >= 0) {
            ::close(m_descriptor);
        }
    }
    WakeSignal(const WakeSignal&) = delete;
    WakeSignal& operator=(const WakeSignal&) = delete;

    /// False when no descriptor was left.
    bool isUsable() const { return m_descriptor >= 0; }
    int descriptor() const { return m_descriptor; }

    void raise() {
        const std::uint64_t one = 1;
        // Fails only when the counter is at its maximum: then it is readable anyway.
        [[maybe_unused]] const auto written = ::write(m_descriptor, &one, sizeof one);
    }

    void clear() {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto taken = ::read(m_descriptor, &count, sizeof count);
    }

private:
    int m_descriptor;
};

}  // namespace longship::zeromq
