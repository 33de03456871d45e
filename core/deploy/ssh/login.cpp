#include "core/deploy/ssh/login.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace longship {
namespace {

constexpr unsigned kAttemptsMax = 3;
constexpr std::size_t kPromptBytesMax = 500;

/// What an attempt came to: in, or not, or one of several proofs was accepted.
enum class Attempt { In, Partly, Denied };

/// libssh asks for a passphrase by a callback. This one gives none and remembers that it was asked: reading
/// the terminal, which OpenSSL does without a callback, must never happen in a program with a window.
int refusePassphrase(const char*, char*, std::size_t, int, int, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

bool looksLikePassword(std::string_view prompt) {
    return prompt.find("assword") != std::string_view::npos;
}

class Login {
public:
    Login(const Connection& connection, const SshHop& hop, const SshSettings& settings,
          SshQuestions& questions, std::stop_token stop, const SshObserver& observer)
        : m_connection(connection),
          m_hop(hop),
          m_settings(settings),
          m_questions(questions),
          m_stop(std::move(stop)),
          m_observer(observer) {}

    Result<void> run();

private:
    using Step = Result<Attempt> (Login::*)();

    Result<Attempt> greet();
    Result<Attempt> openKeys() { return tryKeys(m_hop.identities, false); }
    Result<Attempt> agent();
    Result<Attempt> givenKeys() { return tryKeys(m_hop.identities, true); }
    Result<Attempt> usualKeys();
    Result<Attempt> keyboard();
    Result<Attempt> password();

    Result<Attempt> tryKeys(const std::vector<std::filesystem::path>& files, bool mayAsk);
    Result<Attempt> tryKey(const std::filesystem::path& file, bool mayAsk);
    Result<KeyHandle> unlock(const std::filesystem::path& file, bool mayAsk);
    Result<Attempt> answerKeyboard(unsigned attempt, bool& answered);
    std::optional<Secret> ask(SecretKind kind, std::string prompt, bool echo, unsigned attempt);

    /// Drives one call of libssh's user authentication and names what came of it.
    template <typename Call>
    Result<Attempt> attempt(Call&& call, std::string_view method);
    Result<Attempt> outcome(int answer, std::string_view method);
    bool allows(int method) const { return (::ssh_userauth_list(m_connection.raw(), nullptr) & method) != 0; }
    void note(std::string text) {
        if (std::find(m_tried.begin(), m_tried.end(), text) == m_tried.end()) {
            m_tried.push_back(std::move(text));
        }
    }
    Error refusal() const;

    const Connection& m_connection;
    const SshHop& m_hop;
    const SshSettings& m_settings;
    SshQuestions& m_questions;
    std::stop_token m_stop;
    const SshObserver& m_observer;
    std::vector<std::filesystem::path> m_done;  ///< Key files that the server has seen.
    std::vector<std::string> m_tried;           ///< For the sentence that says why nobody got in.
    bool m_passwordAsked = false;
};

template <typename Call>
Result<Attempt> Login::attempt(Call&& call, std::string_view method) {
    LONGSHIP_ASSIGN(const int answer, m_connection.drive(call, SSH_AUTH_AGAIN, m_settings.loginPatience,
                                                         m_stop, "it is silent while we log in"));
    return outcome(answer, method);
}

Result<Attempt> Login::outcome(int answer, std::string_view method) {
    switch (answer) {
        case SSH_AUTH_SUCCESS:
            if (m_observer.loggedIn) {
                m_observer.loggedIn(m_hop, method);
            }
            return Attempt::In;
        case SSH_AUTH_PARTIAL: return Attempt::Partly;
        case SSH_AUTH_DENIED: return Attempt::Denied;
        default:
            // A server ends the connection after too many keys (MaxAuthTries, 6 by default).
            if (!m_tried.empty()) {
                return failure(refusal().within("The server ended the connection"));
            }
            return m_connection.failed(ErrorKind::Unavailable, "the connection ended while we logged in");
    }
}

Result<Attempt> Login::greet() {
    return attempt([&] { return ::ssh_userauth_none(m_connection.raw(), nullptr); }, "none");
}

Result<Attempt> Login::agent() {
    if (!allows(SSH_AUTH_METHOD_PUBLICKEY) || m_hop.identitiesOnly || m_settings.agentSocket.empty()) {
        return Attempt::Denied;
    }
    note("ssh-agent");
    auto result = attempt([&] { return ::ssh_userauth_agent(m_connection.raw(), nullptr); }, "agent");
    // An agent that does not answer is no reason to give up: there are other ways.
    if (!result && ::ssh_is_connected(m_connection.raw()) != 0 &&
        result.error().kind != ErrorKind::Interrupted) {
        return Attempt::Denied;
    }
    return result;
}

Result<Attempt> Login::usualKeys() {
    return m_hop.identitiesOnly ? Result<Attempt>(Attempt::Denied) : tryKeys(m_settings.usualKeys, true);
}

Result<Attempt> Login::tryKeys(const std::vector<std::filesystem::path>& files, bool mayAsk) {
    for (const auto& file : files) {
        if (!allows(SSH_AUTH_METHOD_PUBLICKEY)) {
            break;
        }
        if (std::find(m_done.begin(), m_done.end(), file) != m_done.end()) {
            continue;
        }
        LONGSHIP_ASSIGN(const Attempt result, tryKey(file, mayAsk));
        if (result != Attempt::Denied) {
            return result;
        }
    }
    return Attempt::Denied;
}

Result<Attempt> Login::tryKey(const std::filesystem::path& file, bool mayAsk) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) {
        const auto& given = m_hop.identities;
        if (std::find(given.begin(), given.end(), file) != given.end()) {
            return failure(ErrorKind::BadInput, fmt::format("There is no key file {}.", file.string()));
        }
        return Attempt::Denied;
    }
    ssh_key raw = nullptr;
    const std::string beside = file.string() + ".pub";
    const bool readable = ::ssh_pki_import_pubkey_file(beside.c_str(), &raw) == SSH_OK ||
                          ::ssh_pki_import_pubkey_file(file.c_str(), &raw) == SSH_OK;
    const KeyHandle offered(raw);
    if (readable) {
        LONGSHIP_ASSIGN(
            const int answer,
            m_connection.drive(
                [&] { return ::ssh_userauth_try_publickey(m_connection.raw(), nullptr, offered.get()); },
                SSH_AUTH_AGAIN, m_settings.loginPatience, m_stop, "it is silent while we log in"));
        if (answer == SSH_AUTH_DENIED) {
            m_done.push_back(file);
            note(fmt::format("{} (not accepted)", file.string()));
            return Attempt::Denied;
        }
        if (answer != SSH_AUTH_SUCCESS) {
            return outcome(answer, "key");
        }
    }
    LONGSHIP_ASSIGN(const KeyHandle key, unlock(file, mayAsk));
    if (key == nullptr) {
        return Attempt::Denied;
    }
    m_done.push_back(file);
    note(fmt::format("{} (not accepted)", file.string()));
    return attempt([&] { return ::ssh_userauth_publickey(m_connection.raw(), nullptr, key.get()); }, "key");
}

