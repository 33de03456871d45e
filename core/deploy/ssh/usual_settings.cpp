#include "core/deploy/ssh/usual_settings.h"

#include <pwd.h>
#include <unistd.h>

namespace longship {

SshUser usualSshUser(const SshEnvironment& environment, const std::filesystem::path& dataFolder) {
    const passwd* const entry = ::getpwuid(::getuid());
    SshUser user;
    user.home = !environment.home.empty() ? environment.home : entry != nullptr ? entry->pw_dir : "/";
    const auto folder = user.home / ".ssh";
    user.settings.localUser = entry != nullptr ? entry->pw_name : environment.user;
    user.settings.agentSocket = environment.agentSocket;
    user.settings.acceptedKeys = dataFolder / "ssh" / "known_hosts";
    user.settings.knownHosts = {folder / "known_hosts", folder / "known_hosts2", "/etc/ssh/ssh_known_hosts"};
    for (const char* name : {"id_ed25519", "id_ecdsa", "id_rsa"}) {
        user.settings.usualKeys.push_back(folder / name);
    }
    return user;
}

}  // namespace longship
