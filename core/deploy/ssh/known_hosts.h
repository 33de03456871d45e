#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace longship {

/// A machine's public key.
struct HostKey {
    std::string type;         ///< "ssh-ed25519"
    std::string base64;       ///< The key itself, as in files of known hosts.
    std::string fingerprint;  ///< "SHA256:…"

    bool operator==(const HostKey& other) const { return type == other.type && base64 == other.base64; }
};

enum class HostKeyVerdict {
    Known,
    Unknown,  ///< No file names the host.
    Changed,  ///< The files name other keys for the host, of this type or of another.
    Revoked   ///< A file says that this very key must not be trusted.
};

struct HostKeyFinding {
    HostKeyVerdict verdict = HostKeyVerdict::Unknown;
    std::vector<HostKey> expected;  ///< Changed: what the files name.
    std::string file;               ///< Known, Changed, Revoked: the file that says so.
};

/// Which host has which key: the user's files, which are only read, and Longship's own, to which accepted
/// keys are added. Formats: OpenSSH's sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT", with hashed names, patterns and
/// @revoked;
/// @cert-authority lines vouch for certificates, which libssh does not check, and count for nothing here.
/// Safe from several threads and programs at once: the files are read again at each call.
class KnownHosts {
public:
    KnownHosts(std::filesystem::path own, std::vector<std::filesystem::path> others);

    /// `name`: SshAddress::knownName(). Io when a file is there and cannot be read: then nothing may be
    /// trusted.
    Result<HostKeyFinding> find(const std::string& name, const HostKey& key) const;
    /// The types of the keys known for the host, so that the server is asked for one of those.
    Result<std::vector<std::string>> typesOf(const std::string& name) const;
    /// Adds the key to the own file (0600).
    Result<void> accept(const std::string& name, const HostKey& key) const;

private:
    struct Line;
    Result<std::vector<Line>> linesFor(const std::string& name) const;

    std::filesystem::path m_own;
    std::vector<std::filesystem::path> m_others;
};

}  // namespace longship
