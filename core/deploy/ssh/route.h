#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/deploy/ssh/address.h"

namespace longship {

/// One machine on the way, the last one being the target. Its host key is checked whatever its place.
struct SshHop {
    SshAddress address;
    std::string keyName;  ///< HostKeyAlias: the name under which its keys are known; empty: the address.
    std::vector<std::filesystem::path> identities;  ///< Key files to try before the usual ones.
    bool identitiesOnly = false;                    ///< Neither the agent nor the usual key files.
    std::string expectedHostKey;  ///< "SHA256:…" as given by the person; empty: none given.

    bool operator==(const SshHop&) const = default;
};

/// The way to a machine: through hops[0], from there to hops[1], and so on. Never empty.
struct SshRoute {
    std::vector<SshHop> hops;

    const SshHop& target() const { return hops.back(); }
    bool operator==(const SshRoute&) const = default;
};

/// Where this user's keys and known hosts are. Filled in by mains.
struct SshSettings {
    std::filesystem::path acceptedKeys;             ///< Longship's own file of known hosts, written by us.
    std::vector<std::filesystem::path> knownHosts;  ///< The user's and the system's: read, never written.
    std::vector<std::filesystem::path> usualKeys;   ///< ~/.ssh/id_ed25519 and so on.
    std::filesystem::path agentSocket;              ///< Of ssh-agent; empty: none.
    std::string localUser;                          ///< Where an address names no user.
    std::chrono::seconds connectPatience{10};       ///< One TCP connection.
    std::chrono::seconds handshakePatience{20};     ///< Versions and keys, a person's answer not counted.
    std::chrono::seconds loginPatience{30};         ///< One attempt to log in, a person's answer not counted.
};

}  // namespace longship
