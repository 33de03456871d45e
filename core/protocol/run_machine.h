#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/domain/job.h"
#include "core/domain/run_snapshot.h"
#include "core/domain/task_kind.h"
#include "core/protocol/checkpoint_record.h"
#include "core/protocol/coordinator.h"
#include "core/protocol/freeze_round.h"
#include "core/protocol/link_record.h"
#include "core/protocol/loss_record.h"
#include "core/protocol/messages.h"
#include "core/protocol/node_table.h"
#include "core/protocol/placement.h"
#include "core/protocol/share_meter.h"
#include "core/protocol/standing.h"
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
    std::set<NodeId> drained{};
    /// Whether another run than this one has a worker on the node, or is older and waits for the node.
    std::function<bool(const NodeId&, const RunId&)> takenByAnother{};
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
    Entering,  ///< A membership is committed; workers connect to each other and agree on their state.
    Training,
    Stopping,  ///< Workers were asked to stop at a common step.
    Freezing,  ///< The membership is being left: its workers are asked where they stand.
    Paused,    ///< Workers are frozen; a person, or somebody who is missing, is waited for.
    Leaving,   ///< The run has ended; its processes have not all.
    Gone       ///< Nothing of it is left.
};
std::string_view toString(RunPhase phase);

/// One run inside the coordinator, from the queue until its last process is gone. Owned by the Coordinator,
/// which outlives neither `shared` nor `snapshot`. By concern: run_machine.cpp drives it, run_progress.cpp
/// listens to workers, run_change.cpp changes memberships, run_posts.cpp sees to it that every task has a
/// process, run_losses.cpp says what went wrong, run_checkpoints.cpp commits checkpoints and goes back to
/// one, run_servers.cpp tells servers from workers. States and transitions: core/protocol/README.md.
class RunMachine {
public:
    RunMachine(CoordinatorShared& shared, RunSnapshot& snapshot, JobSpec job);

    RunPhase phase() const { return m_phase; }
    const JobSpec& job() const { return m_job; }
    bool occupies(const NodeId& node) const;  ///< A worker of it is there: the slot is taken.
    bool awaits(const NodeId& node) const;    ///< One is to be started there as soon as that is possible.
    bool holdsSlotOn(const NodeId& node) const { return occupies(node) || awaits(node); }
    bool owns(const TaskKey& key, const NodeId& node) const;  ///< A task that is supposed to be there.

    void place(const Placement& placement, Moment at);
    /// Goes on with a run that another leader (or this one, before it was restarted) had begun: all that its
    /// events name are asked where they stand. Whatever a machine has to know then is in the events.
    void adopt(Moment at);
    void stop(Moment at);

    // --- Commands. Refused, with the reason, where they make no sense.

    Result<void> pause(Moment at);
    Result<void> resume(Moment at);
    Result<void> move(const TaskId& task, const NodeId& node, Moment at);
    Result<void> canDrain(const NodeId& node) const;
    void drained(const NodeId& node, Moment at);
    void undrained(const NodeId& node, Moment at);

    /// A message about one of this run's tasks.
    void handle(const NodeId& from, const TaskKey& key, const Message& message, Moment at);
    /// Gives orders again that show no effect, and notices tasks that are no longer there, or there again.
    void heartbeat(const Heartbeat& heartbeat, Moment at);
    void nodeLost(const NodeTable::Loss& loss, Moment at);
    void handleTimeout(Moment at);
    std::optional<TimePoint> nextTimeout() const;

private:
    enum class Trigger {
        Placed,
        AllReady,
        AllEntered,
        StopAsked,
        AllFinished,
        MembershipLeft,
        Committed,
        NotReady,
        PauseDue,
        GoOn,
        Ended,
        AllGone
    };
    /// One process of a task: of its present generation, or of the next one while it moves.
    struct Process {
        TaskKey key;
        NodeId node;
        bool successor = false;   ///< Takes over from the present generation once it is ready.
        bool confirmed = false;   ///< Its agent has shown that it knows it.
        bool lost = false;        ///< Its node is; it may come back with it.
        bool doomed = false;      ///< It was told to end and belongs to nothing any more.
        bool gone = false;        ///< No process is left.
        bool mustAnswer = false;  ///< It was ready once: it can answer a Freeze.
        Step offered = 0;         ///< The newest checkpoint that it was started with.
        Step checkpoint = 0;      ///< Whose state it says it holds.
        std::string endpoint{};   ///< Of its data socket; empty until it is ready.
        std::string publicKey{};
        std::optional<RunPrepared> prepared{};
        std::optional<Rank> rank{};  ///< In the last membership.
        bool entered = false;
        bool follows = false;  ///< A member that has no state yet: it is copied while the others train.
        std::optional<WorkerFinished> finished{};
        std::optional<std::string> failure{};     ///< What it said before it was ended for it.
        TimePoint orderedAt{};                    ///< When the last order went out.
        std::optional<TimePoint> missingSince{};  ///< Its agent stopped listing it.

