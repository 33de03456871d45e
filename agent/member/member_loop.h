#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "agent/member/member_thread.h"
#include "agent/supervision/worker_config.h"
#include "core/protocol/worker_machine.h"
#include "core/transport/control.h"
#include "core/transport/data_mesh.h"

namespace longship {

/// The control thread of a task's process: speaks with the agent over ipc, answers its pings at once whatever
/// is computed, and hands on what the thread that works says.
class MemberLoop {
public:
    /// Rows wait at most this long for others to travel with.
    static constexpr std::chrono::milliseconds kRowsPeriod{100};

    static Result<std::unique_ptr<MemberLoop>> create(WorkerConfig config, std::unique_ptr<MemberWork> work,
                                                      std::string version);

    /// Until the agent ends this process, is lost, or the work failed. The exit status.
    int run();

private:
    MemberLoop(WorkerConfig config, std::unique_ptr<MemberWork> work, std::string version,
               std::unique_ptr<ControlHub> hub);

    void wake();
    ControlHub::Events makeEvents();
    void receive(const ControlMessage& message);
    void handleEvents();
    void handle(MemberProgress progress);
    void handle(CheckpointWritten written);
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
    MemberThread m_thread;
    DataPeer m_data;                       ///< Where our work listens for its peers.
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
