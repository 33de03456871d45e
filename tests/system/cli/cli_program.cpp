#include "tests/system/cli/cli_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>
#include <utility>

#include "core/base/files.h"
#include "core/client/cluster_record.h"
#include "core/client/local_cluster.h"
#include "tests/system/test_cluster.h"

namespace longship::test {
namespace {

std::string textOf(const std::filesystem::path& file) {
    return readFile(file).value_or(std::string());
}

}  // namespace

std::vector<nlohmann::json> CliResult::lines() const {
    std::vector<nlohmann::json> lines;
    std::istringstream stream(out);
    for (std::string line; std::getline(stream, line);) {
        auto value = nlohmann::json::parse(line, nullptr, false);
        EXPECT_TRUE(value.is_object()) << "no JSON object: " << line;
        if (value.is_object()) {
            lines.push_back(std::move(value));
        }
    }
    return lines;
}

std::vector<nlohmann::json> CliResult::events(const std::string& name) const {
    std::vector<nlohmann::json> found;
    for (auto& line : lines()) {
        if (line.value("event", "") == name) {
            found.push_back(std::move(line));
        }
    }
    return found;
}

CliProcess::CliProcess(pid_t process, std::filesystem::path out, std::filesystem::path error)
    : m_process(process), m_out(std::move(out)), m_error(std::move(error)) {}

CliProcess::CliProcess(CliProcess&& other) noexcept
    : m_process(std::exchange(other.m_process, -1)),
      m_out(std::move(other.m_out)),
      m_error(std::move(other.m_error)) {}

CliProcess::~CliProcess() {
    if (m_process > 0) {
        ::kill(m_process, SIGKILL);
        ::waitpid(m_process, nullptr, 0);
    }
}

std::string CliProcess::outSoFar() const {
    return textOf(m_out);
}

void CliProcess::signal(int number) const {
    ::kill(m_process, number);
}

bool CliProcess::hasEnded() const {
    return isGone(m_process);
}

CliResult CliProcess::wait() {
    int status = 0;
    const bool ended = waitUntil([&] { return ::waitpid(m_process, &status, WNOHANG) == m_process; },
                                 std::chrono::seconds(60));
    EXPECT_TRUE(ended) << "still running after a minute:\n" << outSoFar() << textOf(m_error);
    CliResult result;
    if (ended) {
        m_process = -1;
        result.exitCode = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    result.out = textOf(m_out);
    result.error = textOf(m_error);
    return result;
}

CliHome::CliHome(const std::filesystem::path& worker) {
    // Copies: the programs look for each other beside the file that runs.
    std::filesystem::create_directory(file("bin"));
    std::filesystem::copy_file(LONGSHIP_CLI, file("bin") / "longship");
    std::filesystem::copy_file(LONGSHIP_AGENT, file("bin") / "longship-agent");
    std::filesystem::copy_file(worker, file("bin") / "longship-worker");
    std::filesystem::copy_file(LONGSHIP_SERVER, file("bin") / "longship-server");
}

CliHome::~CliHome() {
    const auto stopped = stopLocalCluster({"demo", data() / "clusters" / "demo"});
    EXPECT_TRUE(stopped || stopped.error().kind == ErrorKind::NotFound) << stopped.error().text;
}

CliResult CliHome::run(const std::vector<std::string>& arguments) {
    return start(arguments).wait();
}

CliProcess CliHome::start(const std::vector<std::string>& arguments) {
    return startProgram("longship", arguments);
}

void CliHome::addProgram(const std::filesystem::path& program) {
    std::filesystem::copy_file(program, file("bin") / program.filename());
}

CliProcess CliHome::startProgram(const std::string& name, const std::vector<std::string>& arguments) {
    const auto number = std::to_string(++m_commands);
    const auto out = file("out-" + number);
    const auto error = file("error-" + number);
    std::vector<std::string> texts{file("bin") / name};
    texts.insert(texts.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    std::string home = "LONGSHIP_HOME=" + file("home").string();
    std::string path = "PATH=/usr/bin:/bin";
    std::string platform = "QT_QPA_PLATFORM=offscreen";
    std::vector<char*> environment{home.data(), path.data(), platform.data(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT, 0600);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, error.c_str(), O_WRONLY | O_CREAT, 0600);
    pid_t process = -1;
    const int code =
        ::posix_spawn(&process, texts[0].c_str(), &actions, nullptr, pointers.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    EXPECT_EQ(code, 0) << "could not start " << texts[0];
    return {process, out, error};
}

std::filesystem::path CliHome::write(const std::string& name, const std::string& text) const {
    EXPECT_TRUE(writeFileAtomically(file(name), text));
    return file(name);
}

std::vector<pid_t> CliHome::agents() const {
    std::vector<pid_t> processes;
    const ClusterFiles cluster{"demo", data() / "clusters" / "demo"};
    if (const auto record = readClusterRecord(cluster)) {
        for (const RosterEntry& entry : record->nodes) {
            if (const auto published = readPublishedEndpoint(nodeHome(cluster, entry.node))) {
                processes.push_back(published->pid);
            }
        }
    }
    return processes;
}

}  // namespace longship::test
