#include "core/domain/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>

#include "core/domain/task_kind.h"

namespace longship {
namespace {

constexpr std::string_view kPrefix = "checkpoint-";
constexpr std::string_view kFileEnd = ".safetensors";
constexpr std::string_view kManifestEnd = ".json";

std::string nameOfFile(Step step, std::string_view end) {
    return std::string(kPrefix) + std::to_string(step) + std::string(end);
}

}  // namespace

Step checkpointInterval(const CheckpointSpec& spec, Step stepsPerEpoch) {
    const Step epochs = (kCheckpointStepsMin + stepsPerEpoch - 1) / stepsPerEpoch;
    return spec.everySteps.value_or(epochs * stepsPerEpoch);
}

bool isCheckpointStep(Step interval, Step stepsApplied) {
    return interval > 0 && stepsApplied > 0 && stepsApplied % interval == 0;
}

std::vector<TaskId> checkpointWriters(const std::vector<Member>& members, std::uint32_t replicas) {
    std::vector<const Member*> byRank;
    for (const Member& member : members) {
        byRank.push_back(&member);
    }
    std::sort(byRank.begin(), byRank.end(),
              [](const Member* a, const Member* b) { return a->rank < b->rank; });
    std::vector<TaskId> writers;
    std::set<NodeId> nodes;
    for (const Member* member : byRank) {
        if (writers.size() < replicas && !isServer(member->task) && nodes.insert(member->node).second) {
            writers.push_back(member->task);
        }
    }
    return writers;
}

std::string checkpointFileName(Step step) {
    return nameOfFile(step, kFileEnd);
}

std::string checkpointManifestName(Step step) {
    return nameOfFile(step, kManifestEnd);
}

std::optional<Step> checkpointStepOf(const std::string& fileName) {
    std::string_view rest = fileName;
    const bool file = rest.ends_with(kFileEnd);
    if (!rest.starts_with(kPrefix) || (!file && !rest.ends_with(kManifestEnd))) {
        return std::nullopt;
    }
    rest.remove_prefix(kPrefix.size());
    rest.remove_suffix(file ? kFileEnd.size() : kManifestEnd.size());
    Step step = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), step);
    const bool whole = error == std::errc() && end == rest.data() + rest.size() && !rest.starts_with('0');
    return whole ? std::optional(step) : std::nullopt;
}

std::vector<CheckpointRef> checkpointRefs(const std::vector<CheckpointCommitted>& checkpoints) {
    std::vector<CheckpointRef> refs;
    for (auto checkpoint = checkpoints.rbegin(); checkpoint != checkpoints.rend(); ++checkpoint) {
        refs.push_back({checkpoint->step, checkpoint->sha256});
    }
    return refs;
}

}  // namespace longship
