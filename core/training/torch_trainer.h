#pragma once

#include <torch/nn.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/training/dataset.h"
#include "core/training/evaluation.h"
#include "core/training/run_course.h"
#include "core/training/step_computer.h"
#include "core/training/step_record.h"
#include "core/training/trainer.h"

namespace longship {

/// The trainer over libtorch; `Real` is float or double. See Trainer for the contract.
///
/// Finality: the row of a step is published when the next point's records have been gathered, because every
/// member that contributed to them has applied the step. An evaluation is published by the record after it.
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
    void requestStop() override { m_stopRequested = true; }
    std::uint64_t batchesDone() const override { return m_batchesDone; }
    Step stepsApplied() const override { return m_course.stepsApplied(); }
    std::string parameterHash() const override;
    Result<ModelSaved> saveModel(const std::filesystem::path& path) const override;

private:
    /// A step that this member applied and that is not final yet.
    struct AppliedStep {
        StepRow row;  ///< Without times and hash.
        StepTiming timing;
        std::string hash;  ///< Empty when not due.
    };

    Result<void> agreeOnStart(const TrainingSeat& seat);
    Result<TrainingProgress> advancePhase();
    Result<TrainingProgress> runStep();
    Result<void> applyStep(const std::vector<StepRecord>& records, StepTiming timing);
    Result<TrainingProgress> gatherEmptyRecord(RecordKind kind);
    Result<TrainingProgress> evaluateNextRange();
    Result<TrainingProgress> finishEvaluation();

    StepRecord recordHere(RecordKind kind) const;
    std::string planHash() const;
    bool hashIsDue(Step stepsApplied) const;
    /// What the gathered records make final, into `progress`.
    void publish(const std::vector<StepRecord>& records, TrainingProgress& progress);
    TrainingProgress finishProgress(TrainingProgress progress) const;

    Parts m_parts;
    RunPrepared m_prepared;
    SamplePlan m_samplePlan;
    RunCourse m_course;
    StepComputer<Real> m_computer;
    ModelRunner m_runner;

    TrainingSeat m_seat;
    Rank m_rank = 0;
    CollectiveThread* m_collectives = nullptr;
    bool m_entered = false;

    std::optional<AppliedStep> m_applied;
    std::optional<Evaluation> m_evaluation;
    std::optional<EvaluationFinished> m_evaluated;  ///< Not final yet.
    std::vector<StepRow> m_finalByMembership;       ///< Rows that a new membership's base made final.
    std::atomic<bool> m_stopRequested = false;
    std::atomic<std::uint64_t> m_batchesDone = 0;
};

extern template class TorchTrainer<float>;
extern template class TorchTrainer<double>;

}  // namespace longship
