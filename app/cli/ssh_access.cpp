#include "app/cli/ssh_access.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

#include "app/cli/waiter.h"
#include "core/deploy/ssh_detours.h"

namespace longship::cli {
namespace {

constexpr int kStopSliceMs = 100;
constexpr std::size_t kAnswerBytesMax = 1024;
constexpr std::chrono::seconds kExplorePatience{5};
constexpr std::chrono::seconds kExploreAllPatience{20};

/// Hides what is typed for as long as it lives.
class Hidden {
public:
    Hidden(int terminal, bool hide)
        : m_terminal(terminal), m_hidden(hide && ::tcgetattr(terminal, &m_before) == 0) {
        if (m_hidden) {
            termios quiet = m_before;
            quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
            ::tcsetattr(m_terminal, TCSAFLUSH, &quiet);
        }
    }
    ~Hidden() {
        if (m_hidden) {
            ::tcsetattr(m_terminal, TCSAFLUSH, &m_before);
        }
    }
    Hidden(const Hidden&) = delete;
    Hidden& operator=(const Hidden&) = delete;

private:
    int m_terminal;
    termios m_before{};
    bool m_hidden;
};

}  // namespace

TerminalQuestions::TerminalQuestions(const Context& context, std::stop_token stop) : m_stop(std::move(stop)) {
    if (!context.output.isJson() && ::isatty(STDIN_FILENO) != 0) {
        m_terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    }
}

TerminalQuestions::~TerminalQuestions() {
    if (m_terminal >= 0) {
        ::close(m_terminal);
    }
}

void TerminalQuestions::say(const std::string& text) const {
    static_cast<void>(!::write(m_terminal, text.data(), text.size()));
}

std::optional<Secret> TerminalQuestions::readLine(bool echo) const {
    const Hidden hidden(m_terminal, !echo);
    pollfd entry{m_terminal, POLLIN, 0};
    while (::poll(&entry, 1, kStopSliceMs) <= 0) {
        if (m_stop.stop_requested()) {
            return std::nullopt;
        }
    }
    std::array<char, kAnswerBytesMax> line{};
    const ssize_t count = ::read(m_terminal, line.data(), line.size());
    if (!echo) {
        say("\n");
    }
    if (count <= 0) {
        return std::nullopt;
    }
    std::string_view text(line.data(), static_cast<std::size_t>(count));
    Secret answer(text.substr(0, text.find('\n')));
    ::explicit_bzero(line.data(), line.size());
    return answer;
}

bool TerminalQuestions::acceptHostKey(const HostKeyQuestion& question) {
    if (m_terminal < 0 || m_stop.stop_requested()) {
        return false;
    }
    say(fmt::format(
        "\nThe machine {} is not known yet. It shows this key:\n  {} {}\nCompare it with what that machine "
        "prints: ssh-keygen -l -f /etc/ssh/ssh_host_{}_key.pub\nIs it the same? [yes/NO] ",
        question.host.text(), question.type, question.fingerprint,
        question.type == "ssh-ed25519" ? "ed25519"
        : question.type == "ssh-rsa"   ? "rsa"
                                       : "ecdsa"));
    const auto answer = readLine(true);
    return answer && std::string_view(answer->c_str()) == "yes";
}

std::optional<Secret> TerminalQuestions::secret(const SecretQuestion& question) {
    if (m_terminal < 0 || m_stop.stop_requested()) {
        return std::nullopt;
    }
    const std::string again = question.attempt > 1 ? "That was wrong. " : "";
    switch (question.kind) {
        case SecretKind::Passphrase: say(fmt::format("{}Passphrase for {}: ", again, question.prompt)); break;
        case SecretKind::Password: say(fmt::format("{}Password of {}: ", again, question.host.text())); break;
        case SecretKind::Challenge:
            say(fmt::format("{}{} asks: {} ", again, question.host.text(), question.prompt));
            break;
    }
    return readLine(question.echo);
}

Result<WayTo> waysOf(Context& context, const ClusterFiles& cluster, const std::vector<RosterEntry>& agents,
                     bool all) {
    LONGSHIP_ASSIGN(const auto detours, detoursOf(cluster, context.ssh->settings));
    if (!detours) {
        return WayTo();
    }
    detours->explore(agents, all ? SshDetours::Until::AllKnown : SshDetours::Until::OneDirect,
                     BootClock::now() + (all ? kExploreAllPatience : kExplorePatience));
    std::vector<std::string> names;
    for (const NodeId& node : detours->nodes()) {
        names.push_back(node.value);
    }
    if (!names.empty()) {
        context.output.note(
            fmt::format("The agents of {} are not reached from here by themselves, so what is said "
                        "to them goes through SSH.",
                        fmt::join(names, ", ")));
    }
    return wayThrough(detours);
}

Result<ExitCode> untilInterrupted(const std::function<Result<ExitCode>(std::stop_token)>& work) {
    Waiter waiter;  // before any thread starts
    std::stop_source stop;
    std::atomic<bool> done = false;
    Result<ExitCode> result = ExitCode::Interrupted;
    {
        const std::jthread thread([&] {
            result = work(stop.get_token());
            done = true;
            waiter.clusterChanged();
        });
        while (!done) {
            if (waiter.wait(BootClock::now() + std::chrono::minutes(1)) == Waiter::Woken::Interrupted) {
                stop.request_stop();
            }
        }
    }
    return stop.stop_requested() ? Result<ExitCode>(ExitCode::Interrupted) : result;
}

}  // namespace longship::cli
