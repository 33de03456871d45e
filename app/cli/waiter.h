#pragma once

#include <signal.h>

#include "core/base/result.h"
#include "core/client/client.h"

namespace longship::cli {

/// Lets a command wait for the client and for Ctrl+C at once. Takes over SIGINT, SIGTERM and SIGHUP for the
/// whole process: make it before any thread starts, so that none of them is interrupted instead.
class Waiter : public ClientObserver {
public:
    enum class Woken { Changed, Interrupted, Timeout };

    Waiter();
    ~Waiter() override;  ///< Gives the signals back.
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    /// Until the client changed something since the last call, a signal came, or the deadline.
    Woken wait(TimePoint deadline);

    void clusterChanged() override { wake(); }
    void runChanged(const RunId&) override { wake(); }

private:
    void wake() const;

    sigset_t m_before;
    int m_signals = -1;
    int m_changes = -1;
};

/// Is told by the client for as long as it lives.
class Observing {
public:
    Observing(Client& client, ClientObserver& observer) : m_client(client), m_observer(observer) {
        m_client.addObserver(&m_observer);
    }
    ~Observing() { m_client.removeObserver(&m_observer); }
    Observing(const Observing&) = delete;
    Observing& operator=(const Observing&) = delete;

private:
    Client& m_client;
    ClientObserver& m_observer;
};

}  // namespace longship::cli
