#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/domain/run_snapshot.h"
#include "core/domain/step_row.h"

namespace longship {

/// A fault on purpose: SIGKILL to a worker, SIGKILL to an agent (which takes its workers with it), SIGSTOP to
/// a worker that heals by itself after a while.
enum class Fault : std::uint8_t { KillWorker, KillAgent, Pause };
std::string_view toString(Fault fault);  ///< "kill-worker" …
std::optional<Fault> faultFrom(std::string_view text);

/// What came of a fault: as the run's own events and rows tell it, not as the drill expects it.
struct DrillReport {
    double detectMs = 0;   ///< From the fault to the incident.
    double recoverMs = 0;  ///< From the fault to the first step of the membership that goes on.
    std::uint64_t stepsLost = 0;
    std::uint64_t stepsRedone = 0;
    std::uint64_t samplesLost = 0;  ///< Of all steps up to now.
    std::uint64_t samplesTwice = 0;

    bool operator==(const DrillReport&) const = default;
};

/// None while the run has not recovered. Incidents up to `sequenceBefore` are older than the fault. Times are
/// compared across the clocks of who asked (`faultAt`) and of the leader. Samples are recomputed from the
/// digests of what was read, as in proveSamples(), also for the epoch that goes on.
std::optional<DrillReport> drillReport(const RunSnapshot& run, const std::vector<StepRow>& rows,
                                       UtcTime faultAt, std::uint64_t sequenceBefore);

}  // namespace longship
