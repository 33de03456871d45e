#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "agent/supervision/worker_config.h"
#include "agent/worker/trainer_thread.h"
#include "core/protocol/worker_machine.h"
#include "core/transport/control.h"
#include "core/transport/data_mesh.h"

namespace longship {

/// The control thread of a worker: speaks with the agent over ipc, answers its pings at once whatever the
/// trainer computes, and hands on what the trainer says.
class WorkerLoop {
public:
    /// Rows wait at most this long for others to travel with.
    static constexpr std::chrono::milliseconds kRowsPeriod{100};

    static Result<std::unique_ptr<WorkerLoop>> create(WorkerConfig config, std::string version);

    /// Until the agent ends this worker, is lost, or the training failed. The exit status.
    int run();

private:
    WorkerLoop(WorkerConfig config, std::string version, std::unique_ptr<ControlHub> hub);

    void wake();
    ControlHub::Events makeEvents();
    void receive(const ControlMessage& message);
    void handleTrainer();
    void handle(TrainerProgress progress);
    void handle(CheckpointOutcome outcome);
    void tellCheckpoints();
    void passRows();
    void drain();
    void obey(const WorkerCommand& command);

    const WorkerConfig m_config;
    const std::string m_version;
    std::mutex m_hubMutex;  ///< For wake() against the end of the hub.
    std::unique_ptr<ControlHub> m_hub;
    ControlHub::ConnectionHandle m_agent = 0;
    WorkerMachine m_machine;
    TrainerThread m_trainer;
    DataPeer m_data;                       ///< Where our trainer listens for its peers.
    std::deque<CheckpointWritten> m_kept;  ///< Whose last step is not final yet.
    Step m_finalSteps = 0;
    std::vector<StepRow> m_rows;            ///< Collected, not yet passed on.
    MembershipNumber m_lastMembership = 0;  ///< Of the rows passed on.
    RunState m_phase = RunState::Training;
    TimePoint m_rowsAt = TimePoint::max();
    bool m_greeted = false;
    bool m_failed = false;
    TimePoint m_endBy = TimePoint::max();
    std::optional<int> m_exitStatus;
};

}  // namespace longship