        bool isThere() const { return !gone && !doomed && !lost; }
        bool isReady() const { return isThere() && !endpoint.empty(); }
        bool serves() const { return isServer(key.task); }
    };
    /// A task, whatever processes it has had.
    struct Post {
        NodeId node;                   ///< Where it belongs.
        Generation generation = 1;     ///< The highest that was used.
        Generation current = 1;        ///< The one that the log speaks of.
        bool wanted = true;            ///< A process is to be started as soon as that is possible.
        bool unplaced = false;         ///< As the log has it.
        std::optional<NodeId> goal{};  ///< It is being moved there.
    };
    /// Why something ends before its time.
    struct Cause {
        NodeId node;
        TaskId task;
        std::string what;  ///< A clause without a full stop: "worker-1 on node-b was killed by signal 9".
        std::string why;
        std::string lastLog;
        std::string detail{};  ///< How the process ended, where that is less than `what`.
    };
    struct OpenIncident {
        std::uint64_t sequence = 0;
        UtcTime raisedAt;
        std::uint64_t stepsRedone = 0;
    };
    /// The time in which nobody computed, around the beginning of a membership: on the workers' clocks.
    struct Gap {
        MembershipNumber membership = 0;
        UtcTime since{};     ///< Last step before it.
        UtcTime until{};     ///< First step after it.
        UtcTime lastStep{};  ///< Last step at all.
    };
    struct Suspicion {
        TimePoint since;
        std::string reason;
    };
    /// One who may take a seat in the next membership.
    struct Candidate {
        Process* process = nullptr;
        Standing standing = Standing::Nothing;
        bool leaves = false;  ///< Its node is drained, or its successor is ready.

        bool serves() const { return process->serves(); }
        bool counts() const { return standing == Standing::Counts; }
    };
    /// What those who were frozen have together.
    struct Judgement {
        std::optional<Step> base;            ///< None: no worker has the state.
        std::vector<std::uint32_t> missing;  ///< Shards that no server has at the base.

        bool isWhole() const { return base && missing.empty(); }
    };

    // run_machine.cpp
    bool advance(Trigger trigger);
    void record(RunEventBody body, Moment at);
    void recordProcess(const Process& process, TaskState state, const std::string& detail, Moment at);
    void recordTask(const TaskKey& key, const NodeId& node, TaskState state, const std::string& detail,
                    Moment at);
    void recordState(RunState state, Moment at);
    void recordMove(const TaskId& task, const std::string& detail, Moment at);
    std::string wanted() const;
    void send(const NodeId& to, Message message);
    Process* find(const TaskKey& key);
    Process* presentOf(const TaskId& task);
    bool isLive() const;
    bool hasBegun() const { return !m_snapshot.memberships.empty(); }
    MembershipNumber nextNumber() const;
    MembershipNumber current() const { return hasBegun() ? m_snapshot.memberships.back().number : 0; }
    void orderAgain(Process& process, bool listed, Moment at);
    void phaseTimeout(Moment at);
    void adoptTask(const TaskView& view, Moment at);
    void finishRun(RunState state, const std::string& cause, const std::string& hash, Moment at);
    void leave(const std::string& reason, Moment at);
    void goWhenEmpty();
    /// What follows from any change: processes are started, rounds completed, joiners let in.
    void settle(Moment at);

