#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "core/domain/job_words.h"
#include "core/domain/job_yaml.h"

namespace longship {
namespace {

/// A text as it is when every reader takes it for one, else in double quotes.
std::string yamlText(std::string_view text) {
    const auto isPlainLetter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-' || c == '/';
    };
    constexpr std::array<std::string_view, 8> kOtherMeaning{"true", "false", "yes",  "no",
                                                            "on",   "off",   "null", "y"};
    const bool startsPlain = !text.empty() && ((text[0] >= 'a' && text[0] <= 'z') || text[0] == '/');
    if (startsPlain && std::all_of(text.begin(), text.end(), isPlainLetter) &&
        std::find(kOtherMeaning.begin(), kOtherMeaning.end(), text) == kOtherMeaning.end()) {
        return std::string(text);
    }
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result += '\\';
            result += c;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            result += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
            result += c;
        }
    }
    return result + '"';
}

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
    return fmt::format("strategy:\n  kind: {}\n  mode: {}\n  staleness: {}\n  servers: {}\n  backup: {}\n",
                       wordOf(strategy.kind), wordOf(strategy.mode), strategy.staleness, strategy.servers,
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
