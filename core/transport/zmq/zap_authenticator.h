#pragma once

#include <functional>
#include <set>
#include <string>
#include <zmq.hpp>

namespace longship::zeromq {

/// The ZAP handler of one context (RFC 27): decides by public key which CURVE clients may connect, and makes
/// that key the User-Id of their messages. Create it before any server socket of the context is bound. Served
/// by its owner's poll loop; a client waits in its handshake until then.
class ZapAuthenticator {
public:
    explicit ZapAuthenticator(zmq::context_t& context);

    /// Nobody may connect until keys were given. Holds for handshakes from now on.
    void allow(std::set<std::string> publicKeys);

    /// To be polled for input.
    zmq::socket_t& socket() { return m_socket; }

    /// Answers all waiting requests. Never waits.
    void serve();

private:
    bool answerNext();

    zmq::socket_t m_socket;
    std::set<std::string> m_allowed;
};

}  // namespace longship::zeromq
