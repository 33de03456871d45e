#pragma once

#include <string>

#include "core/domain/job.h"
#include "core/domain/run_event.h"
#include "core/training/bucket_plan.h"
#include "core/training/model.h"

namespace longship {

/// Everything that must be the same on all members for them to compute the same thing.
struct PlanParts {
    const JobSpec& job;
    const RunPrepared& prepared;
    const Network& network;
    const BucketPlan& buckets;
    std::size_t realBytes;
    std::uint64_t hashEverySteps;
};

/// SHA-256 over a text that names all of it.
std::string planHashOf(const PlanParts& parts);

}  // namespace longship
