#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/domain/job_words.h"
#include "core/domain/job_yaml.h"
#include "core/domain/yaml_text.h"

namespace longship {
namespace {

std::string datasetYaml(const DatasetSpec& dataset) {
    if (dataset.csv.empty() && dataset.content.empty()) {
        return fmt::format("dataset: {}\n", yamlText(dataset.name));
    }
    std::string yaml = "dataset:\n";
    yaml += dataset.name.empty() ? "" : fmt::format("  name: {}\n", yamlText(dataset.name));
    yaml += dataset.content.empty() ? "" : fmt::format("  content: \"{}\"\n", dataset.content);
    if (dataset.csv.empty()) {
        return yaml;
    }
    return yaml + fmt::format("  csv: {}\n  label: {}\n  test_fraction: {}\n", yamlText(dataset.csv),
                              yamlText(dataset.label), dataset.testFraction);
}

std::string modelYaml(const ModelSpec& model) {
    if (model.name != "mlp") {
        return fmt::format("model: {}\n", yamlText(model.name));
    }
    return fmt::format("model:\n  name: mlp\n  hidden: [{}]\n", fmt::join(model.hidden, ", "));
}

std::string optimizerYaml(const OptimizerSpec& optimizer) {
    std::string yaml = fmt::format("optimizer:\n  kind: {}\n  learning_rate: {}\n", wordOf(optimizer.kind),
                                   optimizer.learningRate);
    if (optimizer.kind == OptimizerKind::Sgd) {
        yaml += fmt::format("  momentum: {}\n", optimizer.momentum);
    } else {
        yaml += fmt::format("  beta1: {}\n  beta2: {}\n  epsilon: {}\n", optimizer.beta1, optimizer.beta2,
                            optimizer.epsilon);
    }
    return yaml + fmt::format("  weight_decay: {}\n", optimizer.weightDecay);
}

std::string strategyYaml(const StrategySpec& strategy) {
    if (strategy.kind == StrategyKind::Allreduce) {
        return "strategy: allreduce\n";
    }
    const std::string staleness = strategy.mode == ParameterServerMode::Ssp
                                      ? fmt::format("  staleness: {}\n", strategy.staleness)
                                      : std::string();
    return fmt::format("strategy:\n  kind: {}\n  mode: {}\n{}  servers: {}\n  backup: {}\n",
                       wordOf(strategy.kind), wordOf(strategy.mode), staleness, strategy.servers,
                       strategy.backup);
}

}  // namespace

std::string toYaml(const JobSpec& job) {
    std::string yaml = fmt::format("name: {}\n", yamlText(job.name));
    yaml += datasetYaml(job.dataset) + modelYaml(job.model) + optimizerYaml(job.optimizer);
    yaml += fmt::format("epochs: {}\nglobal_batch: {}\n", job.epochs, job.globalBatch);
    if (job.microBatch) {
        yaml += fmt::format("micro_batch: {}\n", *job.microBatch);
    }
    yaml += fmt::format("seed: {}\nworkers: {}\nnumerics: {}\ndevice: {}\ndata_plane: {}\n", job.seed,
                        job.workers, wordOf(job.numerics), wordOf(job.device), wordOf(job.dataPlane));
    yaml += strategyYaml(job.strategy);
    yaml += fmt::format("recovery:\n  policy: {}\n  tolerate_silence: {}\n", wordOf(job.recovery.policy),
                        durationText(job.recovery.tolerateSilence));
    yaml += fmt::format("checkpoint:\n  replicas: {}\n", job.checkpoint.replicas);
    if (job.checkpoint.everySteps) {
        yaml += fmt::format("  every_steps: {}\n", *job.checkpoint.everySteps);
    }
    return yaml;
}

std::string describe(const std::vector<JobProblem>& problems, std::string_view file) {
    std::string text;
    for (const JobProblem& problem : problems) {
        if (problem.line > 0) {
            text += fmt::format("{}:{}:{}: {}\n", file, problem.line, problem.column, problem.text);
        } else if (problem.text.starts_with("--set ")) {
            text += problem.text + '\n';
        } else {
            text += fmt::format("{}: {}\n", file, problem.text);
        }
    }
    return text;
}

}  // namespace longship
