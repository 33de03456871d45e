#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "agent/member/member_work.h"
#include "core/training/checkpoint_writer.h"
#include "core/training/trainer.h"

namespace longship {

class CollectiveThread;

/// What a worker does: one step after another with the trainer, sums on a thread of their own while it
/// computes, checkpoints written beside that, and at the end the model.
class TrainingWork final : public MemberWork {
public:
    TrainingWork();
    ~TrainingWork() override;

    Result<Prepared> prepare(Tools tools) override;
    Result<void> enter(const Place& place) override;
    Result<void> follow(const Place& place) override;
    void leave() override;
    Standing standing() const override;
    void interrupt(MembershipNumber through) override;
    void requestStop() override;
    WorkerMachine::Progress progress() const override;

private:
    void readCheckpoint(Prepared& prepared);
    void keepCheckpoint(MembershipNumber number);
    void startWriter();
    Result<void> finish(const Place& place, bool stopped);

    std::optional<Tools> m_tools;
    Step m_checkpointInterval = 0;  ///< 0: none are written.

    // Made by the thread that trains, used by the control thread for counters, stop requests and interrupts.
    mutable std::mutex m_mutex;
    std::shared_ptr<Trainer> m_trainer;
    std::shared_ptr<CollectiveThread> m_collectives;
    bool m_stopRequested = false;

    std::optional<CheckpointWriter> m_writer;
};

}  // namespace longship
