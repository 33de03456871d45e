#pragma once

#include "core/deploy/ssh/connection.h"
#include "core/deploy/ssh/local_listener.h"

namespace longship {

/// Private to this folder: what SshSession::forward does.
Result<void> forwardAll(const Connection& via, const LocalListener& listener, const std::string& host,
                        std::uint16_t port, const std::stop_token& stop);

}  // namespace longship
