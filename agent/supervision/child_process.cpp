#include "agent/supervision/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace longship {
namespace {

/// Owns a file descriptor.
class Descriptor {
public:
    explicit Descriptor(int number) : m_number(number) {}
    ~Descriptor() { close(); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int number() const { return m_number; }
    int release() { return std::exchange(m_number, -1); }
    void close() {
        if (m_number >= 0) {
            ::close(release());
        }
    }

private:
    int m_number;
};

tl::unexpected<Error> startFailure(const ChildProcess::Plan& plan, std::string_view what, int code) {
    return failure(code == ENOENT ? ErrorKind::NotFound : ErrorKind::Io,
                   fmt::format("Could not start {}: {}: {}.", plan.program.string(), what, ::strerror(code)));
}

/// The input as a file in memory: unlike a pipe it takes any amount at once, and it is in no folder.
int inputDescriptor(const std::string& input) {
    Descriptor file(::memfd_create("longship-input", MFD_CLOEXEC));
    if (file.number() < 0) {
        return -1;
    }
    std::size_t done = 0;
    while (done < input.size()) {
        const ssize_t written = ::write(file.number(), input.data() + done, input.size() - done);
        if (written < 0 && errno != EINTR) {
            return -1;
        }
        done += written > 0 ? static_cast<std::size_t>(written) : 0;
    }
    return ::lseek(file.number(), 0, SEEK_SET) == 0 ? file.release() : -1;
}

std::vector<std::string> environmentOf(const ChildProcess::Plan& plan) {
    std::vector<std::string> result;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        if (!plan.environment.contains(text.substr(0, text.find('=')))) {
            result.push_back(text);
        }
    }
    for (const auto& [name, value] : plan.environment) {
        result.push_back(name + "=" + value);
    }
    return result;
}

std::vector<char*> pointersOf(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

/// All that the new process needs between fork and exec, made before the fork.
struct ExecPlan {
    const char* program;
    char* const* arguments;
    char* const* environment;
    int input;
    int log;
    int report;  ///< Where the errno of a failure goes.
    pid_t parent;
};

/// Between fork and exec of a process with threads: only async-signal-safe functions (signal-safety(7)).
[[noreturn]] void execute(const ExecPlan& plan) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != plan.parent) {
        ::_exit(127);  // The parent died before the line above.
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    int code = 0;
    if (::dup2(plan.input, STDIN_FILENO) < 0 || ::dup2(plan.log, STDOUT_FILENO) < 0 ||
        ::dup2(plan.log, STDERR_FILENO) < 0) {
        code = errno;
    } else {
        // Everything of ours is close-on-exec.
        ::execve(plan.program, plan.arguments, plan.environment);
        code = errno;
    }
    [[maybe_unused]] const ssize_t ignored = ::write(plan.report, &code, sizeof code);
    ::_exit(127);
}

/// The errno that the new process reported, 0 when its program runs. Waits for one or the other.
int readReport(int descriptor) {
    int code = 0;
    ssize_t count = 0;
    do {
        count = ::read(descriptor, &code, sizeof code);
    } while (count < 0 && errno == EINTR);
    return count == static_cast<ssize_t>(sizeof code) ? code : 0;
}

void reap(pid_t process) {
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
}

}  // namespace

std::string ProcessEnd::describe() const {
    if (signal == 0) {
        return fmt::format("exit status {}", exitStatus);
    }
    const char* name = ::sigabbrev_np(signal);
    return fmt::format("killed by signal {} (SIG{})", signal, name == nullptr ? "?" : name);
}

Result<ChildProcess> ChildProcess::start(const Plan& plan) {
    const Descriptor input(inputDescriptor(plan.input));
    if (input.number() < 0) {
        return startFailure(plan, "its input could not be prepared", errno);
    }
    const Descriptor log(::open(plan.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (log.number() < 0) {
        return startFailure(plan, fmt::format("its log {} could not be opened", plan.log.string()), errno);
    }
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        return startFailure(plan, "no pipe", errno);
    }
    const Descriptor reportEnd(ends[0]);
    Descriptor childEnd(ends[1]);

    std::vector<std::string> arguments = {plan.program.string()};
    arguments.insert(arguments.end(), plan.arguments.begin(), plan.arguments.end());
    std::vector<std::string> environment = environmentOf(plan);
    const std::vector<char*> argumentPointers = pointersOf(arguments);
    const std::vector<char*> environmentPointers = pointersOf(environment);
    const ExecPlan exec{plan.program.c_str(),
                        argumentPointers.data(),
                        environmentPointers.data(),
                        input.number(),
                        log.number(),
                        childEnd.number(),
                        ::getpid()};
    const pid_t process = ::fork();
    if (process == 0) {
        execute(exec);
    }
    if (process < 0) {
        return startFailure(plan, "the system has no room for another process", errno);
    }
    ::setpgid(process, process);  // Also here: kill() may come before the new process got to it.
    childEnd.close();
    if (const int code = readReport(reportEnd.number()); code != 0) {
        reap(process);
        return startFailure(plan, "the program did not start", code);
    }
    const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
    if (descriptor < 0) {
        const int code = errno;
        ::kill(-process, SIGKILL);
        reap(process);
        return startFailure(plan, "it cannot be watched (Linux 5.3 or newer is needed)", code);
    }
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    return ChildProcess(process, descriptor);
}

ChildProcess::~ChildProcess() {
    if (m_id > 0 && !m_end) {
        kill();
        reap(m_id);
    }
    if (m_descriptor >= 0) {
        ::close(m_descriptor);
    }
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : m_id(std::exchange(other.m_id, -1)),
      m_descriptor(std::exchange(other.m_descriptor, -1)),
      m_end(std::exchange(other.m_end, std::nullopt)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
    std::swap(m_id, other.m_id);
    std::swap(m_descriptor, other.m_descriptor);
    std::swap(m_end, other.m_end);
    return *this;
}

void ChildProcess::terminate() const {
    if (!m_end) {
        ::kill(m_id, SIGTERM);
    }
}

void ChildProcess::kill() const {
    if (!m_end) {
        ::kill(-m_id, SIGKILL);
    }
}

std::optional<ProcessEnd> ChildProcess::poll() {
    if (m_end || m_id <= 0) {
        return m_end;
    }
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(m_id), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == 0) {
        return std::nullopt;
    }
    // Before it is reaped its number cannot be given to a stranger.
    ::kill(-m_id, SIGKILL);
    int status = 0;
    if (::waitpid(m_id, &status, 0) != m_id) {
        return std::nullopt;
    }
    m_end = WIFSIGNALED(status) ? ProcessEnd{0, WTERMSIG(status)} : ProcessEnd{WEXITSTATUS(status), 0};
    return m_end;
}

}  // namespace longship
