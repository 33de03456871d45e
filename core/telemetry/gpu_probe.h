#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/domain/node.h"

namespace longship {

/// Watches the NVIDIA GPUs of this machine through NVML, which is loaded at run time where it exists. All
/// calls into it happen on a thread of this object, because a sick GPU can block its driver for minutes:
/// latest() never waits. Used by one thread.
class GpuProbe {
public:
    struct Options {
        std::string library = "libnvidia-ml.so.1";
        std::chrono::milliseconds period{1000};
        std::chrono::milliseconds patience{5000};  ///< Older samples are not shown any more.
    };

    /// Without the library there is no thread and latest() stays empty.
    explicit GpuProbe(Options options);
    ~GpuProbe();
    GpuProbe(const GpuProbe&) = delete;
    GpuProbe& operator=(const GpuProbe&) = delete;

    /// The last complete sample, or nothing when there is none younger than `patience`.
    std::vector<GpuSample> latest(TimePoint now) const;

    /// The driver does not answer: the last sample is older than `patience`. For people.
    bool isStuck(TimePoint now) const;

private:
    struct Shared;
    // Shared with the thread: when the driver never returns, the thread outlives the probe.
    std::shared_ptr<Shared> m_shared;
};

}  // namespace longship
