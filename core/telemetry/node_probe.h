#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>

#include "core/base/clock.h"
#include "core/domain/node.h"
#include "core/telemetry/kernel_text.h"

namespace longship {

class GpuProbe;

/// Bytes that went over Longship's own links since the agent started. Never falls.
struct LinkBytes {
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
};

/// Measures this machine and Longship's own processes on it, from the kernel's text files and NVML. Rates
/// are means since the call before; the first sample has none. What the kernel does not tell stays 0 or
/// empty. Costs well under a millisecond a call and never waits. Not thread-safe.
class NodeProbe {
public:
    struct Options {
        std::filesystem::path dataFolder;      ///< Whose file system is measured.
        bool gpus = true;                      ///< False: NVML is not loaded.
        std::filesystem::path proc = "/proc";  ///< Tests give folders of their own.
        std::filesystem::path sys = "/sys";
    };

    explicit NodeProbe(Options options);
    ~NodeProbe();

    /// `ownProcesses` are the process ids of the agent and its workers; one that is gone counts nothing.
    NodeSample sample(std::span<const int> ownProcesses, LinkBytes ownLinks, Duration timerLag,
                      UtcTime wallTime, TimePoint now);

private:
    void measureMachine(NodeSample& sample, double seconds);
    void measureInterfaces(NodeSample& sample, double seconds);
    void measureDisk(NodeSample& sample) const;
    void measureOwn(NodeSample& sample, std::span<const int> processes, double seconds);
    bool isPhysical(const std::string& interface) const;
    std::filesystem::path findTemperature() const;

    const Options m_options;
    const double m_ticksPerSecond;
    const std::uint64_t m_pageBytes;
    std::filesystem::path m_temperatureFile;  ///< Empty: there is none.
    std::unique_ptr<GpuProbe> m_gpus;

    std::optional<TimePoint> m_before;  ///< Of the last sample; the values below belong to it.
    CpuTimes m_cpu;
    std::map<std::string, InterfaceCounters> m_interfaces;
    std::map<int, ProcessTimes> m_processes;
    LinkBytes m_links;
};

}  // namespace longship
