#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/transport/data_mesh.h"

namespace longship {

/// One end of a socket pair that keeps message boundaries.
class BenchChannel {
public:
    explicit BenchChannel(int descriptor) : m_descriptor(descriptor) {}
    ~BenchChannel() { close(); }
    BenchChannel(BenchChannel&& other) noexcept : m_descriptor(std::exchange(other.m_descriptor, -1)) {}
    BenchChannel& operator=(BenchChannel&&) = delete;

    void close();
    bool send(const std::string& text) const;

    /// None when the other end is gone or says nothing for two minutes.
    std::optional<std::string> receive() const;

private:
    int m_descriptor;
};

/// The processes of a benchmark on this machine, each with a data port on 127.0.0.1. They are forked from
/// this one, which must not have started any thread yet, and end with it.
class BenchCrew {
public:
    static constexpr std::uint32_t kMembersMax = 64;

    /// What a member does once it has its links. It says its times by sendTimes().
    using Member = std::function<Result<void>(std::unique_ptr<Mesh> mesh, const BenchChannel& parent)>;

    ~BenchCrew();

    /// Starts the members and connects each with all others.
    Result<void> start(std::uint32_t members, bool encrypted, const Member& member);

    /// The median over the iterations of the slowest member's time, in nanoseconds, from those who measure:
    /// the first so many ranks. Unavailable when one has died or says what went wrong.
    Result<double> collectMedian(std::uint32_t measuring) const;

    /// Waits for the processes to end by themselves.
    void join();

private:
    Result<void> startOne(Rank rank, bool encrypted, const Member& member);
    [[noreturn]] void runChild(Rank rank, bool encrypted, const Member& member, const BenchChannel& parent,
                               pid_t parentProcess);
    Result<void> introduce() const;
    Result<std::string> receiveFrom(Rank rank) const;

    std::vector<BenchChannel> m_channels;
    std::vector<pid_t> m_processes;
};

/// Nanoseconds of each iteration.
void sendTimes(const BenchChannel& parent, const std::vector<Duration>& times);

}  // namespace longship
