#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/domain/job_keys.h"

namespace longship {

/// The values that stand in a job file, as a person would type them; empty when it is no valid YAML. Keys
/// that a job does not have are there, too.
JobValues jobFileValues(std::string_view yaml);

/// What is to stand in a file; none takes a key out of it.
using JobChanges = std::map<std::string, std::optional<std::string>, std::less<>>;

/// The same file with other values. Only these are rewritten, where they stand: comments, order, spacing,
/// line ends and keys that no job has stay. A key that is not there yet gets a line of its own beside its
/// kin; the comment of a key that is taken out stays. Values need not be right. BadInput when the file is no
/// valid YAML, or has a value where it cannot be changed (behind an anchor).
Result<std::string> changeJobFile(std::string_view yaml, const JobChanges& changes);

/// The same file for another job. Equal bytes when it means that job already; `yaml` has no problems.
Result<std::string> changeJobFile(std::string_view yaml, const JobSpec& job);

}  // namespace longship
