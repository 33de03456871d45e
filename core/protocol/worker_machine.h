#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/error.h"
#include "core/protocol/messages.h"

namespace longship {

/// The trainer takes its seat: connect to the seats' endpoints, then train from `assignment.baseStep`.
struct EnterMembership {
    AssignMembership assignment;
    Rank rank = 0;  ///< Of this worker in it.
};
/// The trainer gives up the membership that it is in: it interrupts its collectives, rolls the unfinished
/// step back, leaves the mesh, and says so with WorkerMachine::frozen(). Also when it waits, has finished, or
/// was asked before.
struct FreezeTraining {
    MembershipNumber number = 0;  ///< Of the Freeze that asked for it.
};
/// The trainer stops with the others at a step that all agree on.
struct RequestStop {
    std::string reason;
};
/// The process ends, by itself and at once.
struct ExitWorker {
    int status = 0;
    std::string reason;
};
using WorkerCommand = std::variant<EnterMembership, RequestStop, ExitWorker, FreezeTraining>;

/// Broken: it complained that the membership broke and waits to be frozen. Freezing: the trainer was told to
/// give up the membership. Frozen: it has, and waits for the next one.
enum class WorkerState {
    Loading,
    Waiting,
    Entering,
    Training,
    Finished,
    Failed,
    Exiting,
    Broken,
    Freezing,
    Frozen
};
std::string_view toString(WorkerState state);

/// What a worker process does, beside computing: speaks with its agent, tells its trainer what to do.
/// Sans-I/O and without timers: the agent watches the time. After every call the caller drains pollCommand()
/// into the trainer and pollTransmit() into the socket. Not thread-safe: lives on the control thread. States
/// and transitions: core/protocol/README.md, "Worker".
class WorkerMachine {
public:
    /// Progress counters for a Pong.
    struct Progress {
        std::uint64_t batches = 0;
        std::uint64_t bytesReceived = 0;
        std::uint64_t bytesSent = 0;
    };
    struct Finish {
        Step steps = 0;
        std::uint64_t samples = 0;
        std::string parameterHash;
        bool stopped = false;
        std::optional<ModelSaved> model;  ///< Given where savesModel().
    };

    explicit WorkerMachine(TaskKey key);

    /// From the agent. `progress` is what a Ping is answered with.
    void handle(const Message& message, const Progress& progress);
    /// The agent is gone: a worker never outlives it.
    void agentLost();

    // --- From the trainer.

    /// `checkpoint`: the one whose state the trainer holds, 0: none. `problem`: why another was not used.
    /// `lastRow`: of the run, as its agent told it.
    void ready(const std::string& endpoint, const std::string& publicKey, const RunPrepared& prepared,
               Step checkpoint = 0, const std::string& problem = {},
               const std::optional<RowKey>& lastRow = {});
    /// `following`: without state, which is still being copied; caughtUp() says when it has all.
    void entered(MembershipNumber number, bool following = false);
    void caughtUp(MembershipNumber number);
    void progress(const std::vector<StepRow>& finalRows, const std::optional<EvaluationFinished>& evaluation,
                  RunState phase);
    void finished(Finish finish);
    /// An error of this worker itself, such as bad data: it ends.
    void failed(const Error& error);
    /// The membership broke; the unfinished step is rolled back, the trainer waits. `step`: steps applied.
    /// `links`: those that failed it; empty where nobody is known to be to blame.
    void broken(MembershipNumber number, Step step, const Error& error,
                const std::vector<BrokenLink>& links = {});
    /// The answer to FreezeTraining. `entered`: the last membership whose start the trainer completed (its
    /// state agreed with the others'), 0 for none. Endpoint and key: of the data socket for the next
    /// membership. `shards`: of a server, all that it has.
    void frozen(Step stepsApplied, MembershipNumber entered, const std::string& endpoint,
                const std::string& publicKey, std::vector<ShardHeld> shards = {});

    /// A copy of the run's state is on the disk of this node, or could not be kept; the key is filled in.
    void checkpointWritten(CheckpointWritten written);

    std::optional<Message> pollTransmit();  ///< To the agent.
    std::optional<WorkerCommand> pollCommand();

    WorkerState state() const { return m_state; }
    const TaskKey& key() const { return m_key; }
    bool savesModel() const;  ///< The lowest rank does.
    /// Memberships below this one are refused; 0 until the first Freeze or seat.
    MembershipNumber fence() const { return m_fence; }
    std::uint64_t ignored() const { return m_ignored; }

private:
    enum class Trigger : std::uint8_t;

    bool advance(Trigger trigger);
    void take(const AssignMembership& assignment);
    void freeze(const Freeze& order);
    void answerFreeze();
    void keep(const std::vector<StepRow>& finalRows, const std::optional<EvaluationFinished>& evaluation);
    void stop(const std::string& reason);
    void end(int status, const std::string& reason);
    bool reports() const;

    TaskKey m_key;
    WorkerState m_state = WorkerState::Loading;
    std::optional<EnterMembership> m_seat;
    std::optional<std::string> m_stopReason;
    RunState m_phase = RunState::Training;
    Term m_term = 0;
    MembershipNumber m_fence = 0;
    longship::Frozen m_frozen;  ///< What was answered last, for a Freeze that is repeated.
    bool m_reported = false;    ///< This worker was one of those that report, in its last membership.
    std::deque<StepRow> m_recentRows;
    std::optional<EvaluationFinished> m_lastEvaluation;
    std::uint64_t m_ignored = 0;
    std::deque<Message> m_transmits;
    std::deque<WorkerCommand> m_commands;
};

}  // namespace longship
