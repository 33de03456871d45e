#include "core/deploy/ssh/connection.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>

namespace longship {
namespace {

constexpr std::chrono::milliseconds kStopSlice{50};
constexpr int kRsaBitsMin = 2048;

// No SHA-1, no DSA. The first that the server has, too, is taken.
constexpr std::string_view kHostKeyMethods[] = {"ssh-ed25519",         "ecdsa-sha2-nistp256",
                                                "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
                                                "rsa-sha2-512",        "rsa-sha2-256"};

bool isMethodOf(std::string_view method, const std::vector<std::string>& types) {
    const std::string_view type = method.starts_with("rsa-") ? "ssh-rsa" : method;
    return std::find(types.begin(), types.end(), type) != types.end();
}

/// The methods of the keys we know first: a server with several keys then shows one that can be compared.
std::string hostKeyMethods(const std::vector<std::string>& knownTypes) {
    std::string methods;
    for (const bool known : {true, false}) {
        for (const std::string_view method : kHostKeyMethods) {
            if (isMethodOf(method, knownTypes) == known) {
                methods += (methods.empty() ? "" : ",") + std::string(method);
            }
        }
    }
    return methods;
}

std::string keyNameOf(const SshHop& hop) {
    return hop.keyName.empty() ? hop.address.knownName() : hop.keyName;
}

class Options {
public:
    explicit Options(ssh_session session) : m_session(session) {}

