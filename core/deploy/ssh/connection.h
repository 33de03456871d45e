#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "core/base/clock.h"
#include "core/deploy/ssh/dial.h"
#include "core/deploy/ssh/known_hosts.h"
#include "core/deploy/ssh/libssh_handles.h"
#include "core/deploy/ssh/questions.h"
#include "core/deploy/ssh/route.h"
#include "core/deploy/ssh/session.h"

namespace longship {

/// A socket that libssh uses and, going by its documentation, leaves to us to close. Closed only while the
/// number still is that very socket, so that a libssh that closes it itself does no harm to another thread's
/// new file.
class LentSocket {
public:
    LentSocket() = default;
    explicit LentSocket(Descriptor socket);
    ~LentSocket();
    LentSocket(LentSocket&& other) noexcept;
    LentSocket& operator=(LentSocket&& other) noexcept;

private:
    Descriptor m_socket;
    std::uint64_t m_inode = 0;
};

/// Private to this folder: one libssh session over a socket that we made, never blocking inside libssh. It
/// says goodbye and closes the socket at its end.
class Connection {
public:
    /// Agrees on keys with the server behind the socket; trusts nobody yet.
    static Result<Connection> shakeHands(Descriptor socket, const SshHop& hop, const SshSettings& settings,
                                         std::stop_token stop);
    Connection(Connection&& other) noexcept = default;
    Connection& operator=(Connection&& other) noexcept;
    ~Connection();

    /// Compares the server's key with the known ones; asks for an unknown one.
    Result<void> checkHostKey(const SshHop& hop, const SshSettings& settings, SshQuestions& questions);

    ssh_session raw() const { return m_session.get(); }
    const SshAddress& address() const { return m_address; }
    int socket() const { return ::ssh_get_fd(m_session.get()); }

    /// Calls until the answer is not `again`, waiting for the socket in between. Unavailable when `patience`
    /// ends, Interrupted when stopped; `what` ends the sentence "HOST did not answer in time: ".
    template <typename Call>
    Result<int> drive(Call&& call, int again, std::chrono::milliseconds patience, const std::stop_token& stop,
                      std::string_view what) const {
        const TimePoint deadline = BootClock::now() + patience;
        for (;;) {
            if (const int answer = call(); answer != again) {
                return answer;
            }
            LONGSHIP_TRY(pause(deadline, stop, what));
        }
    }

    /// What libssh says went wrong, fit to print.
    std::string problem() const;
    /// A sentence that begins with the machine and ends with libssh's words.
    tl::unexpected<Error> failed(ErrorKind kind, std::string_view what) const;
    /// Waits until the socket has something for libssh, at most `patience`.
    void waitForTraffic(std::chrono::milliseconds patience) const;

private:
    Connection(LentSocket socket, SessionHandle session, SshAddress address);
    Result<void> pause(TimePoint deadline, const std::stop_token& stop, std::string_view what) const;

    LentSocket m_socket;
    SessionHandle m_session;  ///< Freed before its socket is closed.
    SshAddress m_address;
};

}  // namespace longship
