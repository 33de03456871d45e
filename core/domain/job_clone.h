#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/domain/job_file.h"

namespace longship {

/// A value of an earlier job that means nothing any more, and why.
struct DroppedValue {
    std::string key;
    std::string value;
    std::string why;

    bool operator==(const DroppedValue&) const = default;
};

struct JobClone {
    std::string yaml;
    std::vector<DroppedValue> dropped;
};

/// A new job with every value of an earlier one that can still be used. Which data was brought to which nodes
/// is not a value that a person chose: it is left to the next run.
JobClone cloneJob(std::string_view yaml);

/// Values that serve one purpose, set together.
struct JobPreset {
    std::string_view name;  ///< "reproducible".
    JobChanges changes;
};
const std::vector<JobPreset>& jobPresets();

}  // namespace longship
