#include "core/collective/allreduce_bench.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "core/base/digest.h"
#include "core/base/random.h"
#include "core/transport/data_mesh.h"

namespace longship {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kNodesMax = 64;
constexpr std::size_t kMessageMax = 64 * 1024;
constexpr auto kAnswerMax = 120s;  // For one size: generous, a stuck member is found by its own time limit.
constexpr std::size_t kSmallBytes = std::size_t{1} << 20;
constexpr std::uint32_t kSmallIterations = 200;
constexpr std::uint32_t kWarmUps = 5;

/// One end of a socket pair that keeps message boundaries.
class Channel {
public:
    explicit Channel(int descriptor) : m_descriptor(descriptor) {}
    ~Channel() { close(); }
    Channel(Channel&& other) noexcept : m_descriptor(std::exchange(other.m_descriptor, -1)) {}
    Channel& operator=(Channel&&) = delete;

    void close() {
        if (m_descriptor >= 0) {
            ::close(std::exchange(m_descriptor, -1));
        }
    }

    bool send(const std::string& text) const {
        return ::send(m_descriptor, text.data(), text.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(text.size());
    }

    /// Empty when the other end is gone or says nothing for too long.
    std::optional<std::string> receive() const {
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

private:
    int m_descriptor;
};

/// Whole numbers, so that the sum is exact in any order.
float valueAt(Rank rank, std::size_t index) {
    return static_cast<float>(mix64(keyOf({rank}) + index) % 2001) - 1000.0F;
}

std::uint32_t iterationsFor(const AllreduceBenchOptions& options, std::size_t bytes) {
    return bytes < kSmallBytes ? std::max(options.iterations, kSmallIterations) : options.iterations;
}

/// One process of the bench.
class Member {
public:
    Member(const AllreduceBenchOptions& options, Rank rank, const Channel& parent)
        : m_options(options), m_rank(rank), m_parent(parent) {}

    Result<void> run() {
        LONGSHIP_TRY(enter());
        for (const std::size_t bytes : m_options.sizes) {
            LONGSHIP_ASSIGN(const std::string times, measure(bytes / sizeof(float)));
            m_parent.send("times " + times);
        }
        // Nobody leaves before everybody is done.
        return m_communicator->barrier();
    }

private:
    Result<void> enter() {
        const KeyPair keys = KeyPair::generate();
        LONGSHIP_ASSIGN(m_port, DataPort::bind("tcp://127.0.0.1:*", keys, m_options.encrypted));
        m_parent.send(m_port->endpoint() + " " + keys.publicKey);
        const auto answer = m_parent.receive();
        if (!answer) {
            return failure(ErrorKind::Interrupted, "The bench was stopped.");
        }
        std::istringstream words(*answer);
        DataPlan plan;
        plan.rank = m_rank;
        plan.membership = 1;
        plan.encrypted = m_options.encrypted;
        words >> plan.token;
        for (DataPeer peer; words >> peer.endpoint >> peer.publicKey;) {
            plan.peers.push_back(peer);
        }
        LONGSHIP_ASSIGN(auto mesh, m_port->enter(plan));
        m_communicator = std::make_unique<Communicator>(std::move(mesh), m_options.communicator);
        return {};
    }

    Result<std::string> measure(std::size_t count) {
        std::vector<float> input(count);
        for (std::size_t i = 0; i < count; ++i) {
            input[i] = valueAt(m_rank, i);
        }
        std::vector<float> values(count);
        std::string times;
        const std::uint32_t iterations = iterationsFor(m_options, count * sizeof(float));
        for (std::uint32_t i = 0; i < kWarmUps + iterations; ++i) {
            values = input;
            LONGSHIP_TRY(m_communicator->barrier());
            const TimePoint start = BootClock::now();
            LONGSHIP_TRY(m_communicator->allreduce(std::span(values)));
            const Duration elapsed = BootClock::now() - start;
            if (i == 0 || i + 1 == kWarmUps + iterations) {
                LONGSHIP_TRY(check(values));
            }
            if (i >= kWarmUps) {
                times += fmt::format("{} ", elapsed.count());
            }
        }
        return times;
    }

    Result<void> check(const std::vector<float>& values) const {
        for (std::size_t i = 0; i < values.size(); ++i) {
            float expected = 0;
            for (Rank rank = 0; rank < m_options.nodes; ++rank) {
                expected += valueAt(rank, i);
            }
            if (values[i] != expected) {
                return failure(ErrorKind::Internal,
                               fmt::format("Wrong sum at element {} of {} on rank {}: {} instead of {}.", i,
                                           values.size(), m_rank, values[i], expected));
            }
        }
        return {};
    }

    const AllreduceBenchOptions& m_options;
    const Rank m_rank;
    const Channel& m_parent;
    std::unique_ptr<DataPort> m_port;
    std::unique_ptr<Communicator> m_communicator;
};

/// The processes and the parent's ends of their channels. Ends them all when it goes.
class Crew {
public:
    ~Crew() {
        channels.clear();
        for (const pid_t process : m_processes) {
            ::kill(process, SIGKILL);
            ::waitpid(process, nullptr, 0);
        }
    }

    Result<void> start(const AllreduceBenchOptions& options) {
        for (Rank rank = 0; rank < options.nodes; ++rank) {
            int ends[2];
            if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
                return failure(ErrorKind::Exhausted,
                               fmt::format("Could not start the bench: {}.", std::strerror(errno)));
            }
            channels.emplace_back(ends[0]);
            Channel theirs(ends[1]);
            const pid_t parent = ::getpid();
            const pid_t process = ::fork();
            if (process == 0) {
                runChild(options, rank, theirs, parent);
            }
            if (process < 0) {
                return failure(ErrorKind::Exhausted,
                               fmt::format("Could not start a process: {}.", std::strerror(errno)));
            }
            m_processes.push_back(process);
        }
        return {};
    }

    /// Waits for the processes to end by themselves.
    void join() {
        for (const pid_t process : std::exchange(m_processes, {})) {
            ::waitpid(process, nullptr, 0);
        }
    }

    std::vector<Channel> channels;

private:
    [[noreturn]] void runChild(const AllreduceBenchOptions& options, Rank rank, const Channel& channel,
                               pid_t parent) {
        // The bench may be killed at any moment; its members must not outlive it.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) {
            ::_exit(1);
        }
        for (Channel& others : channels) {
            others.close();
        }
        const auto result = Member(options, rank, channel).run();
        if (!result) {
            channel.send("error " + result.error().text);
        }
        ::_exit(result ? 0 : 1);
    }

