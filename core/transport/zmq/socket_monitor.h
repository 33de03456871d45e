#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <zmq.hpp>

namespace longship::zeromq {

struct MonitorEvent {
    std::uint16_t kind = 0;   ///< ZMQ_EVENT_…
    std::uint32_t value = 0;  ///< Descriptor, errno or interval, as the kind says.
    std::string endpoint;
};

/// The life of the connections of one socket as libzmq reports it. The socket must outlive the monitor and
/// belong to the same thread.
class SocketMonitor {
public:
    SocketMonitor(zmq::context_t& context, zmq::socket_t& socket, int events);
    ~SocketMonitor();
    SocketMonitor(const SocketMonitor&) = delete;
    SocketMonitor& operator=(const SocketMonitor&) = delete;

    /// To be polled for input.
    zmq::socket_t& socket() { return m_events; }

    /// The next event; none when all were taken. Never waits.
    std::optional<MonitorEvent> next();

private:
    zmq::socket_t& m_monitored;
    zmq::socket_t m_events;
};

}  // namespace longship::zeromq
