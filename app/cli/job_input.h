#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/cli/command.h"
#include "core/domain/job.h"

namespace longship::cli {

/// Reads a job file with the `key=value` overrides. BadInput with one line for each problem,
/// "FILE:LINE:COLUMN: sentence"; each is a "job_problem" event, too.
Result<JobSpec> readJobFile(Context& context, const std::filesystem::path& file,
                            const std::vector<std::string>& overrides);

/// Looks at the data before anything is sent: the path of a table becomes absolute (relative ones count from
/// `folder`, the place of the job file), its inferred types are shown, what keeps it from being trained on is
/// BadInput; NotFound names the package of a dataset that is not installed.
Result<JobSpec> checkData(Context& context, JobSpec job, const std::filesystem::path& folder);

}  // namespace longship::cli
