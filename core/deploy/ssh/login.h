#pragma once

#include <stop_token>

#include "core/deploy/ssh/connection.h"

namespace longship {

/// Private to this folder. Logs in by what the server allows, in this order: key files given that need no
/// passphrase, ssh-agent, key files given and usual that do, keyboard-interactive, password. A passphrase is
/// asked for only once the server said that it would take the key. Refused with all that was tried.
Result<void> login(const Connection& connection, const SshHop& hop, const SshSettings& settings,
                   SshQuestions& questions, std::stop_token stop, const SshObserver& observer);

}  // namespace longship
