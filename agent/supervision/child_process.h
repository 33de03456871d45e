#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace longship {

/// How a process ended.
struct ProcessEnd {
    int exitStatus = 0;  ///< Meaningful when `signal` is 0.
    int signal = 0;

    /// "exit status 1", "killed by signal 9 (SIGKILL)".
    std::string describe() const;
};

/// A program started by this process that cannot outlive the thread that started it: the kernel kills it
/// when that thread ends, its whole process group is killed with it, and the destructor waits for both. Lives
/// on one thread.
class ChildProcess {
public:
    struct Plan {
        std::filesystem::path program;
        std::vector<std::string> arguments;              ///< Without the program's name.
        std::map<std::string, std::string> environment;  ///< Added to, or instead of, our own.
        std::string input;                               ///< What it reads on its standard input.
        std::filesystem::path log;                       ///< Standard output and error are appended here.
    };

    /// Returns when the program runs. NotFound or Io with the program's name when it could not be started.
    static Result<ChildProcess> start(const Plan& plan);

    ~ChildProcess();
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&& other) noexcept;

    pid_t id() const { return m_id; }
    int descriptor() const { return m_descriptor; }  ///< Readable once the process has ended.

    void terminate() const;  ///< SIGTERM to the process.
    void kill() const;       ///< SIGKILL to its process group.

    /// How it ended, or nothing while it runs. What it left behind in its process group is killed.
    std::optional<ProcessEnd> poll();

private:
    ChildProcess(pid_t id, int descriptor) : m_id(id), m_descriptor(descriptor) {}

    pid_t m_id = -1;
    int m_descriptor = -1;  ///< pidfd.
    std::optional<ProcessEnd> m_end;
};

}  // namespace longship
