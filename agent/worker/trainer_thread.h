#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "agent/supervision/worker_config.h"
#include "core/base/bounded_queue.h"
#include "core/base/disk_faults.h"
#include "core/protocol/worker_machine.h"
#include "core/training/checkpoint_writer.h"
#include "core/transport/faults/link_faults.h"

namespace longship {

class CollectiveThread;
class DataPort;
class LinkReport;
class Trainer;

// What the trainer thread tells the control thread.
struct TrainerReady {
    std::string endpoint;  ///< Data plane.
    std::string publicKey;
    RunPrepared prepared;
    Step checkpointStep = 0;        ///< The checkpoint whose state it holds; 0: none.
    std::string checkpointProblem;  ///< Why a copy that is there was not used.
};
struct TrainerEntered {
    MembershipNumber number = 0;
    bool following = false;  ///< Without the state, which is being copied while the others train.
};
/// A member that followed has the state now.
struct TrainerCaughtUp {
    MembershipNumber number = 0;
};
struct TrainerProgress {
    std::vector<StepRow> rows;
    std::optional<EvaluationFinished> evaluation;
    RunState phase = RunState::Training;
};
struct TrainerFinished {
    WorkerMachine::Finish finish;
};
/// The membership broke: the unfinished step is rolled back, the links are gone, the next order is awaited.
struct TrainerBroken {
    MembershipNumber number = 0;
    Step step = 0;  ///< Steps applied.
    Error error;
    std::vector<BrokenLink> links{};
};
/// The answer to freeze(): nothing is computed and no link is left.
struct TrainerFrozen {
    Step stepsApplied = 0;
    /// The last membership whose start was completed; 0: none, or its state had not come yet.
    MembershipNumber entered = 0;
};
struct TrainerFailed {
    Error error;
};
/// From the thread that writes checkpoints: one more is kept, or is not.
struct TrainerCheckpoint {
    CheckpointOutcome outcome;
};
using TrainerEvent =
    std::variant<TrainerReady, TrainerEntered, TrainerProgress, TrainerFinished, TrainerBroken, TrainerFrozen,
                 TrainerFailed, TrainerCheckpoint, TrainerCaughtUp>;

/// The thread that trains: loads data and model, binds the data plane, then takes one seat after another and
/// does step after step. A broken membership ends nothing: the data port, the model and the optimizer wait
/// for the next seat. Public functions belong to the control thread. There is no orderly end in the middle of
/// a computation: who destroys it ends the process right after.
class TrainerThread {
public:
    static constexpr std::size_t kEventsMax = 1024;  ///< Then training waits for the control thread.
    /// A peer that sends nothing, over a link that works, is waited for this long; then all come together
    /// anew, and who hangs shows. Doubled each time, until steps are made: some steps take long.
    static constexpr std::chrono::milliseconds kIdlePatienceMin{30'000};
    static constexpr std::chrono::milliseconds kIdlePatienceMax{600'000};

    /// `wake` is called from the trainer thread when there is an event.
    TrainerThread(WorkerConfig config, std::function<void()> wake);
    ~TrainerThread();

    void start();
    void enter(EnterMembership seat);
    /// Interrupts every membership below `number`, in whatever it is, and has TrainerFrozen told once the
    /// trainer is at rest.
    void freeze(MembershipNumber number);
    void requestStop();
    /// Does its share of a drill: to the links, or to what is written.
    void injectFault(const InjectFault& fault);
    std::optional<TrainerEvent> poll() { return m_events.tryPop(); }
    WorkerMachine::Progress progress() const;

private:
    void run();
    Result<void> train();
    Result<void> prepare();
    Result<void> serve(const EnterMembership& seat);
    Result<void> takeSeat(const EnterMembership& seat);
    Result<void> follow(const EnterMembership& seat);
    Result<WorkerMachine::Finish> makeFinish(Rank rank, bool stopped);
    std::vector<BrokenLink> brokenLinks(const EnterMembership& seat) const;
    void leaveMesh();
    void readCheckpoint(TrainerReady& ready);
    void keepCheckpoint(MembershipNumber number);
    void startWriter();
    void tell(TrainerEvent event);

    const WorkerConfig m_config;
    const std::function<void()> m_wake;
    const std::shared_ptr<LinkFaults> m_linkFaults = std::make_shared<LinkFaults>();
    const std::shared_ptr<DiskFaults> m_diskFaults = std::make_shared<DiskFaults>();
    BoundedQueue<TrainerEvent> m_events{kEventsMax};
    using Order = std::variant<EnterMembership, FreezeTraining>;
    BoundedQueue<Order> m_orders{16};
    // Trainer thread only.
    bool m_encrypted = true;
    MembershipNumber m_entered = 0;
    std::chrono::milliseconds m_stuckAfter{};
    std::chrono::milliseconds m_idlePatience = kIdlePatienceMin;
    std::shared_ptr<LinkReport> m_report;  ///< Of the membership under way.
    CheckpointSpec m_checkpoints;          ///< Of the job.
    Step m_checkpointInterval = 0;         ///< 0: none are written.

    // Made by the trainer thread, used by the control thread for counters, stop requests and interrupts.
    mutable std::mutex m_mutex;
    std::shared_ptr<Trainer> m_trainer;
    std::unique_ptr<DataPort> m_port;
    std::shared_ptr<CollectiveThread> m_collectives;
    bool m_stopRequested = false;

    std::optional<CheckpointWriter> m_writer;  ///< Trainer thread only; ends before the queues.
    std::thread m_thread;
};

}  // namespace longship
