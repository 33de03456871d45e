#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "core/transport/data_mesh.h"
#include "core/transport/zmq/data_wire.h"
#include "core/transport/zmq/socket_monitor.h"
#include "core/transport/zmq/wake_signal.h"
#include "core/transport/zmq/zap_authenticator.h"

namespace longship::zeromq {

/// Counts the zero-copy sends that libzmq is done with, from its I/O thread.
class SendTally {
public:
    /// libzmq's free callback; the hint is the tally.
    static void handleFreed(void* data, void* hint) noexcept;

    std::uint64_t done() const { return m_done.load(); }
    /// While true, each count makes the signal readable.
    void setWaiting(bool waiting) { m_waiting.store(waiting); }
    WakeSignal& signal() { return m_signal; }

private:
    std::atomic<std::uint64_t> m_done{0};
    std::atomic<bool> m_waiting{false};
    WakeSignal m_signal;
};

/// A message that came in and was checked: it belongs to the membership and comes from the rank it names.
struct DataMessage {
    DataHeader header;
    int descriptor = -1;  ///< The connection it came through.
    zmq::message_t body;
    std::size_t payloadOffset = 0;
};

/// The sockets of one data port, shared by the port and its current mesh. One thread, but for what says
/// otherwise, `wake` and the tally.
struct DataSockets {
    DataSockets(const KeyPair& keys, bool encrypted);

    /// The next good message of the plan's membership; others are dropped. Empty when there is none now.
    std::optional<DataMessage> receive(const DataPlan& plan, const TokenHash& token);

    /// The connections that were closed since the last call, by descriptor.
    std::vector<int> takeClosed();

    /// Any thread.
    void interrupt(MembershipNumber through);
    bool isInterrupted(const DataPlan& plan) const { return plan.membership <= interruptedThrough.load(); }

    const KeyPair keys;
    const bool encrypted;
    SendTally tally;  // Before the context: its I/O thread counts here until it ends.
    WakeSignal wake;
    std::atomic<MembershipNumber> interruptedThrough{0};
    zmq::context_t context;
    std::optional<ZapAuthenticator> zap;  // Before the router: its address must be bound first.
    zmq::socket_t router;
    SocketMonitor routerMonitor;
};

/// A DEALER with the settings of the data plane, not connected yet.
zmq::socket_t makeDealer(DataSockets& sockets, const DataPlan& plan, Rank peer);

}  // namespace longship::zeromq
