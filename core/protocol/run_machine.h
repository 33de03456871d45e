#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/domain/job.h"
#include "core/domain/run_snapshot.h"
#include "core/protocol/coordinator.h"
#include "core/protocol/messages.h"
#include "core/protocol/node_table.h"
#include "core/protocol/timeouts.h"

namespace longship {

/// What the machines of a coordinator share: where they write, and what they look at.
struct CoordinatorShared {
    Timeouts times;
    NodeTable nodes;
    Term term = 1;
    SeededRandom random{0};
    std::deque<Coordinator::Outgoing> transmits{};
    std::deque<RunEvent> events{};
    Coordinator::Counters counters{};
};

/// Now, on both clocks.
struct Moment {
    TimePoint now;
    UtcTime wallTime;
};

/// Where a run stands inside the coordinator. The states that people see (RunState) follow from it.
enum class RunPhase {
    Queued,    ///< Waits for nodes.
    Starting,  ///< Workers load data and build the model.
    Entering,  ///< The membership is committed; workers connect to each other.
    Training,
    Stopping,  ///< Workers were asked to stop at a common step.
    Leaving,   ///< The run has ended; its processes have not all.
    Gone       ///< Nothing of it is left.
};
std::string_view toString(RunPhase phase);

/// One run inside the coordinator, from the queue until its last process is gone. Owned by the Coordinator,
/// which outlives neither `shared` nor `snapshot`.
class RunMachine {
public:
    RunMachine(CoordinatorShared& shared, RunSnapshot& snapshot, JobSpec job);

    RunPhase phase() const { return m_phase; }
    const JobSpec& job() const { return m_job; }
    bool holdsTaskOn(const NodeId& node) const;
    bool owns(const TaskKey& key) const;  ///< A task that is supposed to be there.

    void place(const std::vector<NodeId>& nodes, Moment at);
    void stop(Moment at);
    /// A message about one of this run's tasks.
    void handle(const NodeId& from, const TaskKey& key, const Message& message, Moment at);
    /// Gives orders again that show no effect, and notices tasks that are no longer there.
    void heartbeat(const Heartbeat& heartbeat, Moment at);
    void nodeLost(const NodeTable::Loss& loss, Moment at);
    void handleTimeout(Moment at);
    std::optional<TimePoint> nextTimeout() const;

private:
    enum class Trigger { Placed, AllReady, AllEntered, StopAsked, AllFinished, Broken, AllGone };
    struct Task {
        TaskKey key;
        NodeId node;
        Rank rank = 0;
        bool confirmed = false;  ///< Its agent has shown that it knows it.
        bool entered = false;
        bool gone = false;  ///< No process is left.
        std::optional<WorkerReady> ready{};
        std::optional<WorkerFinished> finished{};
        TimePoint orderedAt{};                    ///< When the last order went out.
        std::optional<TimePoint> missingSince{};  ///< Its agent stopped listing it.
    };
    /// Why a run ends before its time.
    struct Cause {
        NodeId node;
        TaskId task;
        std::string what;  ///< A clause without a full stop: "worker-1 on node-b was killed by signal 9".
        std::string why;
        std::string lastLog;
    };
    struct Suspicion {
        TimePoint since;
        Cause cause;
    };

    bool advance(Trigger trigger);
    void record(RunEventBody body, Moment at);
    void recordTask(const Task& task, TaskState state, const std::string& detail, Moment at);
    void send(const NodeId& to, Message message);
    Task* find(const TaskKey& key);
    bool isLive() const;

    void onReady(Task& task, const WorkerReady& ready, Moment at);
    void onEntered(Task& task, const MembershipEntered& entered, Moment at);
    void onSteps(const Task& task, const StepsDone& steps);
    void onEvaluation(const Task& task, const EvaluationDone& done, Moment at);
    void onPhase(const Task& task, const PhaseChanged& changed, Moment at);
    void onFinished(Task& task, const WorkerFinished& finished, Moment at);
    void onFailed(const Task& task, const WorkerFailed& failed, Moment at);
    void onExited(Task& task, const TaskExited& exited, Moment at);

    void commitMembership(Moment at);
    AssignMembership assignment() const;
    void beginTraining(Moment at);
    void conclude(Moment at);
    void suspect(Cause cause, Moment at);
    void breakOff(const Cause& cause, Moment at);
    void finishRun(RunState state, const std::string& cause, Moment at);
    void leave(Trigger trigger, const std::string& reason, Moment at);
    void goWhenEmpty();

    std::optional<Cause> disagreementOnData() const;
    std::optional<Cause> disagreementOnResult() const;
    Cause lateness() const;
    void orderAgain(Task& task, bool listed, Moment at);

    CoordinatorShared& m_shared;
    RunSnapshot& m_snapshot;
    JobSpec m_job;
    RunPhase m_phase = RunPhase::Queued;
    std::vector<Task> m_tasks;  ///< By rank.
    std::string m_token;
    RunState m_reported = RunState::Training;  ///< Phase that the lowest rank told last.
    Step m_steps = 0;
    std::uint64_t m_samples = 0;
    std::optional<TimePoint> m_deadline;
    std::optional<Suspicion> m_suspicion;
};

}  // namespace longship
