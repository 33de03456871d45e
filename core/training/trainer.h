#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/collective/collective_thread.h"
#include "core/domain/job.h"
#include "core/domain/run_event.h"
#include "core/domain/step_row.h"

namespace longship {

enum class Precision { Float32, Float64 };  ///< Float64 is for comparing with a plain reference loop.

/// Who computes what in a membership, as the trainer needs it.
struct TrainingSeat {
    MembershipNumber membership = 0;
    Step baseStep = 0;
    std::vector<std::uint32_t> shares;  ///< By rank.
};

/// What a call to advance() brought. Rows are final when published (design: finality).
struct TrainingProgress {
    std::vector<StepRow> finalRows;
    std::optional<EvaluationFinished> evaluation;
    RunState phase = RunState::Training;  ///< Training or Evaluating: what the next call will do.
    bool finished = false;                ///< All epochs are done, or all members agreed to stop.
    bool stopped = false;
};

/// Trains one job as one member: model, data, optimizer, and the step transaction. No torch type leaves this
/// folder. Not thread-safe except for requestStop() and batchesDone(): lives on the worker's trainer thread.
class Trainer {
public:
    struct Options {
        Precision precision = Precision::Float32;
        std::uint64_t hashEverySteps =
            100;  ///< The parameter hash of the step record; 0: only at the end of epochs.
        /// Threads that libtorch computes with. `numerics: reproducible` always computes with one: the order
        /// of a split sum would depend on it.
        int threads = 1;
        std::filesystem::path datasetFolder = "/usr/share/datasets";  ///< Holds one folder per dataset.
    };

    /// Loads the data and builds the model with parameters that are a pure function of the job's seed.
    static Result<std::unique_ptr<Trainer>> create(const JobSpec& job, Options options);
    virtual ~Trainer() = default;

    virtual const RunPrepared& prepared() const = 0;

    /// Takes a seat. `collectives` may be null for a single member. It must outlive the membership. Fails
    /// when the members do not agree on plan, parameters or base step (compared by hash).
    virtual Result<void> enter(const TrainingSeat& seat, CollectiveThread* collectives) = 0;

    /// Does one unit of work (a step, or one range of an evaluation). Interrupted or Unavailable when the
    /// membership broke: nothing of the unfinished step remains.
    virtual Result<TrainingProgress> advance() = 0;

    /// All members end together after a step that they agree on. Any thread.
    virtual void requestStop() = 0;

    virtual std::uint64_t batchesDone() const = 0;  ///< Grows with any progress; any thread.
    virtual Step stepsApplied() const = 0;

    /// SHA-256 over parameters, buffers and optimizer state.
    virtual std::string parameterHash() const = 0;

    /// safetensors with the parameters and buffers, and the metadata that three lines of Python need. Returns
    /// size and SHA-256; the node is left empty.
    virtual Result<ModelSaved> saveModel(const std::filesystem::path& path) const = 0;
};

}  // namespace longship