/// The private key; none when it needs a passphrase that may not be asked for or was not given.
Result<KeyHandle> Login::unlock(const std::filesystem::path& file, bool mayAsk) {
    bool asked = false;
    ssh_key raw = nullptr;
    if (::ssh_pki_import_privkey_file(file.c_str(), nullptr, &refusePassphrase, &asked, &raw) == SSH_OK) {
        return KeyHandle(raw);
    }
    if (!asked) {
        note(fmt::format("{} (not a readable private key)", file.string()));
        return KeyHandle();
    }
    for (unsigned number = 1; mayAsk && number <= kAttemptsMax; ++number) {
        const auto phrase = ask(SecretKind::Passphrase, file.string(), false, number);
        if (!phrase) {
            note(fmt::format("{} (no passphrase)", file.string()));
            return KeyHandle();
        }
        if (::ssh_pki_import_privkey_file(file.c_str(), phrase->c_str(), nullptr, nullptr, &raw) == SSH_OK) {
            return KeyHandle(raw);
        }
    }
    if (mayAsk) {
        note(fmt::format("{} (wrong passphrase)", file.string()));
    }
    return KeyHandle();
}

std::optional<Secret> Login::ask(SecretKind kind, std::string prompt, bool echo, unsigned attempt) {
    return m_questions.secret({kind, m_connection.address(), std::move(prompt), echo, attempt});
}

