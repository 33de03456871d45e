#include "core/deploy/ssh/session.h"

#include <fmt/format.h>
#include <libssh/callbacks.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "core/deploy/ssh/connection.h"
#include "core/deploy/ssh/forward.h"
#include "core/deploy/ssh/login.h"
#include "core/deploy/ssh/tunnel.h"

namespace longship {
namespace {

constexpr std::size_t kChunkBytes = 64 << 10;
constexpr std::size_t kAnswerBytesMax = std::size_t{1} << 20;
constexpr std::chrono::milliseconds kTrafficSlice{50};
constexpr std::chrono::seconds kStartPatience{20};

struct ExitReport {
    SshExit exit;
    bool heard = false;
};

void hearStatus(ssh_session, ssh_channel, int status, void* report) {
    auto* const heard = static_cast<ExitReport*>(report);
    heard->exit.status = status;
    heard->heard = true;
}

void hearSignal(ssh_session, ssh_channel, const char* signal, int, const char*, const char*, void* report) {
    auto* const heard = static_cast<ExitReport*>(report);
    heard->exit.signal = printable(signal == nullptr ? "" : signal, 20);
    heard->heard = true;
}

/// One command in one channel, turn by turn.
class Execution {
public:
    Execution(const Connection& connection, const SshExec& exec, std::stop_token stop)
        : m_connection(connection), m_exec(exec), m_stop(std::move(stop)), m_event(::ssh_event_new()) {
        ::ssh_event_add_session(m_event.get(), connection.raw());
    }
    ~Execution() {
        if (m_channel != nullptr) {
            // libssh keeps the channel until the machine has closed it, too.
            ::ssh_remove_channel_callbacks(m_channel.get(), &m_callbacks);
            if (!m_report.heard && ::ssh_channel_is_open(m_channel.get()) != 0) {
                ::ssh_channel_request_send_signal(m_channel.get(), "TERM");
            }
        }
        ::ssh_event_remove_session(m_event.get(), m_connection.raw());
    }
    Execution(const Execution&) = delete;
    Execution& operator=(const Execution&) = delete;

    Result<SshExit> run() {
        LONGSHIP_TRY(start());
        m_lastMoved = BootClock::now();
        while (!ended()) {
            LONGSHIP_ASSIGN(const bool moved, turn());
            if (moved) {
                m_lastMoved = BootClock::now();
                continue;
            }
            LONGSHIP_TRY(checkPatience());
            // Reading a channel that has seen its end handles no packets any more; this does, and the exit
            // status is one.
            ::ssh_event_dopoll(m_event.get(), static_cast<int>(kTrafficSlice.count()));
        }
        // Without a status and without a close in order, the connection broke off.
        if (!m_report.heard && ::ssh_is_connected(m_connection.raw()) == 0) {
            return m_connection.failed(ErrorKind::Unavailable, "the connection broke off");
        }
        return m_report.exit;
    }

private:
    Result<void> start() {
        m_channel.reset(::ssh_channel_new(m_connection.raw()));
        if (m_channel == nullptr) {
            return m_connection.failed(ErrorKind::Unavailable, "no channel can be opened");
        }
        m_callbacks.userdata = &m_report;
        m_callbacks.channel_exit_status_function = &hearStatus;
        m_callbacks.channel_exit_signal_function = &hearSignal;
        ssh_callbacks_init(&m_callbacks);
        ::ssh_set_channel_callbacks(m_channel.get(), &m_callbacks);
        LONGSHIP_TRY(
            must([&] { return ::ssh_channel_open_session(m_channel.get()); }, "it opens no session"));
        return must([&] { return ::ssh_channel_request_exec(m_channel.get(), m_exec.command.c_str()); },
                    "it starts no command");
    }

    template <typename Call>
    Result<void> must(Call&& call, std::string_view what) {
        LONGSHIP_ASSIGN(const int answer, m_connection.drive(call, SSH_AGAIN, kStartPatience, m_stop, what));
        if (answer != SSH_OK) {
            return m_connection.failed(ErrorKind::Unavailable, what);
        }
        return {};
    }

    bool ended() const {
        return ::ssh_is_connected(m_connection.raw()) == 0 ||
               (m_drained && (::ssh_channel_is_closed(m_channel.get()) != 0 ||
                              (m_report.heard && ::ssh_channel_is_eof(m_channel.get()) != 0)));
    }

    Result<bool> turn() {
        LONGSHIP_ASSIGN(const bool out, receive(m_exec.output, 0));
        LONGSHIP_ASSIGN(const bool errors, receive(m_exec.errors, 1));
        m_drained = !out && !errors;
        LONGSHIP_ASSIGN(const bool in, send());
        return out || errors || in;
    }

