#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/temp_folder.h"

namespace longship::test {

/// What a command said and how it ended.
struct CliResult {
    int exitCode = -1;  ///< 128 + signal when a signal ended it.
    std::string out;
    std::string error;

    /// The lines of standard output as JSON; a line that is none is a failed test.
    std::vector<nlohmann::json> lines() const;
    /// The lines of one event.
    std::vector<nlohmann::json> events(const std::string& name) const;
};

/// A command that runs.
class CliProcess {
public:
    CliProcess(pid_t process, std::filesystem::path out, std::filesystem::path error);
    ~CliProcess();  ///< Kills it when it still runs.
    CliProcess(CliProcess&& other) noexcept;
    CliProcess& operator=(CliProcess&&) = delete;

    std::string outSoFar() const;
    void signal(int number) const;
    bool hasEnded() const;
    pid_t id() const { return m_process; }
    /// Until it ended, at most a minute; then it is killed and the test fails.
    CliResult wait();

private:
    pid_t m_process;
    std::filesystem::path m_out;
    std::filesystem::path m_error;
};

/// A home and a folder of programs of its own: longship, longship-agent, and as longship-worker the one
/// given. Ends the demo cluster, if there is one, and all that is in the folder.
class CliHome {
public:
    explicit CliHome(const std::filesystem::path& worker);
    ~CliHome();

    CliResult run(const std::vector<std::string>& arguments);
    CliProcess start(const std::vector<std::string>& arguments);
    /// Another program of the folder of programs, without a screen.
    CliProcess startProgram(const std::string& name, const std::vector<std::string>& arguments);
    /// Puts a program into the folder of programs.
    void addProgram(const std::filesystem::path& program);

    std::filesystem::path file(const std::string& name) const { return m_folder.path() / name; }
    std::filesystem::path write(const std::string& name, const std::string& text) const;
    std::filesystem::path data() const { return m_folder.path() / "home" / "data"; }
    /// Process ids that the agents of the demo cluster published.
    std::vector<pid_t> agents() const;

private:
    TempFolder m_folder;
    unsigned m_commands = 0;
};

}  // namespace longship::test
