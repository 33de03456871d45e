#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <zmq.hpp>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/transport/keys.h"

namespace longship::zeromq {

// The ZAP domain of every server socket; with ZAP_ENFORCE_DOMAIN a socket without a handler accepts nobody.
inline constexpr const char* kZapDomain = "longship";

// Time for the CURVE handshake, and for a TCP connection to come up, before the attempt is given up.
inline constexpr int kHandshakeMs = 3000;
inline constexpr int kConnectMs = 2000;

// CURVE and framing around a message on top of its payload.
inline constexpr std::int64_t kFrameOverhead = 64;

/// Applies the server half of CURVE: our keys, and ZAP in charge of who may connect.
void secureServer(zmq::socket_t& socket, const KeyPair& keys);

/// Applies the client half of CURVE.
void secureClient(zmq::socket_t& socket, const KeyPair& keys, const std::string& serverKey);

/// TCP keepalive, so that a peer whose machine vanished is noticed within about half a minute, the time limit
/// of handshakes, and the largest message accepted.
void limitPeer(zmq::socket_t& socket, std::size_t messageBytesMax);

/// Binds and returns the endpoint with its real port. Exhausted when the port is in use.
Result<std::string> bindSocket(zmq::socket_t& socket, const std::string& endpoint);

Result<void> connectSocket(zmq::socket_t& socket, const std::string& endpoint);

/// A libzmq error as a value: "<what>: <reason>."
tl::unexpected<Error> libraryFailure(std::string_view what, const zmq::error_t& error);

/// The timeout of a poll that ends at the deadline, rounded up, at least 0.
std::chrono::milliseconds timeUntil(TimePoint deadline);

}  // namespace longship::zeromq
