#include "core/deploy/node_route.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

namespace longship {

Result<SshNode> sshNodeFor(const SshConfig& config, const ListedNode& listed) {
    LONGSHIP_ASSIGN(SshRoute route, listed.jumps.empty() ? config.routeTo(listed.address)
                                                         : config.routeTo(listed.address, listed.jumps));
    if (!listed.identity.empty()) {
        auto& identities = route.hops.back().identities;
        identities.insert(identities.begin(), std::filesystem::absolute(listed.identity));
    }
    return SshNode{NodeId(listed.name), std::move(route)};
}

Result<std::vector<ListedNode>> listedFromConfig(const SshConfig& config,
                                                 const std::vector<std::string>& patterns) {
    std::vector<ListedNode> listed;
    for (const std::string& pattern : patterns) {
        const auto names = config.hostNames(pattern);
        if (names.empty()) {
            return failure(ErrorKind::NotFound,
                           fmt::format("~/.ssh/config names no host that matches \"{}\". It names: {}.",
                                       pattern, fmt::join(config.hostNames(), ", ")));
        }
        for (const std::string& name : names) {
            listed.push_back({nodeNameFor(name), {"", name, kSshPort}, "", {}});
        }
    }
    return listed;
}

}  // namespace longship
