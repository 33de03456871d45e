#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "core/domain/job_yaml.h"

namespace longship::test {

/// A job as parseJob() reads it, also where it asks for servers: no user can have them before all that a run
/// with servers needs is there.
inline JobResult readServedJob(std::string_view yaml) {
    JobReading reading = readJob(yaml);
    std::erase_if(reading.problems, [](const JobProblem& problem) { return problem.key == "strategy.kind"; });
    if (!reading.problems.empty()) {
        return tl::unexpected(std::move(reading.problems));
    }
    return std::move(reading.job);
}

}  // namespace longship::test
