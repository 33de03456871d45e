#pragma once

#include <filesystem>
#include <string>

#include "core/deploy/ssh/route.h"

namespace longship {

/// What a main found in its environment; empty where that says nothing.
struct SshEnvironment {
    std::string home;         ///< HOME
    std::string user;         ///< USER
    std::string agentSocket;  ///< SSH_AUTH_SOCK
};

/// This user's SSH as ssh(1) finds it.
struct SshUser {
    std::filesystem::path home{};  ///< Holds .ssh.
    SshSettings settings{};

    std::filesystem::path configFile() const { return home / ".ssh" / "config"; }
};

/// Keys and known hosts where OpenSSH keeps them; Longship's own file of known hosts is in its data folder.
/// Home and name come from the user database where the environment has none.
SshUser usualSshUser(const SshEnvironment& environment, const std::filesystem::path& dataFolder);

}  // namespace longship
