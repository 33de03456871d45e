#pragma once

#include <memory>

#include "core/training/dataset.h"
#include "core/training/trainer.h"

namespace longship {

/// A trainer on data that is already in memory: what Trainer::create does after loading. For tests and
/// benchmarks, and for a dataset that several trainers of one process share.
Result<std::unique_ptr<Trainer>> createTrainer(const JobSpec& job, const Trainer::Options& options,
                                               TrainingData data);

}  // namespace longship
