#include "core/deploy/program_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

extern char** environ;

namespace longship {

Result<std::string> outputOf(const std::vector<std::string>& command) {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        return failure(ErrorKind::Exhausted, fmt::format("No pipe can be opened: {}.", std::strerror(errno)));
    }
    std::vector<char*> arguments;
    for (const std::string& argument : command) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, ends[1], 1);
    ::posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    pid_t process = -1;
    const int problem = ::posix_spawn(&process, arguments[0], &files, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&files);
    ::close(ends[1]);
    std::string output;
    std::array<char, 4096> chunk{};
    for (ssize_t count = 0; problem == 0 && (count = ::read(ends[0], chunk.data(), chunk.size())) != 0;) {
        if (count > 0) {
            output.append(chunk.data(), static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            break;
        }
    }
    ::close(ends[0]);
    if (problem != 0) {
        return failure(ErrorKind::NotFound,
                       fmt::format("{} cannot be started: {}.", command.front(), std::strerror(problem)));
    }
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return failure(ErrorKind::Internal, fmt::format("{} failed.", fmt::join(command, " ")));
    }
    return output;
}

}  // namespace longship