Result<Attempt> Login::keyboard() {
    for (unsigned number = 1; number <= kAttemptsMax && allows(SSH_AUTH_METHOD_INTERACTIVE); ++number) {
        bool answered = true;
        LONGSHIP_ASSIGN(const Attempt result, answerKeyboard(number, answered));
        if (result != Attempt::Denied || !answered) {
            return result;
        }
    }
    return Attempt::Denied;
}

/// One conversation: the server asks in as many rounds as it likes. `answered` becomes false when it asked
/// nothing, or the person gave no answer.
Result<Attempt> Login::answerKeyboard(unsigned attempt, bool& answered) {
    const ssh_session session = m_connection.raw();
    bool asked = false;
    for (;;) {
        LONGSHIP_ASSIGN(const int answer,
                        m_connection.drive([&] { return ::ssh_userauth_kbdint(session, nullptr, nullptr); },
                                           SSH_AUTH_AGAIN, m_settings.loginPatience, m_stop,
                                           "it is silent while we log in"));
        if (answer != SSH_AUTH_INFO) {
            answered = asked;
            return outcome(answer, "keyboard-interactive");
        }
        const int prompts = ::ssh_userauth_kbdint_getnprompts(session);
        for (int index = 0; index < prompts; ++index) {
            char echo = 0;
            const char* text = ::ssh_userauth_kbdint_getprompt(session, static_cast<unsigned>(index), &echo);
            const std::string prompt = printable(text == nullptr ? "" : text, kPromptBytesMax);
            const bool password = echo == 0 && looksLikePassword(prompt);
            m_passwordAsked = m_passwordAsked || password;
            const auto given =
                ask(password ? SecretKind::Password : SecretKind::Challenge, prompt, echo != 0, attempt);
            note(given ? "keyboard-interactive (wrong answer)" : "keyboard-interactive (no answer)");
            if (!given) {
                answered = false;
                return Attempt::Denied;
            }
            ::ssh_userauth_kbdint_setanswer(session, static_cast<unsigned>(index), given->c_str());
            asked = true;
        }
    }
}

Result<Attempt> Login::password() {
    // A server that asks for the password by keyboard-interactive asks for the same one here.
    for (unsigned number = 1; !m_passwordAsked && number <= kAttemptsMax && allows(SSH_AUTH_METHOD_PASSWORD);
         ++number) {
        const auto given = ask(SecretKind::Password, "Password", false, number);
        note(given ? "password (wrong)" : "password (none given)");
        if (!given) {
            break;
        }
        LONGSHIP_ASSIGN(
            const Attempt result,
            attempt([&] { return ::ssh_userauth_password(m_connection.raw(), nullptr, given->c_str()); },
                    "password"));
        if (result != Attempt::Denied) {
            return result;
        }
    }
    return Attempt::Denied;
}

Error Login::refusal() const {
    return {ErrorKind::Refused,
            fmt::format("{} does not let us in. Tried: {}. Is the user name right, and is your public key in "
                        "~/.ssh/authorized_keys there (ssh-copy-id puts it there)?",
                        m_connection.address().text(),
                        m_tried.empty() ? "nothing that the server allows"
                                        : fmt::format("{}", fmt::join(m_tried, ", ")))};
}

Result<void> Login::run() {
    const Step steps[] = {&Login::greet,     &Login::openKeys, &Login::agent,   &Login::givenKeys,
                          &Login::usualKeys, &Login::keyboard, &Login::password};
    for (const Step step : steps) {
        LONGSHIP_ASSIGN(const Attempt result, (this->*step)());
        if (result == Attempt::In) {
            return {};
        }
    }
    return failure(refusal());
}

}  // namespace

Result<void> login(const Connection& connection, const SshHop& hop, const SshSettings& settings,
                   SshQuestions& questions, std::stop_token stop, const SshObserver& observer) {
    return Login(connection, hop, settings, questions, std::move(stop), observer).run();
}

}  // namespace longship
