#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/deploy/ssh/local_listener.h"
#include "core/deploy/ssh/questions.h"
#include "core/deploy/ssh/route.h"

namespace longship {

/// How far a connection has come; a failure belongs to the stage that began last.
enum class SshStage { Resolve, Connect, Handshake, HostKey, Login };

struct SshObserver {
    std::function<void(const SshHop&, SshStage)> stage;
    /// The name of the method by which somebody was let in: "agent", "key", "password",
    /// "keyboard-interactive".
    std::function<void(const SshHop&, std::string_view method)> loggedIn;
};

/// What an input may answer that has nothing to say yet: it is asked again a little later.
inline constexpr std::size_t kNoInputYet = static_cast<std::size_t>(-1);

/// One command on the machine. `input` fills the span and tells how many bytes; 0 ends the command's standard
/// input. `output` and `errors` get what it writes as it comes; an error from any of the three ends the
/// command.
struct SshExec {
    std::string command;
    std::function<Result<std::size_t>(std::span<std::byte>)> input;
    std::function<Result<void>(std::span<const std::byte>)> output;
    std::function<Result<void>(std::span<const std::byte>)> errors;
    std::chrono::seconds silenceMax{60};  ///< Nothing moved in either direction for so long: Unavailable.
};

struct SshExit {
    int status = -1;     ///< -1: ended by a signal, or the machine did not say.
    std::string signal;  ///< "KILL", "SEGV"; empty: none.
};

/// What a command with little to say has said.
struct SshAnswer {
    SshExit exit;
    std::string output;
    std::string errors;
};

/// A connection to a machine whose key was checked and that let us in. The user's ~/.ssh/config is not read
/// here; agent and X11 forwarding are never asked for. Used by one thread at a time. Source of the protocol:
/// RFC 4251–4254, by libssh.
class SshSession {
public:
    /// Connects hop by hop. Each hop's key is compared with the known ones before anything is said about who
    /// we are: a changed or revoked key ends it (Refused, both fingerprints in the text), an unknown one is
    /// asked for. Unavailable: name, network, time. Refused: key or login. Interrupted: by `stop`.
    static Result<SshSession> open(const SshRoute& route, const SshSettings& settings,
                                   SshQuestions& questions, std::stop_token stop = {},
                                   const SshObserver& observer = {});
    ~SshSession();
    SshSession(SshSession&&) noexcept;
    SshSession& operator=(SshSession&&) noexcept;

    /// Runs a command and waits for its end. The command is read by the user's login shell: fixed text only,
    /// what differs goes in by `input`.
    Result<SshExit> exec(const SshExec& exec, std::stop_token stop = {});
    /// The same with text, at most 1 MiB of it each way.
    Result<SshAnswer> run(const std::string& command, std::string_view input = {}, std::stop_token stop = {},
                          std::chrono::seconds silenceMax = std::chrono::seconds(60));

    /// Asks the machine to connect to another one (direct-tcpip, closed at once): seconds that it took.
    /// Unavailable when it does not get there, or is not allowed to try.
    Result<double> reach(const std::string& host, std::uint16_t port, std::chrono::milliseconds patience,
                         std::stop_token stop = {});

    /// Carries whoever connects to the listener to `host`:`port`, as the machine reaches it (direct-tcpip),
    /// until it is stopped or the connection to the machine breaks: never without an error. Interrupted,
    /// Unavailable.
    Result<void> forward(const LocalListener& listener, const std::string& host, std::uint16_t port,
                         std::stop_token stop);

    /// The address of this end and of the machine's as the machine sees them, "192.0.2.7"; empty behind a
    /// jump.
    const std::string& localAddress() const;
    const std::string& remoteAddress() const;
    /// What the machine calls its server, "SSH-2.0-OpenSSH_9.2p1".
    std::string serverVersion() const;
    /// Cipher, key exchange and message authentication agreed on, for the log.
    std::string suite() const;

private:
    class Impl;
    explicit SshSession(std::unique_ptr<Impl> impl);

    std::unique_ptr<Impl> m_impl;
};

/// Text from another machine, fit to be printed: control and escape characters and broken UTF-8 become '?',
/// at most `lengthMax` bytes.
std::string printable(std::string_view text, std::size_t lengthMax = 2000);

}  // namespace longship
