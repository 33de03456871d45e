#include "core/collective/bench_crew.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "core/base/digest.h"

namespace longship {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMessageMax = 64 * 1024;
constexpr auto kAnswerMax = 120s;  // For one size: generous, a stuck member is found by its own time limit.

Result<std::unique_ptr<Mesh>> enter(Rank rank, bool encrypted, const BenchChannel& parent) {
    const KeyPair keys = KeyPair::generate();
    LONGSHIP_ASSIGN(const auto port, DataPort::bind("tcp://127.0.0.1:*", keys, encrypted));
    parent.send(port->endpoint() + " " + keys.publicKey);
    const auto answer = parent.receive();
    if (!answer) {
        return failure(ErrorKind::Interrupted, "The bench was stopped.");
    }
    std::istringstream words(*answer);
    DataPlan plan;
    plan.rank = rank;
    plan.membership = 1;
    plan.encrypted = encrypted;
    words >> plan.token;
    for (DataPeer peer; words >> peer.endpoint >> peer.publicKey;) {
        plan.peers.push_back(peer);
    }
    return port->enter(plan);
}

}  // namespace

void BenchChannel::close() {
    if (m_descriptor >= 0) {
        ::close(std::exchange(m_descriptor, -1));
    }
}

bool BenchChannel::send(const std::string& text) const {
    return ::send(m_descriptor, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

std::optional<std::string> BenchChannel::receive() const {
    pollfd item{m_descriptor, POLLIN, 0};
    const auto patience = std::chrono::milliseconds(kAnswerMax).count();
    std::string text(kMessageMax, '\0');
    if (::poll(&item, 1, static_cast<int>(patience)) != 1) {
        return std::nullopt;
    }
    const ssize_t size = ::recv(m_descriptor, text.data(), text.size(), 0);
    if (size <= 0) {
        return std::nullopt;
    }
    text.resize(static_cast<std::size_t>(size));
    return text;
}

BenchCrew::~BenchCrew() {
    m_channels.clear();
    for (const pid_t process : m_processes) {
        ::kill(process, SIGKILL);
        ::waitpid(process, nullptr, 0);
    }
}

Result<void> BenchCrew::start(std::uint32_t members, bool encrypted, const Member& member) {
    const auto tasks = std::filesystem::directory_iterator("/proc/self/task");
    if (std::distance(begin(tasks), end(tasks)) != 1) {
        return failure(ErrorKind::Internal, "The bench must start before its program starts threads.");
    }
    for (Rank rank = 0; rank < members; ++rank) {
        LONGSHIP_TRY(startOne(rank, encrypted, member));
    }
    return introduce();
}

Result<void> BenchCrew::startOne(Rank rank, bool encrypted, const Member& member) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return failure(ErrorKind::Exhausted,
                       fmt::format("Could not start the bench: {}.", std::strerror(errno)));
    }
    m_channels.emplace_back(ends[0]);
    const BenchChannel theirs(ends[1]);
    const pid_t parent = ::getpid();
    const pid_t process = ::fork();
    if (process == 0) {
        runChild(rank, encrypted, member, theirs, parent);
    }
    if (process < 0) {
        return failure(ErrorKind::Exhausted,
                       fmt::format("Could not start a process: {}.", std::strerror(errno)));
    }
    m_processes.push_back(process);
    return {};
}

void BenchCrew::runChild(Rank rank, bool encrypted, const Member& member, const BenchChannel& parent,
                         pid_t parentProcess) {
    // The bench may be killed at any moment; its members must not outlive it.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parentProcess) {
        ::_exit(1);
    }
    for (BenchChannel& others : m_channels) {
        others.close();
    }
    const auto work = [&]() -> Result<void> {
        LONGSHIP_ASSIGN(auto mesh, enter(rank, encrypted, parent));
        return member(std::move(mesh), parent);
    };
    const auto result = work();
    if (!result) {
        parent.send("error " + result.error().text);
    }
    ::_exit(result ? 0 : 1);
}

Result<void> BenchCrew::introduce() const {
    std::string plan = randomHex(16);
    for (Rank rank = 0; rank < m_channels.size(); ++rank) {
        LONGSHIP_ASSIGN(const std::string address, receiveFrom(rank));
        plan += " " + address;
    }
    for (const BenchChannel& channel : m_channels) {
        channel.send(plan);
    }
    return {};
}

Result<std::string> BenchCrew::receiveFrom(Rank rank) const {
    const auto text = m_channels[rank].receive();
    if (!text) {
        return failure(ErrorKind::Unavailable, fmt::format("Member {} of the bench died or hangs.", rank));
    }
    if (text->starts_with("error ")) {
        return failure(ErrorKind::Unavailable, text->substr(6));
    }
    return *text;
}

Result<double> BenchCrew::collectMedian(std::uint32_t measuring) const {
    std::vector<double> slowest;
    for (Rank rank = 0; rank < measuring; ++rank) {
        LONGSHIP_ASSIGN(const std::string text, receiveFrom(rank));
        std::istringstream words(text);
        std::string tag;
        words >> tag;
        std::size_t index = 0;
        for (double time = 0; words >> time; ++index) {
            slowest.resize(std::max(slowest.size(), index + 1));
            slowest[index] = std::max(slowest[index], time);
        }
    }
    if (slowest.empty()) {
        return failure(ErrorKind::Internal, "The members of the bench reported no times.");
    }
    std::ranges::nth_element(slowest, slowest.begin() + static_cast<std::ptrdiff_t>(slowest.size() / 2));
    return slowest[slowest.size() / 2];
}

void BenchCrew::join() {
    for (const pid_t process : std::exchange(m_processes, {})) {
        ::waitpid(process, nullptr, 0);
    }
}

void sendTimes(const BenchChannel& parent, const std::vector<Duration>& times) {
    std::string text = "times";
    for (const Duration time : times) {
        text += fmt::format(" {}", time.count());
    }
    parent.send(text);
}

}  // namespace longship
