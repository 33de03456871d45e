#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"

namespace longship {

enum class NodeState { Unknown, Connecting, Ready, Busy, Silent, Lost };
std::string_view toString(NodeState state);

struct GpuSample {
    std::string name;
    double utilization = 0;  ///< 0…1.
    std::uint64_t memoryUsed = 0;
    std::uint64_t memoryTotal = 0;
    std::optional<double> temperatureCelsius;
    bool operator==(const GpuSample&) const = default;
};

/// One second of a node's health. `own*` covers Longship's processes there (agent and workers): on a demo
/// cluster, where all nodes share one machine, these are what differs.
struct NodeSample {
    UtcTime time;
    double cpu = 0;  ///< Whole machine, 0…1.
    std::uint32_t cores = 0;
    std::uint64_t memoryUsed = 0;  ///< Bytes.
    std::uint64_t memoryTotal = 0;
    std::uint64_t diskUsed = 0;  ///< Of the file system that holds our data.
    std::uint64_t diskTotal = 0;
    double networkReceived = 0;  ///< Bytes per second, all interfaces but loopback.
    double networkSent = 0;
    std::optional<double> temperatureCelsius;
    std::vector<GpuSample> gpus;
    double ownCpu = 0;            ///< Cores in use by our processes: 1.0 is one core.
    std::uint64_t ownMemory = 0;  ///< Resident bytes of our processes.
    double ownReceived = 0;       ///< Bytes per second on our links.
    double ownSent = 0;
    double timerLagMs = 0;  ///< How late the agent's own timer fired: a sign of overload.
    bool operator==(const NodeSample&) const = default;
};

/// What the cluster knows of a node now.
struct NodeView {
    NodeId node;
    std::string address;  ///< Numeric address and port of its agent.
    NodeState state = NodeState::Unknown;
    bool leader = false;
    bool sharesMachine = false;  ///< Another node of the cluster runs on the same machine.
    std::string version;
    std::string detail;              ///< Why it is not ready, in words.
    std::vector<std::string> tasks;  ///< "worker-0" … of all active runs.
    std::optional<NodeSample> sample;
    bool drained = false;  ///< Takes no tasks until it is undrained.
    bool operator==(const NodeView&) const = default;
};

}  // namespace longship