    void set(ssh_options_e option, const void* value) {
        m_good = ::ssh_options_set(m_session, option, value) == SSH_OK && m_good;
    }
    void set(ssh_options_e option, const std::string& text) {
        set(option, static_cast<const void*>(text.c_str()));
    }
    bool good() const { return m_good; }

private:
    ssh_session m_session;
    bool m_good = true;
};

bool setOptions(ssh_session session, const SshAddress& address, const SshSettings& settings,
                const std::string& hostKeys) {
    const bool no = false;
    const unsigned port = address.port;
    Options options(session);
    options.set(SSH_OPTIONS_PROCESS_CONFIG,
                &no);  // else libssh reads ssh_config, whose ProxyCommand runs programs
    options.set(SSH_OPTIONS_HOST, address.host);
    options.set(SSH_OPTIONS_PORT, &port);
    options.set(SSH_OPTIONS_USER, address.user);
    // What is known is our own business: libssh must neither prefer nor believe what it finds at home.
    options.set(SSH_OPTIONS_KNOWNHOSTS, std::string("/dev/null"));
    options.set(SSH_OPTIONS_GLOBAL_KNOWNHOSTS, std::string("/dev/null"));
    options.set(SSH_OPTIONS_HOSTKEYS, hostKeys);
    options.set(SSH_OPTIONS_RSA_MIN_SIZE, &kRsaBitsMin);
    if (!settings.agentSocket.empty()) {
        options.set(SSH_OPTIONS_IDENTITY_AGENT, settings.agentSocket.string());
    }
    return options.good();
}

std::string listed(const std::vector<HostKey>& keys) {
    std::string text;
    for (const HostKey& key : keys) {
        text += fmt::format("{}{} {}", text.empty() ? "" : " or ", key.type, key.fingerprint);
    }
    return text;
}

tl::unexpected<Error> changedKey(const SshAddress& host, const std::string& name, const HostKey& shown,
                                 const HostKeyFinding& finding) {
    return failure(
        ErrorKind::Refused,
        fmt::format(
            "{} shows another host key than before, so the connection was stopped before anything was "
            "said. Shown: {} {}. Expected: {} ({}). Somebody may be in between, or the machine was "
            "installed anew. Only if you know that it was: ssh-keygen -R '{}' -f '{}', then try again.",
            host.text(), shown.type, shown.fingerprint, listed(finding.expected), finding.file, name,
            finding.file));
}

/// 0 for a number that is no open file.
std::uint64_t inodeOf(int number) {
    struct stat status {};
    return number >= 0 && ::fstat(number, &status) == 0 ? status.st_ino : 0;
}

}  // namespace

LentSocket::LentSocket(Descriptor socket)
    : m_socket(std::move(socket)), m_inode(inodeOf(m_socket.number())) {}

LentSocket::LentSocket(LentSocket&& other) noexcept
    : m_socket(std::move(other.m_socket)), m_inode(std::exchange(other.m_inode, 0)) {}

LentSocket& LentSocket::operator=(LentSocket&& other) noexcept {
    std::swap(m_socket, other.m_socket);
    std::swap(m_inode, other.m_inode);
    return *this;
}

LentSocket::~LentSocket() {
    if (inodeOf(m_socket.number()) != m_inode) {
        m_socket.release();
    }
}

Connection::Connection(LentSocket socket, SessionHandle session, SshAddress address)
    : m_socket(std::move(socket)), m_session(std::move(session)), m_address(std::move(address)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
    std::swap(m_socket, other.m_socket);
    std::swap(m_session, other.m_session);
    std::swap(m_address, other.m_address);
    return *this;
}

Connection::~Connection() {
    if (m_session != nullptr) {
        ::ssh_disconnect(m_session.get());
    }
}

Result<Connection> Connection::shakeHands(Descriptor socket, const SshHop& hop, const SshSettings& settings,
                                          std::stop_token stop) {
    SshAddress address = hop.address;
    address.user = address.user.empty() ? settings.localUser : address.user;
    if (!isSshHost(address.host) || !isSshUser(address.user)) {
        return failure(ErrorKind::BadInput,
                       fmt::format("\"{}\" is not a user and a host that SSH can be given.", address.text()));
    }
    LONGSHIP_ASSIGN(const auto types,
                    KnownHosts(settings.acceptedKeys, settings.knownHosts).typesOf(keyNameOf(hop)));
    SessionHandle session(::ssh_new());
    const int number = socket.number();
    if (session == nullptr || !setOptions(session.get(), address, settings, hostKeyMethods(types)) ||
        ::ssh_options_set(session.get(), SSH_OPTIONS_FD, &number) != SSH_OK) {
        return failure(ErrorKind::Internal,
                       fmt::format("The SSH library does not take the settings for {}.", address.text()));
    }
    ::ssh_set_blocking(session.get(), 0);
    Connection connection(LentSocket(std::move(socket)), std::move(session), std::move(address));
    LONGSHIP_ASSIGN(const int answer,
                    connection.drive([&] { return ::ssh_connect(connection.raw()); }, SSH_AGAIN,
                                     settings.handshakePatience, stop, "no SSH server speaks there"));
    if (answer != SSH_OK) {
        return connection.failed(ErrorKind::Unavailable, "the SSH connection could not be made");
    }
    return connection;
}

Result<void> Connection::checkHostKey(const SshHop& hop, const SshSettings& settings,
                                      SshQuestions& questions) {
    ssh_key raw = nullptr;
    if (::ssh_get_server_publickey(m_session.get(), &raw) != SSH_OK) {
        return failed(ErrorKind::Refused, "the server shows no host key");
    }
    const KeyHandle owner(raw);
    LONGSHIP_ASSIGN(const HostKey key, describeKey(raw));
    const std::string name = keyNameOf(hop);
    const KnownHosts known(settings.acceptedKeys, settings.knownHosts);
    LONGSHIP_ASSIGN(const HostKeyFinding finding, known.find(name, key));
    switch (finding.verdict) {
        case HostKeyVerdict::Changed:
            questions.hostKeyChanged({m_address, name, key, finding.expected, finding.file});
            return changedKey(m_address, name, key, finding);
        case HostKeyVerdict::Revoked:
            return failure(ErrorKind::Refused,
                           fmt::format("{} shows a host key that {} revokes ({} {}): nothing "
                                       "was said to it.",
                                       m_address.text(), finding.file, key.type, key.fingerprint));
        case HostKeyVerdict::Known:
        case HostKeyVerdict::Unknown: break;
    }
    if (!hop.expectedHostKey.empty() && hop.expectedHostKey != key.fingerprint) {
        return failure(
            ErrorKind::Refused,
            fmt::format("{} shows the host key {} {}, not {} as was given: nothing was said to it.",
                        m_address.text(), key.type, key.fingerprint, hop.expectedHostKey));
    }
    if (finding.verdict == HostKeyVerdict::Known) {
        return {};
    }
    if (hop.expectedHostKey.empty() && !questions.acceptHostKey({m_address, key.type, key.fingerprint})) {
        return failure(
            ErrorKind::Refused,
            fmt::format("The host key of {} is not known and was not accepted: {} {}. Compare it with "
                        "what \"ssh-keygen -l -f /etc/ssh/ssh_host_*_key.pub\" prints on that machine; "
                        "the same fingerprint may be given as --host-key.",
                        m_address.text(), key.type, key.fingerprint));
    }
    return known.accept(name, key);
}

Result<void> Connection::pause(TimePoint deadline, const std::stop_token& stop, std::string_view what) const {
    if (stop.stop_requested()) {
        return failure(ErrorKind::Interrupted,
                       fmt::format("The connection to {} was cancelled.", m_address.text()));
    }
    if (BootClock::now() >= deadline) {
        return failure(ErrorKind::Unavailable,
                       fmt::format("{} did not answer in time: {}.", m_address.text(), what));
    }
    waitForTraffic(kStopSlice);
    return {};
}

void Connection::waitForTraffic(std::chrono::milliseconds patience) const {
    const bool writes = (::ssh_get_poll_flags(m_session.get()) & SSH_WRITE_PENDING) != 0;
    waitForSocket(socket(), static_cast<short>(POLLIN | (writes ? POLLOUT : 0)), patience);
}

std::string Connection::problem() const {
    const char* text = ::ssh_get_error(m_session.get());
    return printable(text == nullptr || *text == '\0' ? "the connection ended" : text, 300);
}

tl::unexpected<Error> Connection::failed(ErrorKind kind, std::string_view what) const {
    return failure(kind, fmt::format("{}: {} ({}).", m_address.text(), what, problem()));
}

}  // namespace longship
