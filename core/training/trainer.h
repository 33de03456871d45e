#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/collective/collective_thread.h"
#include "core/domain/catalog.h"
#include "core/domain/job.h"
#include "core/domain/run_event.h"
#include "core/domain/step_row.h"

namespace longship {

enum class Precision { Float32, Float64 };  ///< Float64 is for comparing with a plain reference loop.

/// Who computes what in a membership, as the trainer needs it: its workers. Servers stand behind their ranks.
struct TrainingSeat {
    MembershipNumber membership = 0;
    Step baseStep = 0;
    std::vector<std::uint32_t> shares;  ///< By rank.
    /// By rank: whether the state of this member counts. The others, and who is behind the base, get the
    /// state from the lowest rank that has it. Empty: it counts for all.
    std::vector<bool> hasState;
};

/// What a call to advance() brought. Rows are final when published (design: finality).
struct TrainingProgress {
    std::vector<StepRow> finalRows;
    std::optional<EvaluationFinished> evaluation;
    RunState phase = RunState::Training;  ///< Training or Evaluating: what the next call will do.
    bool finished = false;                ///< All epochs are done, or all members agreed to stop.
    bool caughtUp = false;                ///< This member followed the others; now it has the state.
    bool stopped = false;
};

/// Trains one job as one member: model, data, optimizer, and the step transaction. No torch type leaves this
/// folder. Lives on the worker's trainer thread; only functions that say so belong to any thread.
class Trainer {
public:
    struct Options {
        Precision precision = Precision::Float32;
        std::uint64_t hashEverySteps =
            100;  ///< The parameter hash of the step record; 0: only at the end of epochs.
        /// Threads that libtorch computes with. `numerics: reproducible` always computes with one: the order
        /// of a split sum would depend on it.
        int threads = 1;
        /// A member that lacks the state is given it while the others wait if that takes no longer than this;
        /// else while they train.
        Duration transferInside = std::chrono::seconds(1);
        std::size_t transferBlockBytes = std::size_t{16} << 20;     ///< The same on all members.
        std::size_t transferPieceBytesMax = std::size_t{64} << 20;  ///< In a step, while they train.
        std::filesystem::path datasetFolder = kDatasetFolder;       ///< Holds one folder per dataset.
        std::filesystem::path table = {};  ///< The job's CSV file on this machine; empty: under its own path.
    };

    /// Loads the data and builds the model with parameters that are a pure function of the job's seed.
    static Result<std::unique_ptr<Trainer>> create(const JobSpec& job, Options options);
    virtual ~Trainer() = default;

    virtual const RunPrepared& prepared() const = 0;

    /// Takes a seat: the first one, or the next after a membership broke, was interrupted or had finished.
    /// `collectives` may be null for a single member; it must outlive the membership. Members that lack the
    /// state of the base step (parameters, optimizer, buffers, course, rows not yet published) are given it
    /// by one that has it, or begin to be (hasState()); then all compare hashes. Corrupt when the members do
    /// not agree on plan or parameters, Refused when nobody has the state. Interrupted or Unavailable when
    /// the membership broke meanwhile: then this member is as it was, or has all of the base's state.
    virtual Result<void> enter(const TrainingSeat& seat, CollectiveThread* collectives) = 0;

    /// Does one unit of work (a step, or one range of an evaluation). Interrupted or Unavailable when the
    /// membership broke: nothing of the unfinished step remains, and only enter() goes on.
    virtual Result<TrainingProgress> advance() = 0;

    /// Ends every membership up to this number: enter() and advance() fail with Interrupted, between two
    /// passes of a step at the latest. Any thread; the collectives are interrupted by their owner.
    virtual void interrupt(MembershipNumber through) = 0;

    /// All members end together after a step that they agree on. Any thread.
    virtual void requestStop() = 0;

    /// False while the state of a membership is being copied to this member, and when that was broken off:
    /// then what it holds is worth nothing, and it says so when it enters.
    virtual bool hasState() const = 0;

    virtual std::uint64_t batchesDone() const = 0;  ///< Grows with any progress; any thread.
    virtual Step stepsApplied() const = 0;
    virtual std::uint64_t samplesApplied() const = 0;  ///< Over the whole run, whoever read them.

    /// SHA-256 over parameters and buffers: what is learned, whoever keeps the optimizer's state.
    virtual std::string parameterHash() const = 0;

    /// Replaces `image` by a checkpoint of the steps applied: a safetensors file of parameters, buffers and
    /// optimizer state, with the same bytes on all members and for any number of them. Between two calls of
    /// advance(); Unavailable without hasState(). Random numbers and the place in the data are functions of
    /// the job and the step. Where servers keep the optimizer's state it is fetched from them: Interrupted or
    /// Unavailable when the membership broke meanwhile.
    virtual Result<void> writeCheckpoint(std::string& image) = 0;

    /// Takes the state of such a file, before the first enter(). Corrupt when it is damaged, Refused when it
    /// belongs to another job; then nothing has changed.
    virtual Result<void> readCheckpoint(std::span<const std::byte> image) = 0;

    /// safetensors with the parameters and buffers, and the metadata that three lines of Python need. Returns
    /// size and SHA-256; the node is left empty.
    virtual Result<ModelSaved> saveModel(const std::filesystem::path& path) const = 0;
};

}  // namespace longship