    Result<bool> receive(const std::function<Result<void>(std::span<const std::byte>)>& sink, int isErrors) {
        const int count =
            ::ssh_channel_read_nonblocking(m_channel.get(), m_chunk.data(), kChunkBytes, isErrors);
        if (count <= 0) {
            return false;  // nothing now, the end of the stream, or a broken connection: ended() tells
        }
        if (sink) {
            LONGSHIP_TRY(sink({m_chunk.data(), static_cast<std::size_t>(count)}));
        }
        return true;
    }

    /// As much as the machine's window allows. A command that ends early does not take the rest: no error.
    Result<bool> send() {
        if (m_inputEnded || ::ssh_channel_is_open(m_channel.get()) == 0) {
            return false;
        }
        if (m_unsent.empty()) {
            const std::size_t room =
                std::min<std::size_t>(kChunkBytes, ::ssh_channel_window_size(m_channel.get()));
            if (room == 0) {
                return false;
            }
            std::size_t count = 0;
            if (m_exec.input) {
                LONGSHIP_ASSIGN(count, m_exec.input(std::span(m_input).first(room)));
            }
            if (count == kNoInputYet) {
                return false;
            }
            if (count == 0) {
                m_inputEnded = true;
                ::ssh_channel_send_eof(m_channel.get());
                return true;
            }
            m_unsent = std::span(m_input).first(count);
        }
        const int sent = ::ssh_channel_write(m_channel.get(), m_unsent.data(),
                                             static_cast<std::uint32_t>(m_unsent.size()));
        if (sent > 0) {
            m_unsent = m_unsent.subspan(static_cast<std::size_t>(sent));
        }
        return sent > 0;
    }

    Result<void> checkPatience() {
        if (m_stop.stop_requested()) {
            return failure(ErrorKind::Interrupted,
                           fmt::format("The command on {} was cancelled.", m_connection.address().text()));
        }
        if (BootClock::now() - m_lastMoved > m_exec.silenceMax) {
            return failure(ErrorKind::Unavailable,
                           fmt::format("Nothing came from {} for {} s.", m_connection.address().text(),
                                       m_exec.silenceMax.count()));
        }
        return {};
    }

