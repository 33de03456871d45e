#pragma once

#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/protocol/messages.h"

namespace longship {

/// Where to listen, as ControlHub takes it: "tcp://127.0.0.1:*" of "127.0.0.1:0". BadInput with the form that
/// was expected. Names are not looked up: the agent runs on machines whose resolver it cannot use.
Result<std::string> listenEndpoint(const std::string& address);

/// The endpoint that this node had in the roster from before, when `endpoint` leaves the port open and is of
/// the same host: taking the same port again lets the others find an agent that was restarted.
std::optional<std::string> earlierEndpoint(const std::string& endpoint, const Roster& roster,
                                           const NodeId& self);

}  // namespace longship
