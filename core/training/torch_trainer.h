#pragma once

#include <torch/nn.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/training/background_copy.h"
#include "core/training/dataset.h"
#include "core/training/entry_record.h"
#include "core/training/evaluation.h"
#include "core/training/row_journal.h"
#include "core/training/run_course.h"
#include "core/training/state_transfer.h"
#include "core/training/step_computer.h"
#include "core/training/step_record.h"
#include "core/training/trainer.h"

namespace longship {

/// The trainer over libtorch; `Real` is float or double. See Trainer for the contract.
///
/// Finality: the row of a step is published when the next point's records have been gathered, because every
/// member that contributed to them has applied the step; the base of a new membership makes its last one
/// final. An evaluation is published by the record after it. RowJournal keeps what is to be published.
template <typename Real>
class TorchTrainer final : public Trainer {
public:
    struct Parts {
        JobSpec job;
        Options options;
        TrainingData data;
        std::shared_ptr<Network> network;
        torch::Device device;
    };

    explicit TorchTrainer(Parts parts);

    const RunPrepared& prepared() const override { return m_prepared; }
    Result<void> enter(const TrainingSeat& seat, CollectiveThread* collectives) override;
    Result<TrainingProgress> advance() override;
    void interrupt(MembershipNumber through) override;
    void requestStop() override { m_stopRequested = true; }
    std::uint64_t batchesDone() const override { return m_batchesDone; }
    Step stepsApplied() const override { return m_course.stepsApplied(); }
    std::uint64_t samplesApplied() const override { return m_samplesApplied; }
    bool hasState() const override { return m_hasState; }
    std::string parameterHash() const override;
    Result<void> writeCheckpoint(std::string& image) override;
    Result<void> readCheckpoint(std::span<const std::byte> image) override;
    Result<ModelSaved> saveModel(const std::filesystem::path& path) const override;

private:
    Result<void> agreeOnStart();
    Result<void> compareStates(Rank holder);
    Result<void> advancePhase();
    Result<void> giveState(const EntryDecision& decision);
    Result<void> runStep();
    void copyAdvanced(const std::vector<StepRecord>& records);
    Result<void> finishCopy();
    std::vector<std::uint32_t> sharesNow() const;
    StateTransfer<Real> transfer();
    Result<void> applyStep(const std::vector<StepRecord>& records, StepTiming timing);
    Result<void> gatherEmptyRecord(RecordKind kind);
    Result<void> evaluateNextRange();
    Result<void> finishEvaluation();

    Sha256 digestOfParameters() const;
    std::string stateHash() const;
    bool isInterrupted() const { return m_seat.membership <= m_interruptedThrough.load(); }
    Result<void> checkInterrupt() const;
    StepRecord recordHere(RecordKind kind) const;
    bool hashIsDue(Step stepsApplied) const;
    TrainingProgress takeProgress();

    Parts m_parts;
    RunPrepared m_prepared;
    std::string m_planHash;
    SamplePlan m_samplePlan;
    RunCourse m_course;
    StepComputer<Real> m_computer;
    ModelRunner m_runner;

    TrainingSeat m_seat;
    Rank m_rank = 0;
    CollectiveThread* m_collectives = nullptr;
    bool m_entered = false;
    /// The member holds a state of its own. False: it is being copied to it, or was when its membership
    /// broke.
    std::atomic<bool> m_hasState = true;
    std::optional<BackgroundCopy> m_copy;  ///< The same on all members.
    std::size_t m_elementsCopied = 0;      ///< Without a state of its own: what it has of it.
    std::size_t m_nextPiece = 0;           ///< At the source of a copy.
    bool m_caughtUp = false;               ///< Since the last progress that was told.

    RowJournal m_journal;
    std::uint64_t m_samplesApplied = 0;
    std::optional<Evaluation> m_evaluation;
    std::atomic<MembershipNumber> m_interruptedThrough = 0;
    std::atomic<bool> m_stopRequested = false;
    std::atomic<std::uint64_t> m_batchesDone = 0;
};

extern template class TorchTrainer<float>;
extern template class TorchTrainer<double>;

}  // namespace longship
