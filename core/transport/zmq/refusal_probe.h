#pragma once

#include <optional>
#include <string>

namespace longship::zeromq {

/// Tells "nobody listens there" from "no answer": libzmq reports both as a failed attempt without the reason.
/// Opens a plain connection of its own, without waiting, and looks at the kernel's answer. The endpoint is
/// "tcp://<numeric address>:<port>" or "ipc://<path>"; any other is never refused.
class RefusalProbe {
public:
    explicit RefusalProbe(const std::string& endpoint);
    ~RefusalProbe();
    RefusalProbe(const RefusalProbe&) = delete;
    RefusalProbe& operator=(const RefusalProbe&) = delete;

    /// To be polled for output while refused() is empty.
    int descriptor() const { return m_descriptor; }

    /// To be called when the descriptor became writable.
    void handleWritable();

    /// Whether the peer's machine said no; empty while it has not answered.
    std::optional<bool> refused() const { return m_refused; }

    /// The peer's machine said yes or no: it can be reached. False while it has not, or cannot be.
    bool answered() const { return m_answered; }

private:
    void start(const std::string& endpoint);

    int m_descriptor = -1;
    std::optional<bool> m_refused;
    bool m_answered = false;
};

}  // namespace longship::zeromq
