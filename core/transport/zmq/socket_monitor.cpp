#include "core/transport/zmq/socket_monitor.h"

#include <fmt/format.h>

#include <cstring>

namespace longship::zeromq {

SocketMonitor::SocketMonitor(zmq::context_t& context, zmq::socket_t& socket, int events)
    : m_monitored(socket), m_events(context, zmq::socket_type::pair) {
    // The address of the socket names the monitor: unique within the context as long as the monitor lives.
    const std::string endpoint = fmt::format("inproc://monitor-{}", fmt::ptr(socket.handle()));
    if (zmq_socket_monitor(socket.handle(), endpoint.c_str(), events) != 0) {
        throw zmq::error_t();
    }
    m_events.set(zmq::sockopt::linger, 0);
    // libzmq's I/O thread would wait for a reader that has fallen behind.
    m_events.set(zmq::sockopt::rcvhwm, 0);
    m_events.connect(endpoint);
}

SocketMonitor::~SocketMonitor() {
    zmq_socket_monitor(m_monitored.handle(), nullptr, 0);
}

std::optional<MonitorEvent> SocketMonitor::next() {
    zmq::message_t head;
    zmq::message_t endpoint;
    if (!m_events.recv(head, zmq::recv_flags::dontwait)) {
        return std::nullopt;
    }
    MonitorEvent event;
    std::memcpy(&event.kind, head.data(), sizeof event.kind);
    std::memcpy(&event.value, head.data<char>() + sizeof event.kind, sizeof event.value);
    if (head.more() && m_events.recv(endpoint, zmq::recv_flags::dontwait)) {
        event.endpoint = endpoint.to_string();
    }
    return event;
}

}  // namespace longship::zeromq
