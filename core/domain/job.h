#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longship {

/// What to train on: a registered dataset by name, or the user's own table.
struct DatasetSpec {
    std::string name;           ///< "fashion-mnist"; empty when `csv` is used.
    std::string csv;            ///< Path of a CSV file with a header row; empty otherwise.
    std::string label;          ///< CSV only: the column to predict.
    double testFraction = 0.1;  ///< CSV only: part of the rows kept for evaluation, chosen by seed.
    /// What was brought to the nodes for it: SHA-256 of the list of its files. Empty: the nodes have the data
    /// themselves, a table under the same path.
    std::string content{};

    bool operator==(const DatasetSpec&) const = default;
};

struct ModelSpec {
    std::string name = "cnn";                         ///< "mlp", "cnn" or "resnet".
    std::vector<std::int64_t> hidden = {1024, 1024};  ///< mlp: widths of the hidden layers.

    bool operator==(const ModelSpec&) const = default;
};

enum class OptimizerKind { Sgd, Adam };

struct OptimizerSpec {
    OptimizerKind kind = OptimizerKind::Sgd;
    double learningRate = 0.05;
    double momentum = 0.9;     ///< sgd.
    double weightDecay = 0.0;  ///< Added to the gradient (L2), as torch.optim does.
    double beta1 = 0.9;        ///< adam.
    double beta2 = 0.999;      ///< adam.
    double epsilon = 1e-8;     ///< adam.

    bool operator==(const OptimizerSpec&) const = default;
};

enum class Numerics { Fast, Reproducible };
enum class Device { Auto, Cpu, Cuda };
enum class DataPlane { Encrypted, TrustedNetwork };
enum class StrategyKind { Allreduce, ParameterServer };
enum class ParameterServerMode { Sync, Ssp, Async };
enum class RecoveryPolicy { Auto, Ask };

struct StrategySpec {
    StrategyKind kind = StrategyKind::Allreduce;
    ParameterServerMode mode = ParameterServerMode::Sync;
    std::uint32_t staleness = 3;
    std::uint32_t servers = 1;
    bool backup = true;

    bool operator==(const StrategySpec&) const = default;
};

struct RecoverySpec {
    RecoveryPolicy policy = RecoveryPolicy::Auto;
    std::chrono::milliseconds tolerateSilence{3000};

    bool operator==(const RecoverySpec&) const = default;
};

struct CheckpointSpec {
    /// 0: only the final model is kept. None: at the ends of epochs (checkpointInterval()).
    std::optional<std::uint64_t> everySteps;
    std::uint32_t replicas = 2;

    bool operator==(const CheckpointSpec&) const = default;
};

/// One job file as plain values: what to train, on what, how exactly. Immutable once a run has started.
struct JobSpec {
    std::string name = "untitled";
    DatasetSpec dataset;
    ModelSpec model;
    OptimizerSpec optimizer;
    std::uint64_t epochs = 1;
    std::uint64_t globalBatch = 256;          ///< Samples per optimizer step over all workers.
    std::optional<std::uint64_t> microBatch;  ///< Samples that are never split; see resolvedMicroBatch().
    std::uint64_t seed = 1;
    std::uint32_t workers = 0;  ///< 0: one per ready node.
    Numerics numerics = Numerics::Fast;
    Device device = Device::Auto;
    DataPlane dataPlane = DataPlane::Encrypted;
    StrategySpec strategy;
    RecoverySpec recovery;
    CheckpointSpec checkpoint;

    bool operator==(const JobSpec&) const = default;
};

/// The models and datasets that a job may name; `dataset: {csv: …}` needs no name.
std::span<const std::string_view> modelNames();
std::span<const std::string_view> datasetNames();

/// The job of `longship demo` and of the studio's first page.
JobSpec demoJob();

/// How many servers the job's runs have: none where its workers add the gradients up among themselves. The
/// parameters are divided into as many shards.
std::uint32_t serversOf(const JobSpec& job);

/// Whether a run with servers goes on without a loss when it loses one: somebody else keeps the same.
bool hasBackups(const JobSpec& job);

/// Samples per micro-batch. Given by the job, else one sample (computed fused) where the model has no
/// cross-sample state and numerics are fast, else 32: batch normalisation and fixed-point sums need real
/// blocks.
std::uint64_t resolvedMicroBatch(const JobSpec& job);

}  // namespace longship
