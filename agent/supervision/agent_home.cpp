#include "agent/supervision/agent_home.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/clock.h"
#include "core/base/files.h"
#include "core/domain/checkpoint.h"

namespace longship {
namespace {

constexpr std::size_t kNameBytesMax = 128;
constexpr std::size_t kRosterBytesMax = std::size_t{1} << 20;
constexpr std::string_view kLogEnding = ".log";

std::string holderOf(int lock) {
    std::array<char, 32> text{};
    const ssize_t count = ::pread(lock, text.data(), text.size() - 1, 0);
    const std::string digits(text.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
    return digits.substr(0, digits.find_first_not_of("0123456789"));
}

/// A process that was killed holds its lock until the last of its threads, or a child that it was just
/// starting, is gone too. A zombie is one whose first thread is gone already.
bool isDying(const std::string& process) {
    const std::string stat = readFile("/proc/" + process + "/stat").value_or(std::string());
    const std::size_t name = stat.rfind(')');
    return process.empty() || name == std::string::npos || stat.compare(name + 1, 2, " Z") == 0;
}

/// Takes the lock. Nobody who is told to start an agent right after another one was killed is refused: what
/// dies is waited for.
bool takeLock(int lock) {
    constexpr auto kPatience = std::chrono::seconds(5);
    constexpr int kLookMs = 10;
    const TimePoint deadline = BootClock::now() + kPatience;
    while (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
        const int code = errno;
        if (code != EWOULDBLOCK || BootClock::now() >= deadline || !isDying(holderOf(lock))) {
            errno = code;
            return false;
        }
        ::poll(nullptr, 0, kLookMs);
    }
    return true;
}

std::string rosterJson(const Roster& roster) {
    nlohmann::json nodes = nlohmann::json::array();
    for (const RosterEntry& entry : roster.nodes) {
        nodes.push_back(
            {{"node", entry.node.value}, {"endpoint", entry.endpoint}, {"public_key", entry.publicKey}});
    }
    return nlohmann::json{{"cluster", roster.cluster}, {"nodes", nodes}}.dump(2) + "\n";
}

Roster rosterFrom(const nlohmann::json& parsed) {
    Roster roster;
    roster.cluster = parsed.at("cluster").get<std::string>();
    for (const auto& node : parsed.at("nodes")) {
        roster.nodes.push_back({NodeId(node.at("node").get<std::string>()),
                                node.at("endpoint").get<std::string>(),
                                node.at("public_key").get<std::string>()});
    }
    return roster;
}

/// "worker-0.log": a task's log, and nothing that could be another file.
bool isLogName(const std::string& name) {
    const std::size_t at = name.find('@');
    const std::string task = name.substr(0, at);
    const std::string rest = at == std::string::npos ? name : name.substr(at + 1);
    return isSafeName(task) && isSafeName(rest) && rest.ends_with(kLogEnding) &&
           rest.size() > kLogEnding.size();
}

}  // namespace

bool isSafeName(const std::string& name) {
    return !name.empty() && name.size() <= kNameBytesMax && name.front() != '.' &&
           std::all_of(name.begin(), name.end(), [](unsigned char letter) {
               return letter < 0x80 &&
                      (std::isalnum(letter) || letter == '-' || letter == '_' || letter == '.');
           });
}

Result<AgentHome> AgentHome::open(const std::filesystem::path& folder) {
    LONGSHIP_TRY(makePrivateFolder(folder));
    const std::filesystem::path path = folder / "agent.lock";
    const int lock = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) {
        return failure(ErrorKind::Io,
                       fmt::format("Could not open {}: {}.", path.string(), ::strerror(errno)));
    }
    if (!takeLock(lock)) {
        const int code = errno;
        const std::string holder = holderOf(lock);
        ::close(lock);
        if (code != EWOULDBLOCK) {
            return failure(ErrorKind::Io,
                           fmt::format("Could not lock {}: {}.", path.string(), ::strerror(code)));
        }
        return failure(
            ErrorKind::Refused,
            fmt::format("Another agent already runs in {} (process {}). One home holds one agent: stop "
                        "that one first, or give this one another --home.",
                        folder.string(), holder.empty() ? "unknown" : holder));
    }
    AgentHome home(folder, lock);
    home.claim();
    return home;
}

AgentHome::~AgentHome() {
    if (m_lock >= 0) {
        ::close(m_lock);
    }
}

AgentHome::AgentHome(AgentHome&& other) noexcept
    : m_folder(std::move(other.m_folder)), m_lock(std::exchange(other.m_lock, -1)) {}

Result<void> AgentHome::putRegisterAside() const {
    std::filesystem::path aside = registerFile();
    aside += ".before-" + toIso8601(UtcTime::now());
    std::error_code code;
    std::filesystem::rename(registerFile(), aside, code);
    if (code && code != std::errc::no_such_file_or_directory) {
        return failure(ErrorKind::Io,
                       fmt::format("Could not put {} aside: {}.", registerFile().string(), code.message()));
    }
    return {};
}

void AgentHome::claim() const {
    const std::string text = fmt::format("{}\n", ::getpid());
    // Only a hint for people; the lock itself is what counts.
    if (::ftruncate(m_lock, 0) == 0) {
        [[maybe_unused]] const ssize_t ignored = ::pwrite(m_lock, text.data(), text.size(), 0);
    }
}

Result<void> AgentHome::publishEndpoint(const EndpointFile& endpoint) const {
    const nlohmann::json json = {{"endpoint", endpoint.endpoint},
                                 {"publicKey", endpoint.publicKey},
                                 {"pid", endpoint.process},
                                 {"node", endpoint.node},
                                 {"version", endpoint.version}};
    return writeFileAtomically(m_folder / "endpoint", json.dump() + "\n", FileAccess::OwnerOnly);
}

void AgentHome::removeEndpoint() const {
    std::error_code ignored;
    std::filesystem::remove(m_folder / "endpoint", ignored);
}

Result<std::optional<Roster>> AgentHome::loadRoster() const {
    const std::filesystem::path path = m_folder / "roster.json";
    const auto text = readFile(path, kRosterBytesMax);
    if (!text && text.error().kind == ErrorKind::NotFound) {
        return std::optional<Roster>();
    }
    if (!text && text.error().kind != ErrorKind::Exhausted) {
        return failure(text.error());
    }
    std::string problem = "it is far too large";
    try {
        if (text) {
            return rosterFrom(nlohmann::json::parse(*text));
        }
    } catch (const nlohmann::json::exception& exception) {
        problem = exception.what();
    }
    std::filesystem::path aside = path;
    aside += ".damaged-" + toIso8601(UtcTime::now());
    std::error_code ignored;
    std::filesystem::rename(path, aside, ignored);
    return failure(
        ErrorKind::Corrupt,
        fmt::format("The roster {} is damaged ({}). It was put aside as {}; this agent waits for the "
                    "cluster's owner to send it again.",
                    path.string(), problem, aside.filename().string()));
}

Result<void> AgentHome::saveRoster(const Roster& roster) const {
    return writeFileAtomically(m_folder / "roster.json", rosterJson(roster), FileAccess::OwnerOnly);
}

Result<std::filesystem::path> AgentHome::makeRunFolder(const RunId& run) const {
    if (!isSafeName(run.value)) {
        return failure(ErrorKind::BadInput, fmt::format("\"{}\" cannot be the id of a run.", run.value));
    }
    const std::filesystem::path folder = m_folder / "runs" / run.value;
    LONGSHIP_TRY(makePrivateFolder(folder));
    return folder;
}

Result<std::filesystem::path> AgentHome::runFile(const RunId& run, const std::string& name) const {
    const bool known = name == "model.safetensors" || name == "job.yaml" || isLogName(name) ||
                       checkpointStepOf(name).has_value();
    if (!isSafeName(run.value) || !known) {
        return failure(
            ErrorKind::BadInput,
            fmt::format("There is no file \"{}\" of run \"{}\" to fetch: a run keeps model.safetensors, "
                        "job.yaml, the logs of its tasks and its last checkpoints.",
                        name, run.value));
    }
    return m_folder / "runs" / run.value / name;
}

}  // namespace longship
