#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/domain/job.h"

namespace longship {

/// One thing wrong with a job file. Lines and columns count from 1; 0 when the place is not in the file.
struct JobProblem {
    int line = 0;
    int column = 0;
    std::string key;       ///< Dotted: "optimizer.learning_rate".
    std::string found;     ///< What stands there, shortened.
    std::string expected;  ///< What should: "a whole number of at least 1".
    std::string text;      ///< The full sentence.

    bool operator==(const JobProblem&) const = default;
};

using JobResult = tl::expected<JobSpec, std::vector<JobProblem>>;

/// Parses a job file and the `key=value` overrides of --set, and checks every value. All problems are
/// reported together, in file order. A value that the schema knows and this version does not serve is a
/// problem too, in plain words.
JobResult parseJob(std::string_view yaml, const std::vector<std::string>& overrides = {});

/// A job as far as its file can be read, with the defaults for all else, and everything that is wrong with
/// it.
struct JobReading {
    JobSpec job;
    std::vector<JobProblem> problems;
};
JobReading readJob(std::string_view yaml, const std::vector<std::string>& overrides = {});

/// The problems of a job made in code or in a form: the same rules without places.
std::vector<JobProblem> checkJob(const JobSpec& job);

/// "FILE:LINE:COLUMN: sentence", one line per problem.
std::string describe(const std::vector<JobProblem>& problems, std::string_view file);

/// The job as YAML that parseJob reads back to an equal value.
std::string toYaml(const JobSpec& job);

}  // namespace longship