    const Connection& m_connection;
    const SshExec& m_exec;
    std::stop_token m_stop;
    EventHandle m_event;
    ssh_channel_callbacks_struct m_callbacks{};
    ExitReport m_report;
    ChannelHandle m_channel;  ///< Freed before the callbacks that it points to.
    TimePoint m_lastMoved;
    std::array<std::byte, kChunkBytes> m_chunk{};
    std::array<std::byte, kChunkBytes> m_input{};
    std::span<std::byte> m_unsent;
    bool m_inputEnded = false;
    bool m_drained = false;
};

Result<Connection> enter(Descriptor socket, const SshHop& hop, const SshSettings& settings,
                         SshQuestions& questions, const std::stop_token& stop, const SshObserver& observer) {
    const auto say = [&](SshStage stage) {
        if (observer.stage) {
            observer.stage(hop, stage);
        }
    };
    say(SshStage::Handshake);
    LONGSHIP_ASSIGN(Connection connection, Connection::shakeHands(std::move(socket), hop, settings, stop));
    say(SshStage::HostKey);
    LONGSHIP_TRY(connection.checkHostKey(hop, settings, questions));
    say(SshStage::Login);
    LONGSHIP_TRY(login(connection, hop, settings, questions, stop, observer));
    return connection;
}

Result<Descriptor> dialFirst(const SshHop& hop, const SshSettings& settings, const std::stop_token& stop,
                             const SshObserver& observer) {
    if (observer.stage) {
        observer.stage(hop, SshStage::Resolve);
    }
    LONGSHIP_ASSIGN(const auto addresses, resolveHost(hop.address));
    if (observer.stage) {
        observer.stage(hop, SshStage::Connect);
    }
    return dial(hop.address, addresses, settings.connectPatience, stop);
}

}  // namespace

class SshSession::Impl {
public:
    Impl(std::vector<std::unique_ptr<Tunnel>> tunnels, Connection connection)
        : m_tunnels(std::move(tunnels)), m_connection(std::move(connection)) {
        if (m_tunnels.empty()) {
            m_local = localAddressOf(m_connection->socket());
            m_remote = remoteAddressOf(m_connection->socket());
        }
    }
    ~Impl() {
        // The innermost first: each says goodbye through the one outside of it.
        m_connection.reset();
        while (!m_tunnels.empty()) {
            m_tunnels.pop_back();
        }
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    const Connection& connection() const { return *m_connection; }
    const std::string& local() const { return m_local; }
    const std::string& remote() const { return m_remote; }

private:
    std::vector<std::unique_ptr<Tunnel>> m_tunnels;
    std::optional<Connection> m_connection;
    std::string m_local;
    std::string m_remote;
};

SshSession::SshSession(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
SshSession::~SshSession() = default;
SshSession::SshSession(SshSession&&) noexcept = default;
SshSession& SshSession::operator=(SshSession&&) noexcept = default;

Result<SshSession> SshSession::open(const SshRoute& route, const SshSettings& settings,
                                    SshQuestions& questions, std::stop_token stop,
                                    const SshObserver& observer) {
    if (route.hops.empty()) {
        return failure(ErrorKind::BadInput, "There is no machine to connect to.");
    }
    std::vector<std::unique_ptr<Tunnel>> tunnels;
    LONGSHIP_ASSIGN(Descriptor socket, dialFirst(route.hops.front(), settings, stop, observer));
    for (std::size_t index = 0; index + 1 < route.hops.size(); ++index) {
        const SshAddress& next = route.hops[index + 1].address;
        LONGSHIP_ASSIGN(Connection via,
                        enter(std::move(socket), route.hops[index], settings, questions, stop, observer));
        if (observer.stage) {
            observer.stage(route.hops[index + 1], SshStage::Connect);
        }
        LONGSHIP_ASSIGN(auto tunnel,
                        Tunnel::open(std::move(via), next.host, next.port, settings.connectPatience, stop));
        socket = tunnel->takeSocket();
        tunnels.push_back(std::move(tunnel));
    }
    LONGSHIP_ASSIGN(Connection connection,
                    enter(std::move(socket), route.target(), settings, questions, stop, observer));
    return SshSession(std::make_unique<Impl>(std::move(tunnels), std::move(connection)));
}

Result<SshExit> SshSession::exec(const SshExec& exec, std::stop_token stop) {
    return Execution(m_impl->connection(), exec, std::move(stop)).run();
}

Result<SshAnswer> SshSession::run(const std::string& command, std::string_view input, std::stop_token stop,
                                  std::chrono::seconds silenceMax) {
    SshAnswer answer;
    const auto into = [](std::string& text) {
        return [&text](std::span<const std::byte> bytes) -> Result<void> {
            if (text.size() + bytes.size() > kAnswerBytesMax) {
                return failure(ErrorKind::Exhausted,
                               "A command that should say little said more than 1 MiB.");
            }
            text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            return {};
        };
    };
    SshExec command_;
    command_.command = command;
    command_.silenceMax = silenceMax;
    command_.output = into(answer.output);
    command_.errors = into(answer.errors);
    command_.input = [&](std::span<std::byte> bytes) -> Result<std::size_t> {
        const std::size_t count = std::min(bytes.size(), input.size());
        std::copy_n(reinterpret_cast<const std::byte*>(input.data()), count, bytes.begin());
        input.remove_prefix(count);
        return count;
    };
    LONGSHIP_ASSIGN(answer.exit, exec(command_, std::move(stop)));
    return answer;
}

Result<double> SshSession::reach(const std::string& host, std::uint16_t port,
                                 std::chrono::milliseconds patience, std::stop_token stop) {
    const TimePoint begin = BootClock::now();
    LONGSHIP_TRY(openForward(m_impl->connection(), host, port, patience, stop));
    return toSeconds(BootClock::now() - begin);
}

Result<void> SshSession::forward(const LocalListener& listener, const std::string& host, std::uint16_t port,
                                 std::stop_token stop) {
    return forwardAll(m_impl->connection(), listener, host, port, stop);
}

const std::string& SshSession::localAddress() const {
    return m_impl->local();
}

const std::string& SshSession::remoteAddress() const {
    return m_impl->remote();
}

std::string SshSession::serverVersion() const {
    const char* banner = ::ssh_get_serverbanner(m_impl->connection().raw());
    return printable(banner == nullptr ? "" : banner, 200);
}

std::string SshSession::suite() const {
    const ssh_session session = m_impl->connection().raw();
    const auto text = [](const char* name) { return name == nullptr ? "?" : name; };
    return fmt::format("{}, {}, {}", text(::ssh_get_kex_algo(session)), text(::ssh_get_cipher_out(session)),
                       text(::ssh_get_hmac_out(session)));
}

}  // namespace longship
