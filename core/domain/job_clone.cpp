#include "core/domain/job_clone.h"

#include <algorithm>
#include <optional>

#include "core/domain/job_yaml.h"

namespace longship {
namespace {

/// The key under which a problem's value stands in the file; none when nothing stands there.
std::optional<std::string> standing(const std::string& key, const JobValues& values) {
    for (const char* tail : {"", ".name", ".kind"}) {
        if (values.contains(key + tail)) {
            return key + tail;
        }
    }
    return std::nullopt;
}

}  // namespace

JobClone cloneJob(std::string_view yaml) {
    JobClone clone;
    clone.yaml =
        changeJobFile(yaml, JobChanges{{"dataset.content", std::nullopt}}).value_or(std::string(yaml));
    // Each turn takes at least one key out.
    for (bool again = true; again;) {
        again = false;
        for (const JobProblem& problem : readJob(clone.yaml).problems) {
            const JobValues values = jobFileValues(clone.yaml);
            const auto key = standing(problem.key, values);
            const auto without =
                key ? changeJobFile(clone.yaml, JobChanges{{*key, std::nullopt}}) : Result<std::string>("");
            if (!key || !without) {
                continue;
            }
            clone.dropped.push_back({*key, values.find(*key)->second, problem.text});
            clone.yaml = *without;
            again = true;
            break;  // What is wrong with the rest may have hung on this one.
        }
    }
    return clone;
}

const std::vector<JobPreset>& jobPresets() {
    static const std::vector<JobPreset> presets{
        {"quick",
         {{"dataset.name", "fashion-mnist"},
          {"dataset.csv", std::nullopt},
          {"model.name", "cnn"},
          {"optimizer.kind", "sgd"},
          {"optimizer.learning_rate", "0.05"},
          {"optimizer.momentum", "0.9"},
          {"epochs", "1"},
          {"global_batch", "128"}}},
        {"reproducible", {{"numerics", "reproducible"}, {"micro_batch", std::nullopt}}},
        // Activations grow with the batch, and Adam keeps two numbers more for each parameter.
        {"small-memory", {{"global_batch", "32"}, {"micro_batch", std::nullopt}, {"optimizer.kind", "sgd"}}},
    };
    return presets;
}

}  // namespace longship