    // run_progress.cpp
    void onReady(Process& process, const WorkerReady& ready, Moment at);
    void onEntered(Process& process, const MembershipEntered& entered, Moment at);
    void onSteps(const Process& process, const StepsDone& steps, Moment at);
    void onEvaluation(const Process& process, const EvaluationDone& done, Moment at);
    void onPhase(const Process& process, const PhaseChanged& changed, Moment at);
    void onFinished(Process& process, const WorkerFinished& finished, Moment at);
    void onFailed(Process& process, const WorkerFailed& failed, Moment at);
    void onExited(Process& process, const TaskExited& exited, Moment at);
    void onFrozen(Process& process, const Frozen& frozen, Moment at);
    void onBroken(Process& process, const MembershipBroken& broken, Moment at);
    void beginTraining(Moment at);
    void beginToMeasure(Moment at);
    void beginStopping(Moment at);
    void conclude(Moment at);
    bool dataAgrees(const Process& process, Moment at);
    std::vector<const Process*> members() const;
    std::vector<const Process*> workers() const;  ///< Those of the members.
    bool isMember(const TaskId& task) const;
    std::optional<Cause> disagreementOnResult() const;

    // run_change.cpp
    void beginChange(const std::string& reason, Moment at);
    void freezeAll(const std::string& reason, Duration patience, Moment at);
    void completeRound(Moment at);
    void decide(Moment at);
    void decideFirst(Moment at);
    std::vector<Candidate> candidates();
    Judgement judge(std::vector<Candidate>& all) const;
    std::vector<Candidate> whoStays(const std::vector<Candidate>& all, Step base, Moment at);
    bool pauseInstead(Step base, Moment at);
    void waitForState(Moment at);
    void enterPause(const std::string& detail, Moment at);
    void unpause(const std::string& reason, Moment at);
    void commit(std::vector<Candidate> chosen, Step base, Moment at, bool fromCheckpoint = false);
    void seatAndRetire(Moment at);
    void recordPrepared(const std::vector<Candidate>& chosen, Moment at);
    AssignMembership assignment() const;
    void startWhenReady(Moment at);
    void letJoin(Moment at);
    void shareBySpeed(Moment at);
    std::vector<std::uint32_t> sharesOf(const std::vector<Candidate>& chosen);
    std::optional<TimePoint> joinDue(TimePoint now) const;
    bool leaverHasHeirs() const;

    // run_posts.cpp
    void startMissing(Moment at);
    void startProcess(const TaskId& task, const NodeId& node, bool successor, Moment at);
    bool mayStartOn(const TaskId& task, const NodeId& node) const;
    bool someCome() const;
    void sendTo(const TaskId& task, const NodeId& node, Moment at);
    void unplace(const TaskId& task, const std::string& why, Moment at);
    void endProcess(Process& process, const std::string& reason, Moment at);
    void revive(Process& process, Moment at);
    bool isDrained(const NodeId& node) const { return m_shared.drained.contains(node); }
    std::optional<std::string> moveProblem(const TaskId& task, const NodeId& node) const;

    // run_checkpoints.cpp
    void onCheckpoint(const Process& process, const CheckpointWritten& written, Moment at);
    void commitCheckpoint(Moment at);
    bool canGoBack() const { return !m_snapshot.checkpoints.empty() && !m_stopWanted; }
    void goBack(Moment at);
    bool askBeforeGoingBack(Moment at);
    bool waitForStarts(Moment at);
    std::optional<Step> checkpointHeldBy(const Process& process) const;
    std::optional<Step> checkpointToTake(const std::vector<Candidate>& all) const;
    bool copiesAreBack() const;
    void noteLastRow(const RowKey& row);
    void startHoldersAgain(Moment at);
    void stayWithCopies(Moment at);
    bool sendToCopy(Moment at);
    void commitGoingBack(std::vector<Candidate> all, Step base, Moment at);
    void goBackWhenPossible(Moment at);
    void decideFromPause(Moment at);
    void waitForCopy(Moment at);
    void waitForServer(Moment at);
    bool mayBringState() const;
    void forgetGoingBack();

