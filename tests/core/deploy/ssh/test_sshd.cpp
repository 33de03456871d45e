#include "tests/core/deploy/ssh/test_sshd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <chrono>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#include "core/base/clock.h"
#include "core/base/files.h"

extern char** environ;

namespace longship::test {
namespace {

constexpr const char* kSshd = "/usr/sbin/sshd";

/// A program in a process group of its own.
pid_t spawn(const std::vector<std::string>& command, const std::filesystem::path& output,
            const std::filesystem::path& input = "/dev/null") {
    std::vector<char*> arguments;
    for (const std::string& argument : command) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, 0, input.c_str(), O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&files, 1, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::posix_spawn_file_actions_adddup2(&files, 1, 2);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    pid_t process = -1;
    const int problem =
        ::posix_spawnp(&process, arguments[0], &files, &attributes, arguments.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
    EXPECT_EQ(problem, 0) << command.front();
    return problem == 0 ? process : -1;
}

bool answers(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool connected = ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return connected;
}

/// The process ended, or the condition holds: what a start waits for.
bool until(const std::function<bool()>& condition, pid_t process) {
    const TimePoint deadline = BootClock::now() + std::chrono::seconds(20);
    while (BootClock::now() < deadline) {
        if (condition()) {
            return true;
        }
        if (::waitpid(process, nullptr, WNOHANG) == process) {
            return false;
        }
        ::poll(nullptr, 0, 10);
    }
    return false;
}

/// The process and all that it has started, as far as they still hang together.
std::vector<pid_t> familyOf(pid_t process) {
    std::multimap<pid_t, pid_t> children;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        const std::string text = readFile(entry.path() / "stat").value_or("");
        if (const auto end = text.rfind(')'); std::isdigit(name.front()) != 0 && end != std::string::npos) {
            char state = 0;
            pid_t parent = 0;
            std::istringstream(text.substr(end + 1)) >> state >> parent;
            children.emplace(parent, std::stoi(name));
        }
    }
    std::vector<pid_t> family{process};
    for (std::size_t index = 0; index < family.size(); ++index) {
        const auto [begin, end] = children.equal_range(family[index]);
        for (auto child = begin; child != end; ++child) {
            family.push_back(child->second);
        }
    }
    return family;
}

}  // namespace

std::string localUserName() {
    const passwd* const entry = ::getpwuid(::getuid());
    return entry == nullptr ? "root" : entry->pw_name;
}

std::string whyNoSshd() {
    if (::access(kSshd, X_OK) != 0) {
        return "no SSH server here: apt-get install openssh-server";
    }
    // Where sshd runs as root it wants this folder, which its service makes.
    if (::getuid() == 0 && ::access("/run/sshd", F_OK) != 0 && ::mkdir("/run/sshd", 0755) != 0) {
        return "/run/sshd is missing and cannot be made: mkdir /run/sshd";
    }
    return {};
}

bool canMount() {
    const pid_t process = spawn({"unshare", "-m", "true"}, "/dev/null");
    int status = -1;
    ::waitpid(process, &status, 0);
    return status == 0;
}

std::string runProgram(const std::vector<std::string>& command, const std::string& input) {
    const TempFolder folder;
    std::ofstream(folder.path() / "in") << input;
    const pid_t process = spawn(command, folder.path() / "out", folder.path() / "in");
    int status = -1;
    ::waitpid(process, &status, 0);
    const std::string output = readFile(folder.path() / "out").value_or("");
    EXPECT_EQ(status, 0) << command.front() << ": " << output;
    return output;
}

void makeKey(const std::filesystem::path& file, const std::string& type, const std::string& passphrase) {
    runProgram({"ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", "test", "-f", file.string()});
}

std::string fingerprintOf(const std::filesystem::path& publicKey) {
    std::istringstream words(runProgram({"ssh-keygen", "-l", "-E", "sha256", "-f", publicKey.string()}));
    std::string bits;
    std::string fingerprint;
    words >> bits >> fingerprint;
    return fingerprint;
}

std::uint16_t freePort() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address);
    socklen_t length = sizeof address;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
    ::close(socket);
    return ntohs(address.sin_port);
}

