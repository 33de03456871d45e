#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/client/cluster_record.h"

namespace longship {

/// A process that is not our child, held by its pidfd so that its number cannot be mistaken for a later
/// process.
class ForeignProcess {
public:
    /// None when there is no such process, or it does not carry `mark` among its arguments.
    static std::optional<ForeignProcess> find(pid_t id, const std::string& mark);
    ~ForeignProcess();
    ForeignProcess(ForeignProcess&& other) noexcept;
    ForeignProcess& operator=(ForeignProcess&& other) noexcept;

    pid_t id() const { return m_id; }
    bool running() const;
    bool waitForEnd(TimePoint deadline) const;  ///< True when it ended.
    void signal(int number) const;

private:
    ForeignProcess(pid_t id, int descriptor) : m_id(id), m_descriptor(descriptor) {}

    pid_t m_id = -1;
    int m_descriptor = -1;
};

/// The agent that published its endpoint in `home` and still runs.
std::optional<PublishedEndpoint> runningAgent(const std::filesystem::path& home);

/// The agent of `home` and the supervising parent above it, as far as they run; the parent first.
std::vector<ForeignProcess> processesOf(const std::filesystem::path& home);

/// Starts an agent that goes to the background by itself, and waits until it did. `log` gets what it says.
/// NotFound when there is no such program; Unavailable with its last words when it gave up.
Result<void> startAgent(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                        const std::filesystem::path& log);

/// Waits until the agent of `home`, a folder that exists, has published its endpoint.
Result<PublishedEndpoint> waitForAgent(const NodeId& node, const std::filesystem::path& home,
                                       TimePoint deadline);

/// The last line of a log that is not empty; empty when there is none.
std::string lastLine(const std::filesystem::path& log);

}  // namespace longship
