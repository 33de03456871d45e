#pragma once

#include <filesystem>

#include "core/domain/job.h"
#include "core/training/dataset.h"

namespace longship {

/// Loads what the job trains on. `datasetFolder` holds one folder per registered dataset; `table`: where the
/// job's CSV file lies on this machine, when not under its own path.
Result<TrainingData> loadTrainingData(const JobSpec& job, const std::filesystem::path& datasetFolder,
                                      const std::filesystem::path& table = {});

}  // namespace longship
