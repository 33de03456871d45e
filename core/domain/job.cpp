#include "core/domain/job.h"

#include <algorithm>
#include <vector>

#include "core/domain/catalog.h"

namespace longship {
namespace {

template <typename Known>
std::vector<std::string_view> namesOf(std::span<const Known> all) {
    std::vector<std::string_view> names;
    for (const Known& one : all) {
        names.push_back(one.name);
    }
    return names;
}

}  // namespace

std::span<const std::string_view> modelNames() {
    static const std::vector<std::string_view> names = namesOf(knownModels());
    return names;
}

std::span<const std::string_view> datasetNames() {
    static const std::vector<std::string_view> names = namesOf(knownDatasets());
    return names;
}

JobSpec demoJob() {
    JobSpec job;
    job.name = "fashion-mnist-cnn";
    job.dataset.name = "fashion-mnist";
    job.model.name = "cnn";
    job.optimizer.kind = OptimizerKind::Sgd;
    // One epoch of this reaches 0.875; 256 reach 0.853 in the same time.
    job.globalBatch = 128;
    return job;
}

std::uint32_t serversOf(const JobSpec& job) {
    return job.strategy.kind == StrategyKind::ParameterServer ? job.strategy.servers : 0;
}

bool hasBackups(const JobSpec& job) {
    return serversOf(job) > 1 && job.strategy.backup;
}

std::uint64_t resolvedMicroBatch(const JobSpec& job) {
    if (job.microBatch) {
        return *job.microBatch;
    }
    const bool crossSampleState = job.model.name == "resnet";  // Batch normalisation.
    const bool wantsBlocks = crossSampleState || job.numerics == Numerics::Reproducible;
    constexpr std::uint64_t kBlock = 32;
    return wantsBlocks ? std::min(kBlock, job.globalBatch) : 1;
}

}  // namespace longship
