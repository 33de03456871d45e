#include "tests/core/deploy/ssh/scripted_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/core/deploy/ssh/test_sshd.h"

namespace longship::test {
namespace {

constexpr int kSliceMs = 20;

}  // namespace

/// One connection.
class ScriptedServer::Talk {
public:
    Talk(ssh_session session, const Script& script) : m_session(session), m_script(script) {}

    void run() {
        if (::ssh_handle_key_exchange(m_session) != SSH_OK) {
            return;
        }
        while (const ssh_message message = ::ssh_message_get(m_session)) {
            if (!answer(message)) {
                ::ssh_message_reply_default(message);
            }
            ::ssh_message_free(message);
        }
    }

private:
    int methods() const {
        return (m_script.password.empty() || m_passwordDone ? 0 : SSH_AUTH_METHOD_PASSWORD) |
               (m_script.challenges.empty() || m_challengesDone ? 0 : SSH_AUTH_METHOD_INTERACTIVE);
    }

    bool answer(ssh_message message) {
        const int subtype = ::ssh_message_subtype(message);
        switch (::ssh_message_type(message)) {
            case SSH_REQUEST_AUTH:
                ::ssh_message_auth_set_methods(message, methods());
                return subtype == SSH_AUTH_METHOD_PASSWORD      ? password(message)
                       : subtype == SSH_AUTH_METHOD_INTERACTIVE ? challenge(message)
                                                                : false;
            case SSH_REQUEST_CHANNEL_OPEN:
                m_channel = ::ssh_message_channel_request_open_reply_accept(message);
                return m_channel != nullptr;
            case SSH_REQUEST_CHANNEL: return subtype == SSH_CHANNEL_REQUEST_EXEC && execute(message);
            default: return false;
        }
    }

    bool password(ssh_message message) {
        // The accessor of libssh's own simple server; its successors want callbacks.
        _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wdeprecated-declarations\"");
        const char* const given = ::ssh_message_auth_password(message);
        _Pragma("GCC diagnostic pop");
        return given == m_script.password && accepted(message, m_passwordDone);
    }

    bool challenge(ssh_message message) {
        if (::ssh_message_auth_kbdint_is_response(message) != 0) {
            const char* const given = ::ssh_userauth_kbdint_getanswer(m_session, 0);
            if (given == nullptr || given != m_script.challenges[m_round].answer) {
                m_round = 0;
                return false;
            }
            if (++m_round == m_script.challenges.size()) {
                return accepted(message, m_challengesDone);
            }
        } else {
            m_round = 0;
        }
        const char* prompts[] = {m_script.challenges[m_round].prompt.c_str()};
        char echo[] = {0};
        return ::ssh_message_auth_interactive_request(message, "", "", 1, prompts, echo) == SSH_OK;
    }

    bool accepted(ssh_message message, bool& done) {
        done = true;
        const bool partial = m_script.wantsBoth && !(m_passwordDone && m_challengesDone);
        if (partial) {
            ::ssh_message_auth_set_methods(message, methods());
        }
        return ::ssh_message_auth_reply_success(message, partial ? 1 : 0) == SSH_OK;
    }

    bool execute(ssh_message message) {
        const std::string text = std::string("ran: ") + ::ssh_message_channel_request_command(message) + "\n";
        ::ssh_message_channel_request_reply_success(message);
        ::ssh_channel_write(m_channel, text.data(), static_cast<std::uint32_t>(text.size()));
        ::ssh_channel_request_send_exit_status(m_channel, 0);
        ::ssh_channel_send_eof(m_channel);
        ::ssh_channel_close(m_channel);
        return true;
    }

    ssh_session m_session;
    const Script& m_script;
    ssh_channel m_channel = nullptr;  ///< The session's.
    std::size_t m_round = 0;
    bool m_passwordDone = false;
    bool m_challengesDone = false;
};

ScriptedServer::ScriptedServer(Script script) : m_script(std::move(script)) {
    makeKey(m_folder.path() / "host");
    m_listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(m_listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(m_listener, 8), 0);
    socklen_t length = sizeof address;
    ::getsockname(m_listener, reinterpret_cast<sockaddr*>(&address), &length);
    m_port = ntohs(address.sin_port);
    m_thread = std::jthread([this](const std::stop_token& stop) { serve(stop); });
}

ScriptedServer::~ScriptedServer() {
    m_thread.request_stop();
    ::shutdown(m_current, SHUT_RDWR);  // libssh's server waits for the next message without end
    m_thread.join();
    ::close(m_listener);
}

SshAddress ScriptedServer::address() const {
    return {localUserName(), "127.0.0.1", m_port};
}

std::string ScriptedServer::fingerprint() const {
    return fingerprintOf(m_folder.path() / "host.pub");
}

void ScriptedServer::serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        pollfd entry{m_listener, POLLIN, 0};
        if (::poll(&entry, 1, kSliceMs) <= 0) {
            continue;
        }
        const int socket = ::accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC);
        m_current = socket;
        const ssh_bind binding = ::ssh_bind_new();
        const ssh_session session = ::ssh_new();
        const std::string key = (m_folder.path() / "host").string();
        const bool no = false;
        ::ssh_bind_options_set(binding, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no);
        ::ssh_bind_options_set(binding, SSH_BIND_OPTIONS_HOSTKEY, key.c_str());
        if (::ssh_bind_accept_fd(binding, session, socket) == SSH_OK) {
            Talk(session, m_script).run();
        }
        m_current = -1;
        ::ssh_disconnect(session);
        ::ssh_free(session);
        ::ssh_bind_free(binding);
    }
}

}  // namespace longship::test
