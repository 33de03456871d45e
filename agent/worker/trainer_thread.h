#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>

#include "agent/supervision/worker_config.h"
#include "core/base/bounded_queue.h"
#include "core/protocol/worker_machine.h"

namespace longship {

class CollectiveThread;
class Trainer;

// What the trainer thread tells the control thread.
struct TrainerReady {
    std::string endpoint;  ///< Data plane.
    std::string publicKey;
    RunPrepared prepared;
};
struct TrainerEntered {
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
struct TrainerFailed {
    Error error;
};
using TrainerEvent =
    std::variant<TrainerReady, TrainerEntered, TrainerProgress, TrainerFinished, TrainerFailed>;

/// The thread that trains: loads data and model, binds the data plane, takes its seat, then step after step.
/// Public functions belong to the control thread. There is no orderly end in the middle of a computation:
/// who destroys it ends the process right after.
class TrainerThread {
public:
    static constexpr std::size_t kEventsMax = 1024;  ///< Then training waits for the control thread.

    /// `wake` is called from the trainer thread when there is an event.
    TrainerThread(WorkerConfig config, std::function<void()> wake);
    ~TrainerThread();

    void start();
    void enter(EnterMembership seat);
    void requestStop();
    std::optional<TrainerEvent> poll() { return m_events.tryPop(); }
    WorkerMachine::Progress progress() const;

private:
    void run();
    Result<void> train();
    Result<void> follow(const EnterMembership& seat);
    Result<WorkerMachine::Finish> makeFinish(Rank rank, bool stopped);
    void tell(TrainerEvent event);

    const WorkerConfig m_config;
    const std::function<void()> m_wake;
    BoundedQueue<TrainerEvent> m_events{kEventsMax};
    BoundedQueue<EnterMembership> m_seats{4};
    std::uint64_t m_samples = 0;  ///< Trainer thread only.

    // Made by the trainer thread, read by the control thread for counters and stop requests.
    mutable std::mutex m_mutex;
    std::shared_ptr<Trainer> m_trainer;
    std::shared_ptr<CollectiveThread> m_collectives;
    bool m_stopRequested = false;

    std::thread m_thread;
};

}  // namespace longship
