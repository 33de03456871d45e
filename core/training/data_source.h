#pragma once

#include <filesystem>

#include "core/domain/job.h"
#include "core/training/dataset.h"

namespace longship {

/// Loads what the job trains on. `datasetFolder` holds one folder per registered dataset.
Result<TrainingData> loadTrainingData(const JobSpec& job, const std::filesystem::path& datasetFolder);

}  // namespace longship
