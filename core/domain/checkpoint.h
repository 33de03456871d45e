#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/domain/job.h"
#include "core/domain/run_event.h"

/// Which checkpoints a run has, as pure functions: of the job and the step for when one is written, of the
/// membership for who writes it, of the run's events for which ones count.
namespace longship {

/// The newest committed ones that are kept of a run that has not ended; of one that has, the newest.
inline constexpr std::size_t kCheckpointsKept = 2;

/// A committed checkpoint as a worker needs it to find its own copy and to trust it.
struct CheckpointRef {
    Step step = 0;
    std::string sha256;

    bool operator==(const CheckpointRef&) const = default;
};

/// Short epochs share a checkpoint where the job does not say how often one is written.
inline constexpr Step kCheckpointStepsMin = 500;

/// Steps between two checkpoints, 0 for none: what the job says, else the smallest number of whole epochs of
/// `stepsPerEpoch` (at least 1) that is not below kCheckpointStepsMin.
Step checkpointInterval(const CheckpointSpec& spec, Step stepsPerEpoch);

/// Whether a checkpoint is written once so many steps are applied.
bool isCheckpointStep(Step interval, Step stepsApplied);

/// The tasks that write: of the lowest ranks, one on each of up to `replicas` nodes.
std::vector<TaskId> checkpointWriters(const std::vector<Member>& members, std::uint32_t replicas);

/// In the run's folder: "checkpoint-400.safetensors", and the manifest beside it.
std::string checkpointFileName(Step step);
std::string checkpointManifestName(Step step);

/// The step of such a file or manifest; none for any other name.
std::optional<Step> checkpointStepOf(const std::string& fileName);

/// What starts of this run may be given, newest first.
std::vector<CheckpointRef> checkpointRefs(const std::vector<CheckpointCommitted>& checkpoints);

}  // namespace longship
