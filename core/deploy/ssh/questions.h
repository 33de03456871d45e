#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/secret.h"
#include "core/deploy/ssh/address.h"
#include "core/deploy/ssh/known_hosts.h"

namespace longship {

/// A host key that nobody has vouched for yet.
struct HostKeyQuestion {
    SshAddress host;
    std::string type;         ///< "ssh-ed25519"
    std::string fingerprint;  ///< "SHA256:…", as ssh-keygen -l prints it.
};

/// A machine whose key differs from all that are known for it: the connection has ended.
struct HostKeyAlarm {
    SshAddress host;
    std::string name;  ///< By which its keys are known.
    HostKey shown;
    std::vector<HostKey> expected;
    std::string file;  ///< That names the expected ones.
};

enum class SecretKind {
    Passphrase,  ///< Of a key file on this machine.
    Password,    ///< Of the user on that machine.
    Challenge    ///< Something else the machine asks for, in its own words: a code, a new password.
};

struct SecretQuestion {
    SecretKind kind = SecretKind::Password;
    SshAddress host;
    std::string prompt;    ///< A key file's path, or the machine's own words: made safe to print.
    bool echo = false;     ///< What is typed may be shown.
    unsigned attempt = 1;  ///< Above 1: the answer before was wrong.
};

/// Answers what only a person can. Called on the thread that opens the connection and may block as long as
/// the person needs; several connections may ask at once, so an implementation serves one after another.
class SshQuestions {
public:
    virtual ~SshQuestions() = default;
    /// True to go on and to keep the key. False is the answer whenever there is doubt.
    virtual bool acceptHostKey(const HostKeyQuestion& question) = 0;
    /// None: the person gives none.
    virtual std::optional<Secret> secret(const SecretQuestion& question) = 0;
    /// Told, not asked: nothing leads on from there.
    virtual void hostKeyChanged(const HostKeyAlarm&) {}
};

/// Where nobody can be asked: accepts nothing, knows nothing.
class NoQuestions final : public SshQuestions {
public:
    bool acceptHostKey(const HostKeyQuestion&) override { return false; }
    std::optional<Secret> secret(const SecretQuestion&) override { return std::nullopt; }
};

}  // namespace longship
