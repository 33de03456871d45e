#include "core/client/agent_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "core/base/check.h"
#include "core/client/file_watch.h"

extern char** environ;

namespace longship {
namespace {

constexpr std::size_t kLogBytesMax = std::size_t{16} << 20;

/// Arguments of a process, separated and ended by NUL.
std::string argumentsOf(pid_t id) {
    return readFile(fmt::format("/proc/{}/cmdline", id), std::size_t{1} << 20).value_or(std::string());
}

pid_t parentOf(pid_t id) {
    const auto stat = readFile(fmt::format("/proc/{}/stat", id), std::size_t{1} << 16);
    // "PID (NAME) STATE PPID …"; the name may hold spaces and brackets.
    const auto name = stat ? stat->rfind(") ") : std::string::npos;
    pid_t parent = 0;
    if (name != std::string::npos && name + 4 < stat->size()) {
        std::from_chars(stat->data() + name + 4, stat->data() + stat->size(), parent);
    }
    return parent;
}

/// What posix_spawn needs, released at the end.
class SpawnSettings {
public:
    explicit SpawnSettings(const std::filesystem::path& log) {
        LONGSHIP_CHECK(
            posix_spawn_file_actions_init(&m_actions) == 0 && posix_spawnattr_init(&m_attributes) == 0,
            "memory for the settings of a process");
        posix_spawn_file_actions_addopen(&m_actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&m_actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                         0600);
        posix_spawn_file_actions_adddup2(&m_actions, STDOUT_FILENO, STDERR_FILENO);
        posix_spawn_file_actions_addclosefrom_np(&m_actions, STDERR_FILENO + 1);
        sigset_t signals;
        sigemptyset(&signals);
        posix_spawnattr_setsigmask(&m_attributes, &signals);
        for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGHUP}) {
            sigaddset(&signals, number);
        }
        posix_spawnattr_setsigdefault(&m_attributes, &signals);
        // A group of its own: Ctrl+C in our terminal must not reach an agent that is just starting.
        posix_spawnattr_setpgroup(&m_attributes, 0);
        posix_spawnattr_setflags(&m_attributes,
                                 POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~SpawnSettings() {
        posix_spawn_file_actions_destroy(&m_actions);
        posix_spawnattr_destroy(&m_attributes);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;

    const posix_spawn_file_actions_t* actions() const { return &m_actions; }
    const posix_spawnattr_t* attributes() const { return &m_attributes; }

private:
    posix_spawn_file_actions_t m_actions;
    posix_spawnattr_t m_attributes;
};

}  // namespace

std::optional<ForeignProcess> ForeignProcess::find(pid_t id, const std::string& mark) {
    const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, id, 0));
    if (descriptor < 0) {
        return std::nullopt;
    }
    ForeignProcess process(id, descriptor);
    // Read after the descriptor holds the process: it cannot be another one now.
    const std::string arguments = argumentsOf(id);
    if (arguments.find(mark + '\0') == std::string::npos || !process.running()) {
        return std::nullopt;
    }
    return process;
}

ForeignProcess::~ForeignProcess() {
    if (m_descriptor >= 0) {
        ::close(m_descriptor);
    }
}

ForeignProcess::ForeignProcess(ForeignProcess&& other) noexcept
    : m_id(other.m_id), m_descriptor(std::exchange(other.m_descriptor, -1)) {}

ForeignProcess& ForeignProcess::operator=(ForeignProcess&& other) noexcept {
    std::swap(m_id, other.m_id);
    std::swap(m_descriptor, other.m_descriptor);
    return *this;
}

bool ForeignProcess::running() const {
    return !waitForEnd(BootClock::now());
}

bool ForeignProcess::waitForEnd(TimePoint deadline) const {
    // A pidfd is readable once its process has ended.
    pollfd entry{m_descriptor, POLLIN, 0};
    return ::poll(&entry, 1, pollTimeout(deadline)) > 0;
}

void ForeignProcess::signal(int number) const {
    ::syscall(SYS_pidfd_send_signal, m_descriptor, number, nullptr, 0);
}

std::optional<PublishedEndpoint> runningAgent(const std::filesystem::path& home) {
    auto published = readPublishedEndpoint(home);
    if (!published || !ForeignProcess::find(published->pid, home.string())) {
        return std::nullopt;
    }
    return std::move(*published);
}

std::vector<ForeignProcess> processesOf(const std::filesystem::path& home) {
    std::vector<ForeignProcess> processes;
    const auto published = readPublishedEndpoint(home);
    if (!published) {
        return processes;
    }
    auto agent = ForeignProcess::find(published->pid, home.string());
    if (!agent) {
        return processes;
    }
    if (auto parent = ForeignProcess::find(parentOf(published->pid), home.string())) {
        processes.push_back(std::move(*parent));
    }
    processes.push_back(std::move(*agent));
    return processes;
}

Result<void> startAgent(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                        const std::filesystem::path& log) {
    std::vector<std::string> texts{program.string()};
    texts.insert(texts.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    const SpawnSettings settings(log);
    pid_t child = -1;
    const int code = ::posix_spawn(&child, program.c_str(), settings.actions(), settings.attributes(),
                                   pointers.data(), environ);
    if (code != 0) {
        return failure(code == ENOENT ? ErrorKind::NotFound : ErrorKind::Io,
                       fmt::format("Could not start {}: {}.", program.string(), std::strerror(code)));
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return {};
    }
    const std::string how = WIFSIGNALED(status) ? fmt::format("was killed by signal {}", WTERMSIG(status))
                                                : fmt::format("ended with status {}", WEXITSTATUS(status));
    return failure(ErrorKind::Unavailable,
                   fmt::format("{} {} while starting: {}", program.string(), how, lastLine(log)));
}

Result<PublishedEndpoint> waitForAgent(const NodeId& node, const std::filesystem::path& home,
                                       TimePoint deadline) {
    LONGSHIP_ASSIGN(FileWatch watch, FileWatch::open(home, FileWatch::For::Appearing));
    for (;;) {
        if (auto agent = runningAgent(home)) {
            return std::move(*agent);
        }
        if (BootClock::now() >= deadline) {
            return failure(
                ErrorKind::Unavailable,
                fmt::format("The agent of {} did not come up. The last line of {} is: {}", node.value,
                            (home / "agent.log").string(), lastLine(home / "agent.log")));
        }
        watch.wait(deadline);
    }
}

std::string lastLine(const std::filesystem::path& log) {
    std::string text = readFile(log, kLogBytesMax).value_or(std::string());
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
        text.pop_back();
    }
    const auto start = text.rfind('\n');
    return start == std::string::npos ? text : text.substr(start + 1);
}

}  // namespace longship