    // run_losses.cpp
    void lose(Process& process, const Cause& cause, Moment at);
    void expelLate(const char* what, Moment at, const std::function<bool(const Process&)>& isLate);
    void raise(const Cause& cause, const std::string& action, std::vector<std::string> choices, Moment at);
    void resolveIncidents(std::optional<UtcTime> over, Moment at);
    double lostSince(const OpenIncident& incident, std::optional<UtcTime> over, Moment at) const;
    void noteStepTime(const StepRow& row);
    void fail(const Cause& cause, Moment at);
    bool isHopeless() const;
    bool isHopelessFor(bool servers) const;
    Cause lastCause() const;
    void pursueSuspicion(Moment at);
    void tellBrokenLinks(Moment at);
    bool asks() const { return m_job.recovery.policy == RecoveryPolicy::Ask && hasBegun(); }

    // run_servers.cpp
    bool hasServers() const { return serversOf(m_job) > 0; }
    std::vector<std::uint32_t> judgeServers(std::vector<Candidate>& all, Step base) const;
    bool isServed(const std::vector<Candidate>& chosen, Step base) const;
    bool haveHeirs(bool servers) const;
    bool isReplaced(const Process& process) const;
    std::optional<std::string> kindMissing() const;
    std::string joinerKind() const;
    void sendOnce(const std::vector<const Process*>& to, const Message& message);

    CoordinatorShared& m_shared;
    RunSnapshot& m_snapshot;
    JobSpec m_job;
    RunPhase m_phase = RunPhase::Queued;
    std::vector<Process> m_processes;
    std::map<TaskId, Post> m_posts;
    std::string m_token;
    std::set<TaskKey> m_seatsWithState;        ///< Of the last membership.
    std::vector<std::uint32_t> m_missing;      ///< Shards that nobody who is there has, as last decided.
    RunState m_reported = RunState::Training;  ///< Phase that the lowest rank told last.
    Step m_steps = 0;
    std::uint64_t m_samples = 0;

    std::optional<FreezeRound> m_round;
    LossRecord m_losses;
    LinkRecord m_links;
    std::set<std::pair<TaskId, TaskId>> m_toldLinks;  ///< Incidents were raised for them.
    std::vector<OpenIncident> m_open;
    Gap m_gap;
    std::optional<Cause> m_lastCause;   ///< Of the last loss: what is told when nobody is left.
    bool m_lostWhileComputing = false;  ///< A worker, since the last membership was committed.
    bool m_pauseWanted = false;         ///< A person said so.
    bool m_askWanted = false;           ///< Policy `ask`, and something was lost since the last answer.
    bool m_waitsForState = false;       ///< Nobody who is there has state, but somebody who is lost may.
    bool m_waitsForCopy = false;    ///< Nobody has state, and nobody who is there has a copy of a checkpoint.
    bool m_waitsForServer = false;  ///< The same with a copy, but no server is there.
    std::string m_whatIsGone;       ///< Why the run has to go back: a clause.
    bool m_goBackWanted = false;    ///< A person said so.
    bool m_hopeIsOver = false;      ///< Who was lost is not waited for any longer.
    std::optional<TimePoint> m_goBackBy{};  ///< Until then all starts are waited for.
    std::set<NodeId> m_soughtCopies;        ///< Where a task was sent for the copy of the checkpoint there.
    Step m_stepsSeen = 0;  ///< Final steps that a node knew of; only to tell how many are done again.
    CheckpointRecord m_checkpoints;
    std::map<NodeId, std::uint64_t> m_unwritten;  ///< Where the last one was not kept, and its incident.
    bool m_stopWanted = false;
    ShareMeter m_shareMeter;
    std::map<TaskKey, std::uint32_t> m_newShares;  ///< For the membership that is to come, if it is for them.
    bool m_calm = false;       ///< The change under way is for new shares and nothing else.
    unsigned m_fruitless = 0;  ///< Memberships in a row that nobody entered.

    std::optional<TimePoint> m_deadline;  ///< Of the phase.
    std::optional<TimePoint> m_stopBy;
    std::optional<TimePoint> m_joinAt;
    std::optional<Suspicion> m_suspicion;
};

}  // namespace longship
