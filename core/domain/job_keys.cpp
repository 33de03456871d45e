#include "core/domain/job_keys.h"

#include <algorithm>
#include <utility>

#include "core/domain/job_file.h"
#include "core/domain/job_words.h"
#include "core/domain/job_yaml.h"

namespace longship {
namespace {

template <typename Choice>
std::vector<std::string_view> wordsOf() {
    std::vector<std::string_view> words;
    for (const auto& [value, word] : ChoiceWords<Choice>::table) {
        words.push_back(word);
    }
    return words;
}

using Kind = JobValueKind;
using Part = JobPart;

JobKey value(std::string_view key, Part part, Kind kind, std::string_view range, std::string_view about) {
    return {key, part, kind, range, about, {}};
}

JobKey choice(std::string_view key, Part part, std::string_view about, std::vector<std::string_view> words) {
    return {key, part, Kind::Choice, "", about, std::move(words)};
}

JobKey named(std::string_view key, Part part, Kind kind, std::string_view about,
             std::span<const std::string_view> names) {
    return {key, part, kind, "", about, {names.begin(), names.end()}};
}

JobKey optional(JobKey key) {
    key.optional = true;
    return key;
}

JobKey with(std::string_view owner, std::vector<std::string_view> words, JobKey key) {
    key.owner = owner;
    key.ownerWords = std::move(words);
    return key;
}

std::vector<JobKey> whatToTrain() {
    return {
        value("name", Part::Data, Kind::Text, "", "what the run is called in the history"),
        named("dataset.name", Part::Data, Kind::Dataset, "what to train on", datasetNames()),
        optional(value("dataset.content", Part::Data, Kind::Text, "", "which data was brought to the nodes")),
        optional(value("dataset.csv", Part::Data, Kind::File, "", "a table with a header row")),
        with("dataset.csv", {}, value("dataset.label", Part::Data, Kind::Text, "", "the column to predict")),
        with("dataset.csv", {},
             value("dataset.test_fraction", Part::Data, Kind::Real, "0 … 1",
                   "part of the rows kept for evaluation")),
        named("model.name", Part::Model, Kind::Model, "what is trained", modelNames()),
        with("model.name", {"mlp"},
             value("model.hidden", Part::Model, Kind::Wholes, "1 … 65 536", "widths of the hidden layers")),
    };
}

std::vector<JobKey> howToLearn() {
    const auto real = [](std::string_view key, std::string_view range, std::string_view about) {
        return value(key, Part::Training, Kind::Real, range, about);
    };
    const auto whole = [](std::string_view key, std::string_view range, std::string_view about) {
        return value(key, Part::Training, Kind::Whole, range, about);
    };
    constexpr std::string_view kKind = "optimizer.kind";
    return {
        choice(kKind, Part::Training, "how parameters follow gradients", wordsOf<OptimizerKind>()),
        real("optimizer.learning_rate", "> 0", "how far one step goes"),
        with(kKind, {"sgd"}, real("optimizer.momentum", "0 … 1", "how much of the last step goes on")),
        with(kKind, {"adam"}, real("optimizer.beta1", "0 … 1", "memory of the gradient's mean")),
        with(kKind, {"adam"}, real("optimizer.beta2", "0 … 1", "memory of the gradient's square")),
        with(kKind, {"adam"}, real("optimizer.epsilon", "> 0", "keeps the division away from zero")),
        real("optimizer.weight_decay", "≥ 0", "pulls parameters towards zero"),
        whole("epochs", "1 … 1 000 000", "how often all samples are used"),
        whole("global_batch", "1 … 16 777 216", "samples of one step, over all workers"),
        optional(whole("micro_batch", "1 … global_batch", "samples that are never split")),
        whole("seed", "≥ 0", "the same seed gives the same order of samples"),
    };
}

std::vector<JobKey> whereAndHow() {
    const auto server = [](JobKey key) {
        return with("strategy.kind", {"parameter-server"}, std::move(key));
    };
    const auto whole = [](std::string_view key, Part part, std::string_view range, std::string_view about) {
        return value(key, part, Kind::Whole, range, about);
    };
    return {
        whole("workers", Part::Placement, "0 … 1024", "0: one on each ready node"),
        choice("numerics", Part::Training, "reproducible: the same bits for any number of workers",
               wordsOf<Numerics>()),
        choice("device", Part::Placement, "where tensors are computed", wordsOf<Device>()),
        choice("data_plane", Part::Placement, "trusted-network: gradients travel unencrypted",
               wordsOf<DataPlane>()),
        choice("strategy.kind", Part::Strategy, "how gradients come together", wordsOf<StrategyKind>()),
        server(choice("strategy.mode", Part::Strategy, "how far workers may run apart",
                      wordsOf<ParameterServerMode>())),
        with("strategy.mode", {"ssp"},
             whole("strategy.staleness", Part::Strategy, "≥ 0", "steps that a worker may run ahead")),
        server(whole("strategy.servers", Part::Strategy, "1 … 64", "among how many parameters are divided")),
        server({"strategy.backup",
                Part::Strategy,
                Kind::YesNo,
                "",
                "a second copy of each server's part; without one, the loss of a server takes a run back to "
                "its last "
                "checkpoint",
                {"true", "false"}}),
        choice("recovery.policy", Part::Placement, "what happens when a node is lost",
               wordsOf<RecoveryPolicy>()),
        value("recovery.tolerate_silence", Part::Placement, Kind::TimeSpan, "500ms … 10m",
              "how long a node may be silent"),
        whole("checkpoint.replicas", Part::Placement, "1 … 16", "on how many nodes each is kept"),
        optional(whole("checkpoint.every_steps", Part::Placement, "≥ 0",
                       "left out: at the ends of epochs; 0: only the final model")),
    };
}

std::vector<JobKey> makeKeys() {
    std::vector<JobKey> keys = whatToTrain();
    for (const auto& more : {howToLearn(), whereAndHow()}) {
        keys.insert(keys.end(), more.begin(), more.end());
    }
    return keys;
}

}  // namespace

std::span<const JobKey> jobKeys() {
    static const std::vector<JobKey> keys = makeKeys();
    return keys;
}

const JobKey* jobKey(std::string_view key) {
    for (const JobKey& known : jobKeys()) {
        if (known.key == key) {
            return &known;
        }
    }
    return nullptr;
}

JobValues jobValues(const JobSpec& job) {
    return jobFileValues(toYaml(job));
}

bool hasMeaning(const JobKey& key, const JobValues& values) {
    if (key.owner.empty()) {
        return true;
    }
    const auto owner = values.find(key.owner);
    if (owner == values.end() || owner->second.empty()) {
        return false;
    }
    return key.ownerWords.empty() ||
           std::find(key.ownerWords.begin(), key.ownerWords.end(), owner->second) != key.ownerWords.end();
}

}  // namespace longship
