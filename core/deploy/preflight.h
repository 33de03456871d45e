#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/deploy/node_deployment.h"

namespace longship {

/// One cell of the grid. `detail` says what was found, `remedy` what to do about it where it is not good.
struct CheckResult {
    NodeId node;
    std::optional<NodeId> peer;  ///< Checks between two: from `node` to `peer`.
    std::string check;  ///< "resolve", "connect", "host-key", "login", "shell", "machine", "home", "disk",
                        ///< "memory", "tools", "limits", "clock", "stays", "probe"; between two: "reach",
                        ///< "data-port", "route", "bandwidth", "latency".
    bool ok = false;
    std::string detail;
    std::string remedy;
};

/// What NodeFacts say, as checks. `architecture`: that of our programs. `clockOffset`: seconds that the node
/// is ahead of this machine. Pure.
std::vector<CheckResult> judgeFacts(const NodeId& node, const NodeFacts& facts,
                                    const std::string& architecture, double clockOffset);

/// Checks all machines side by side, then all pairs: whether each reaches the others, at the agent's port of
/// `agents` where that is known, else at the SSH server's; then, between those that have our programs, data
/// ports, bandwidth and latency. Everything is tried, whatever fails; what cannot be tried because of an
/// earlier failure has no result. The callback is called by one thread at a time.
void checkNodes(const std::vector<SshNode>& nodes, const std::vector<RosterEntry>& agents,
                const std::string& architecture, const SshAccess& access, std::stop_token stop,
                const std::function<void(const CheckResult&)>& found);

}  // namespace longship
