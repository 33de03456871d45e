#pragma once

#include <filesystem>

#include "core/domain/job.h"
#include "core/training/dataset.h"

namespace longship {

/// Loads the user's own table. Rows are split by `seed` into training and test rows; numeric columns are
/// standardised with mean and deviation of the training rows, text columns become one-hot. BadInput with one
/// line per problem, each with the file's line, when it cannot be trained on.
/// `file`: where it lies on this machine when not at `spec.csv`, which stays its name.
Result<TrainingData> loadCsv(const DatasetSpec& spec, std::uint64_t seed,
                             const std::filesystem::path& file = {});

}  // namespace longship
