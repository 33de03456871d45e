#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/domain/run_snapshot.h"
#include "core/domain/step_row.h"

namespace longship {

/// A fault on purpose: SIGKILL to a worker, SIGKILL to an agent (which takes its workers with it), and faults
/// that heal by themselves after a while: SIGSTOP to a worker; all links of a node at 1 % of the rate seen; a
/// node cut off from the others; a node whose disk takes nothing more. KillLeader: the agent that leads.
enum class Fault : std::uint8_t { KillWorker, KillAgent, Pause, SlowLink, Partition, DiskFull, KillLeader };
std::string_view toString(Fault fault);  ///< "kill-worker" …
std::optional<Fault> faultFrom(std::string_view text);
/// Over after a while, without help.
bool healsByItself(Fault fault);

/// What came of a fault: as the run's own events and rows tell it, not as the drill expects it.
struct DrillReport {
    /// From the fault to the incident, and to the first step that the membership which goes on is known to
    /// have done. None where no incident came: the run went on through the fault with the members it had.
    std::optional<double> detectMs;
    std::optional<double> recoverMs;
    std::uint64_t stepsLost = 0;
    std::uint64_t stepsRedone = 0;
    std::uint64_t samplesLost = 0;  ///< Of all steps up to now.
    std::uint64_t samplesTwice = 0;

    bool operator==(const DrillReport&) const = default;
};

/// None while the run has not recovered. Incidents up to `sequenceBefore` are older than the fault. `faultAt`
/// is when it was ordered, on the leader's clock, which also stamps the events. `rodeOut`: the fault has
/// healed and training goes on, so that no incident is to be waited for. Samples are recomputed from the
/// digests of what was read, as in proveSamples(), also for the epoch that goes on.
std::optional<DrillReport> drillReport(const RunSnapshot& run, const std::vector<StepRow>& rows,
                                       UtcTime faultAt, std::uint64_t sequenceBefore, bool rodeOut = false);

}  // namespace longship
