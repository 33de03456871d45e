#include "agent/supervision/supervising_parent.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <deque>

#include "agent/supervision/child_process.h"
#include "core/base/clock.h"
#include "core/base/files.h"

namespace longship {
namespace {

constexpr std::size_t kStartsMax = 5;
constexpr std::chrono::minutes kStartsPeriod{1};

/// The signals that the parent waits for instead of being interrupted by them.
sigset_t handledSignals() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGCHLD}) {
        ::sigaddset(&set, signal);
    }
    return set;
}

pid_t startAgent(const std::function<int()>& agent, const sigset_t& originalMask) {
    const pid_t process = ::fork();
    if (process == 0) {
        ::sigprocmask(SIG_SETMASK, &originalMask, nullptr);
        std::exit(agent());
    }
    return process;
}

/// Waits for the agent's end and hands signals on. Sets `stopping` when one of them asked for the end.
ProcessEnd waitForAgent(pid_t process, bool& stopping) {
    const sigset_t handled = handledSignals();
    for (;;) {
        int status = 0;
        if (::waitpid(process, &status, WNOHANG) == process) {
            return WIFSIGNALED(status) ? ProcessEnd{0, WTERMSIG(status)} : ProcessEnd{WEXITSTATUS(status), 0};
        }
        const int signal = ::sigwaitinfo(&handled, nullptr);
        if (signal == SIGTERM || signal == SIGINT) {
            stopping = true;
            ::kill(process, SIGTERM);
        }
    }
}

bool mayStartAgain(std::deque<TimePoint>& starts) {
    const TimePoint now = BootClock::now();
    while (!starts.empty() && now - starts.front() > kStartsPeriod) {
        starts.pop_front();
    }
    return starts.size() < kStartsMax;
}

void tellDeath(const std::filesystem::path& note, const std::string& text) {
    spdlog::error("{}", text);
    if (!note.empty()) {
        // The log says it, too.
        (void)writeFileAtomically(note, toIso8601(UtcTime::now()) + " " + text + "\n", FileAccess::OwnerOnly);
    }
}

}  // namespace

Result<void> logTo(const std::filesystem::path& log) {
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (output < 0) {
        return failure(ErrorKind::Io, fmt::format("Could not open {}: {}.", log.string(), ::strerror(errno)));
    }
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::close(output);
    return {};
}

Result<void> daemonise(const std::filesystem::path& log) {
    const int input = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (input < 0 || output < 0) {
        return failure(ErrorKind::Io, fmt::format("Could not open {}: {}.", log.string(), ::strerror(errno)));
    }
    const pid_t process = ::fork();
    if (process < 0) {
        return failure(ErrorKind::Exhausted,
                       fmt::format("Could not go to the background: {}.", ::strerror(errno)));
    }
    if (process > 0) {
        ::_exit(0);
    }
    ::setsid();
    ::umask(077);
    ::dup2(input, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::close(input);
    ::close(output);
    return {};
}

int supervise(const std::function<int()>& agent, const std::filesystem::path& died) {
    const sigset_t handled = handledSignals();
    sigset_t original;
    ::sigprocmask(SIG_BLOCK, &handled, &original);
    std::deque<TimePoint> starts;
    bool stopping = false;
    for (;;) {
        starts.push_back(BootClock::now());
        const pid_t process = startAgent(agent, original);
        if (process < 0) {
            spdlog::error("The agent could not be started: {}.", ::strerror(errno));
            return 1;
        }
        const ProcessEnd end = waitForAgent(process, stopping);
        const bool byItself = end.signal == 0 && (end.exitStatus == 0 || end.exitStatus == kExitBadInput);
        if (stopping || byItself) {
            return end.signal == 0 ? end.exitStatus : 1;
        }
        if (!mayStartAgain(starts)) {
            tellDeath(died,
                      fmt::format("The agent died {} times within a minute, the last time with {}. It is "
                                  "not started again.",
                                  kStartsMax, end.describe()));
            return 1;
        }
        tellDeath(died, fmt::format("The agent died ({}) and is started again.", end.describe()));
    }
}

}  // namespace longship
