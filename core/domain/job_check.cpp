#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/domain/job_words.h"
#include "core/domain/job_yaml.h"

namespace longship {
namespace {

// What a job may ask for at most. Above these a value is a slip, not a wish.
constexpr std::uint64_t kEpochsMax = 1'000'000;
constexpr std::uint64_t kGlobalBatchMax = 1u << 24;
constexpr std::uint32_t kWorkersMax = 1024;
constexpr std::uint32_t kServersMax = 64;
constexpr std::size_t kHiddenLayersMax = 32;
constexpr std::int64_t kHiddenWidthMax = 65'536;
constexpr std::size_t kTextBytesMax = 4'096;
constexpr std::uint32_t kReplicasMax = 16;
constexpr std::chrono::milliseconds kSilenceMin{500};
constexpr std::chrono::milliseconds kSilenceMax{600'000};

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Strict UTF-8 (no overlong forms, no surrogates) without control characters.
bool isPlainText(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto lead = static_cast<unsigned char>(text[at]);
        const std::size_t size = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
        if (lead < 0x20 || lead == 0x7F || (lead >= 0x80 && lead < 0xC2) || lead > 0xF4 ||
            at + size > text.size()) {
            return false;
        }
        std::uint32_t code = size == 1 ? lead : lead & (0xFFu >> (size + 1));
        for (std::size_t i = 1; i < size; ++i) {
            const auto next = static_cast<unsigned char>(text[at + i]);
            if ((next & 0xC0u) != 0x80u) {
                return false;
            }
            code = (code << 6) | (next & 0x3Fu);
        }
        const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
        const bool control = size == 2 && code < 0xA0;
        if (overlong || control || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) {
            return false;
        }
        at += size;
    }
    return true;
}

/// SHA-256 as Sha256::hex() writes it.
bool isDigest(std::string_view text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Collects problems; one function per kind of rule, so that the rules below read as a table.
class Checker {
public:
    void wrong(std::string key, std::string found, std::string expected, std::string_view hint = "") {
        std::string text = fmt::format("{}: expected {}, found {}", key, expected, found);
        text += hint.empty() ? "." : fmt::format(". {}", hint);
        m_problems.push_back({0, 0, std::move(key), std::move(found), std::move(expected), std::move(text)});
    }

    void whole(const char* key, std::uint64_t value, std::uint64_t min, std::uint64_t max) {
        if (value < min || value > max) {
            wrong(key, std::to_string(value),
                  value < min ? fmt::format("a whole number of at least {}", min)
                              : fmt::format("a whole number of at most {}", max));
        }
    }

    /// `min < value < max`, or `min <= value < max` for Lowest::Allowed.
    enum class Lowest { Excluded, Allowed };
    void real(const char* key, double value, Lowest lowest, double min, double max) {
        const bool above = lowest == Lowest::Allowed ? value >= min : value > min;
        if (above && value < max) {
            return;
        }
        const std::string limit = max == kInfinity ? "" : fmt::format(" and below {}", max);
        wrong(key, fmt::format("{}", value),
              lowest == Lowest::Allowed ? fmt::format("a number of at least {}{}", min, limit)
                                        : fmt::format("a number above {}{}", min, limit));
    }

    void text(const char* key, const std::string& value) {
        if (value.empty()) {
            wrong(key, "an empty text", "a text");
        } else if (value.size() > kTextBytesMax || !isPlainText(value)) {
            wrong(key, shortened(value), "a line of UTF-8 text without control characters");
        }
    }

    void oneOf(const char* key, const std::string& value, std::span<const std::string_view> names) {
        const std::vector<std::string_view> words(names.begin(), names.end());
        if (std::find(words.begin(), words.end(), value) != words.end()) {
            return;
        }
        const std::string_view meant = nearest(value, words);
        wrong(key, shortened(value), alternatives(words),
              meant.empty() ? "" : fmt::format("Did you mean {}?", meant));
    }

    void notServed(const char* key, std::string found, std::string use) {
        std::string text = fmt::format("{}: {} is not served by this version; use {}.", key, found, use);
        m_problems.push_back({0, 0, key, std::move(found), std::move(use), std::move(text)});
    }

    std::vector<JobProblem> take() { return std::move(m_problems); }

private:
    std::vector<JobProblem> m_problems;
};

void checkDataset(const DatasetSpec& dataset, Checker& check) {
    if (!dataset.content.empty() && !isDigest(dataset.content)) {
        check.wrong("dataset.content", shortened(dataset.content), "64 lower-case hexadecimal digits",
                    "Leave it out: it is filled in when data is brought to nodes.");
    }
    if (dataset.name.empty() && dataset.csv.empty()) {
        check.wrong("dataset", "nothing", "the name of a dataset or {csv: FILE, label: COLUMN}");
    } else if (!dataset.name.empty() && !dataset.csv.empty()) {
        check.wrong("dataset", "both name and csv", "either a name or a csv file");
    } else if (dataset.csv.empty()) {
        check.oneOf("dataset.name", dataset.name, datasetNames());
    } else {
        check.text("dataset.csv", dataset.csv);
        if (dataset.label.empty()) {
            check.wrong("dataset.label", "nothing", "the name of the column to predict");
        } else {
            check.text("dataset.label", dataset.label);
        }
        check.real("dataset.test_fraction", dataset.testFraction, Checker::Lowest::Excluded, 0, 1);
    }
}

void checkModel(const JobSpec& job, Checker& check) {
    check.oneOf("model.name", job.model.name, modelNames());
    if (!job.dataset.csv.empty() && job.dataset.name.empty() &&
        (job.model.name == "cnn" || job.model.name == "resnet")) {
        check.wrong("model.name", job.model.name, "mlp", "A table has no image for this model; use mlp.");
    }
    if (job.model.name != "mlp") {
        return;
    }
    const auto& hidden = job.model.hidden;
    if (hidden.empty() || hidden.size() > kHiddenLayersMax) {
        check.wrong("model.hidden", fmt::format("{} widths", hidden.size()),
                    fmt::format("a list of 1 to {} widths", kHiddenLayersMax));
    }
    for (const std::int64_t width : hidden) {
        if (width < 1 || width > kHiddenWidthMax) {
            check.wrong("model.hidden", std::to_string(width),
                        fmt::format("widths of 1 to {}", kHiddenWidthMax));
            return;
        }
    }
}

void checkOptimizer(const OptimizerSpec& optimizer, Checker& check) {
    using Lowest = Checker::Lowest;
    check.real("optimizer.learning_rate", optimizer.learningRate, Lowest::Excluded, 0, kInfinity);
    check.real("optimizer.weight_decay", optimizer.weightDecay, Lowest::Allowed, 0, kInfinity);
    if (optimizer.kind == OptimizerKind::Sgd) {
        check.real("optimizer.momentum", optimizer.momentum, Lowest::Allowed, 0, 1);
    } else {
        check.real("optimizer.beta1", optimizer.beta1, Lowest::Allowed, 0, 1);
        check.real("optimizer.beta2", optimizer.beta2, Lowest::Allowed, 0, 1);
        check.real("optimizer.epsilon", optimizer.epsilon, Lowest::Excluded, 0, kInfinity);
    }
}

void checkSizes(const JobSpec& job, Checker& check) {
    check.whole("epochs", job.epochs, 1, kEpochsMax);
    check.whole("global_batch", job.globalBatch, 1, kGlobalBatchMax);
    if (job.microBatch && (*job.microBatch < 1 || *job.microBatch > job.globalBatch)) {
        check.wrong("micro_batch", std::to_string(*job.microBatch),
                    fmt::format("a whole number of 1 to global_batch, which is {}", job.globalBatch));
    }
    check.whole("workers", job.workers, 0, kWorkersMax);
}

void checkStrategy(const StrategySpec& strategy, Checker& check) {
    if (strategy.kind == StrategyKind::Allreduce) {
        return;
    }
    if (strategy.mode != ParameterServerMode::Sync) {
        check.notServed("strategy.mode", std::string(wordOf(strategy.mode)), "sync");
    }
    check.whole("strategy.servers", strategy.servers, 1, kServersMax);
}

}  // namespace

std::vector<JobProblem> checkJob(const JobSpec& job) {
    Checker check;
    check.text("name", job.name);
    checkDataset(job.dataset, check);
    checkModel(job, check);
    checkOptimizer(job.optimizer, check);
    checkSizes(job, check);
    const auto silence = job.recovery.tolerateSilence;
    if (silence < kSilenceMin || silence > kSilenceMax) {
        check.wrong("recovery.tolerate_silence", durationText(silence),
                    fmt::format("a time of {} to {}", durationText(kSilenceMin), durationText(kSilenceMax)));
    }
    check.whole("checkpoint.replicas", job.checkpoint.replicas, 1, kReplicasMax);
    checkStrategy(job.strategy, check);
    return check.take();
}

}  // namespace longship
