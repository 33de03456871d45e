#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/deploy/ssh/session.h"
#include "tests/support/temp_folder.h"

namespace longship::test {

/// Why no OpenSSH server can be tried here, with what would enable it; empty: it can.
std::string whyNoSshd();

/// Runs a program with its output in a file of ours; the output when it ended well, else a failed test.
std::string runProgram(const std::vector<std::string>& command, const std::string& input = {});

/// A key pair as ssh-keygen makes it: `file` and `file`.pub.
void makeKey(const std::filesystem::path& file, const std::string& type = "ed25519",
             const std::string& passphrase = {});
/// "SHA256:…" of a public key file, by ssh-keygen.
std::string fingerprintOf(const std::filesystem::path& publicKey);

/// True when this process may make mount namespaces.
bool canMount();

/// A free port of 127.0.0.1.
std::uint16_t freePort();

/// OpenSSH's server on 127.0.0.1 with keys, configuration and a home of its own. Ends with the object.
class TestSshd {
public:
    /// `keyTypes`: of its host keys. `more`: lines for its configuration. `mounts`: shell commands in a mount
    /// namespace of its own before it starts, with $HOME as its home; needs canMount().
    explicit TestSshd(const std::vector<std::string>& keyTypes = {"ed25519"}, const std::string& more = {},
                      std::uint16_t port = 0, const std::string& mounts = {});
    ~TestSshd();
    TestSshd(const TestSshd&) = delete;

    SshAddress address() const;
    SshHop hop() const;  ///< Logs in with userKey().
    std::uint16_t port() const { return m_port; }
    std::filesystem::path folder() const { return m_folder.path(); }
    /// What its commands see as HOME.
    std::filesystem::path home() const { return m_folder.path() / "home"; }
    /// Stands before the system's programs. In it are some that fail: no test may ask this machine's systemd
    /// or cron for anything.
    std::filesystem::path tools() const { return m_folder.path() / "tools"; }
    std::filesystem::path userKey() const { return m_folder.path() / "user_key"; }
    std::filesystem::path hostKey(const std::string& type = "ed25519") const;
    std::string fingerprint(const std::string& type = "ed25519") const;
    /// Lets a public key in.
    void authorize(const std::filesystem::path& publicKey) const;
    std::string log() const;
    /// Ends the server and all its connections at once.
    void kill();

private:
    TempFolder m_folder;
    std::uint16_t m_port = 0;
    pid_t m_process = -1;
};

/// ssh-agent on a socket of its own.
class TestAgent {
public:
    TestAgent();
    ~TestAgent();
    TestAgent(const TestAgent&) = delete;

    std::filesystem::path socket() const { return m_folder.path() / "agent"; }
    void add(const std::filesystem::path& key) const;

private:
    TempFolder m_folder;
    pid_t m_process = -1;
};

/// Answers as a test says, and remembers what it was asked.
class ScriptedQuestions final : public SshQuestions {
public:
    bool acceptHostKey(const HostKeyQuestion& question) override;
    std::optional<Secret> secret(const SecretQuestion& question) override;

    bool accepts = true;
    std::vector<std::string> answers;  ///< Given one after another; then none.
    std::vector<HostKeyQuestion> keys;
    std::vector<SecretQuestion> secrets;
};

/// Settings with an own file of accepted keys in `folder`, and nothing of this machine's user.
SshSettings settingsIn(const std::filesystem::path& folder);
std::string localUserName();

}  // namespace longship::test