TestSshd::TestSshd(const std::vector<std::string>& keyTypes, const std::string& more, std::uint16_t port,
                   const std::string& mounts) {
    std::filesystem::create_directories(home());
    std::filesystem::create_directories(tools());
    for (const char* name : {"systemctl", "loginctl", "crontab"}) {
        std::ofstream(tools() / name) << "#!/bin/sh\nexit 1\n";
        std::filesystem::permissions(tools() / name, std::filesystem::perms::owner_all);
    }
    std::string keys;
    for (const std::string& type : keyTypes) {
        makeKey(hostKey(type), type);
        keys += fmt::format("HostKey {}\n", hostKey(type).string());
    }
    makeKey(userKey());
    authorize(userKey().string() + ".pub");
    // Somebody may take the port between its choice and the start: then another one is tried.
    for (int attempt = 0; attempt < 3 && m_process < 0; ++attempt) {
        m_port = port != 0 ? port : freePort();
        std::ofstream(folder() / "sshd_config") << fmt::format(
            "{}ListenAddress 127.0.0.1\nPort {}\nPidFile none\nUsePAM no\nStrictModes no\n"
            "PermitRootLogin yes\nAuthorizedKeysFile {}/authorized_keys\n"
            "PasswordAuthentication no\nLogLevel VERBOSE\n"
            "SetEnv HOME={} PATH={}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n{}",
            keys, m_port, folder().string(), home().string(), tools().string(), more);
        const std::string config = (folder() / "sshd_config").string();
        std::vector<std::string> command{"setpriv", "--pdeathsig", "KILL"};
        if (mounts.empty()) {
            command.insert(command.end(), {kSshd, "-D", "-e", "-f", config});
        } else {
            const std::string script =
                fmt::format("set -e; HOME=$1; {}\nexec {} -D -e -f \"$2\"", mounts, kSshd);
            command.insert(command.end(),
                           {"unshare", "-m", "sh", "-c", script, "sh", home().string(), config});
        }
        m_process = spawn(command, folder() / "sshd.log");
        if (!until([&] { return answers(m_port); }, m_process)) {
            m_process = -1;
        }
    }
    EXPECT_GT(m_process, 0) << log();
}

TestSshd::~TestSshd() {
    kill();
}

void TestSshd::kill() {
    if (m_process > 0) {
        for (const pid_t process : familyOf(m_process)) {
            ::kill(process, SIGKILL);
        }
        ::waitpid(m_process, nullptr, 0);
        m_process = -1;
    }
}

SshAddress TestSshd::address() const {
    return {localUserName(), "127.0.0.1", m_port};
}

SshHop TestSshd::hop() const {
    SshHop hop;
    hop.address = address();
    hop.identities = {userKey()};
    return hop;
}

std::filesystem::path TestSshd::hostKey(const std::string& type) const {
    return folder() / ("host_" + type);
}

std::string TestSshd::fingerprint(const std::string& type) const {
    return fingerprintOf(hostKey(type).string() + ".pub");
}

void TestSshd::authorize(const std::filesystem::path& publicKey) const {
    std::ofstream(folder() / "authorized_keys", std::ios::app) << readFile(publicKey).value_or("");
}

std::string TestSshd::log() const {
    return readFile(folder() / "sshd.log").value_or("");
}

TestAgent::TestAgent() {
    m_process = spawn({"setpriv", "--pdeathsig", "KILL", "ssh-agent", "-D", "-a", socket().string()},
                      m_folder.path() / "log");
    EXPECT_TRUE(until([&] { return std::filesystem::exists(socket()); }, m_process));
}

TestAgent::~TestAgent() {
    ::kill(m_process, SIGKILL);
    ::waitpid(m_process, nullptr, 0);
}

void TestAgent::add(const std::filesystem::path& key) const {
    runProgram({"env", "SSH_AUTH_SOCK=" + socket().string(), "ssh-add", "-q", key.string()});
}

bool ScriptedQuestions::acceptHostKey(const HostKeyQuestion& question) {
    keys.push_back(question);
    return accepts;
}

std::optional<Secret> ScriptedQuestions::secret(const SecretQuestion& question) {
    secrets.push_back(question);
    if (secrets.size() > answers.size()) {
        return std::nullopt;
    }
    return Secret(answers[secrets.size() - 1]);
}

SshSettings settingsIn(const std::filesystem::path& folder) {
    SshSettings settings;
    settings.acceptedKeys = folder / "own" / "accepted_keys";
    settings.localUser = localUserName();
    return settings;
}

}  // namespace longship::test