    std::vector<pid_t> m_processes;
};

Result<void> checkOptions(const AllreduceBenchOptions& options) {
    if (options.nodes < 2 || options.nodes > kNodesMax) {
        return failure(ErrorKind::BadInput,
                       fmt::format("The bench needs 2 to {} nodes, not {}.", kNodesMax, options.nodes));
    }
    for (const std::size_t bytes : options.sizes) {
        if (bytes == 0 || bytes % sizeof(float) != 0) {
            return failure(ErrorKind::BadInput,
                           fmt::format("A size of {} bytes is no whole number of float32 values.", bytes));
        }
    }
    if (options.iterations == 0) {
        return failure(ErrorKind::BadInput, "The bench needs at least one iteration.");
    }
    const auto tasks = std::filesystem::directory_iterator("/proc/self/task");
    if (std::distance(begin(tasks), end(tasks)) != 1) {
        return failure(ErrorKind::Internal, "The bench must start before its program starts threads.");
    }
    return {};
}

Result<std::string> receiveFrom(const Channel& channel, Rank rank) {
    const auto text = channel.receive();
    if (!text) {
        return failure(ErrorKind::Unavailable, fmt::format("Member {} of the bench died or hangs.", rank));
    }
    if (text->starts_with("error ")) {
        return failure(ErrorKind::Unavailable, text->substr(6));
    }
    return *text;
}

Result<void> introduce(const Crew& crew) {
    std::string plan = randomHex(16);
    for (Rank rank = 0; rank < crew.channels.size(); ++rank) {
        LONGSHIP_ASSIGN(const std::string address, receiveFrom(crew.channels[rank], rank));
        plan += " " + address;
    }
    for (const Channel& channel : crew.channels) {
        channel.send(plan);
    }
    return {};
}

/// The median over the iterations of the slowest member's time, in nanoseconds.
Result<double> collectMedian(const Crew& crew) {
    std::vector<double> slowest;
    for (Rank rank = 0; rank < crew.channels.size(); ++rank) {
        LONGSHIP_ASSIGN(const std::string text, receiveFrom(crew.channels[rank], rank));
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

}  // namespace

Result<void> runAllreduceBench(const AllreduceBenchOptions& options,
                               const std::function<void(const AllreduceBenchResult&)>& report) {
    LONGSHIP_TRY(checkOptions(options));
    Crew crew;
    LONGSHIP_TRY(crew.start(options));
    LONGSHIP_TRY(introduce(crew));
    for (const std::size_t bytes : options.sizes) {
        LONGSHIP_ASSIGN(const double median, collectMedian(crew));
        const double share = 2.0 * (options.nodes - 1) / options.nodes;
        report({options.nodes, bytes, options.encrypted, median / 1e6,
                share * static_cast<double>(bytes) / median});
    }
    crew.join();
    return {};
}

}  // namespace longship
