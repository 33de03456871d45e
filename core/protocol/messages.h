#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/error.h"
#include "core/base/ids.h"
#include "core/domain/checkpoint.h"
#include "core/domain/drill.h"
#include "core/domain/node.h"
#include "core/domain/run_event.h"
#include "core/domain/shard_held.h"
#include "core/domain/step_row.h"
#include "core/domain/takeover.h"
#include "core/protocol/log_messages.h"

/// Every message of the control plane as a plain struct. The FlatBuffers schema (messages.fbs) mirrors them;
/// codec.h turns one into bytes and back. Who may say what to whom: core/README.md, "Messages".
namespace longship {

/// Grows when old programs can no longer understand new ones. Unknown majors are refused in plain words.
inline constexpr std::uint16_t kProtocolMajor = 2;
inline constexpr std::uint16_t kProtocolMinor = 1;

/// Largest control message accepted on any socket.
inline constexpr std::size_t kControlMessageBytesMax = std::size_t{8} << 20;

enum class Role : std::uint8_t { Client, Agent, Worker };

// --- Handshake: the first message on every connection, in both directions.

struct Hello {
    Role role = Role::Client;
    std::string name;     ///< Client id, node, or the worker's task as toText(TaskKey).
    std::string version;  ///< Program version, for people.
    bool operator==(const Hello&) const = default;
};
struct Welcome {
    NodeId node;
    std::string cluster;  ///< Empty until a roster was received.
    std::string version;
    NodeId leader;  ///< Empty: none is known now.
    Term term = 0;  ///< Of that leader: of two answers the one with the higher term is right.
    bool operator==(const Welcome&) const = default;
};
/// The other side will not talk, or not do this. `request` is the number of the request it answers, or 0.
struct Refusal {
    std::uint64_t request = 0;
    ErrorKind kind = ErrorKind::Refused;
    std::string text;
    /// A command was not looked at, because this agent does not lead (any more): say it to the leader.
    bool elsewhere = false;
    NodeId leader = {};  ///< Then: who leads in `term`; empty: nobody is known to.
    Term term = 0;
    bool operator==(const Refusal&) const = default;
};

// --- Client and agent.

struct RosterEntry {
    NodeId node;
    std::string endpoint;   ///< "tcp://127.0.0.1:40001".
    std::string publicKey;  ///< CURVE, Z85.
    bool operator==(const RosterEntry&) const = default;
};
/// Who belongs to the cluster. The first entry leads until leaders are elected.
struct Roster {
    std::string cluster;
    std::vector<RosterEntry> nodes;
    bool operator==(const Roster&) const = default;
};
struct SubmitRun {
    std::string jobYaml;
    bool operator==(const SubmitRun&) const = default;
};
struct StopRun {
    RunId run;
    bool operator==(const StopRun&) const = default;
};
/// The task leaves its node for another. The model goes with it; the others only pause for a moment.
struct MoveTask {
    RunId run;
    TaskId task;
    NodeId node;
    bool operator==(const MoveTask&) const = default;
};
/// The node's tasks leave, and it takes no new ones until it is undrained.
struct DrainNode {
    NodeId node;
    bool operator==(const DrainNode&) const = default;
};
struct UndrainNode {
    NodeId node;
    bool operator==(const UndrainNode&) const = default;
};
struct PauseRun {
    RunId run;
    bool operator==(const PauseRun&) const = default;
};
/// Goes on after a pause, also with fewer workers: "go on without it".
struct ResumeRun {
    RunId run;
    bool operator==(const ResumeRun&) const = default;
};
/// The one command for a node's own agent, whoever leads: the fault is done there.
struct Drill {
    RunId run;
    NodeId node;
    Fault fault = Fault::KillWorker;
    std::uint32_t healMs = 0;  ///< After how long a pause ends by itself.
    bool operator==(const Drill&) const = default;
};
/// Like Drill for a node's own agent: it goes on without a majority of the others, as a new branch of the
/// log. What the others have that it lacks is lost.
struct TakeOver {
    NodeId node;
    bool operator==(const TakeOver&) const = default;
};
using CommandBody =
    std::variant<SubmitRun, StopRun, MoveTask, DrainNode, UndrainNode, PauseRun, ResumeRun, Drill, TakeOver>;
/// Takes effect at most once per (client, sequence): the same pair gets the same answer again.
struct Command {
    std::string client;
    std::uint64_t sequence = 0;
    CommandBody body;
    bool operator==(const Command&) const = default;
};
struct CommandAnswer {
    std::uint64_t sequence = 0;
    std::optional<Error> error;
    RunId run;
    bool operator==(const CommandAnswer&) const = default;
};
/// Asks for what a run has beyond a cursor. Answered at once when there is something, else when there is or
/// after `waitMs`.
struct PullRequest {
    std::uint64_t request = 0;
    RunId run;
    std::uint64_t afterSequence = 0;
    std::optional<RowKey> afterRow;
    std::uint32_t rowsMax = 2000;
    std::uint32_t waitMs = 0;
    UtcTime afterTime = {};  ///< Of the event with `afterSequence`; 0: not told.
    bool operator==(const PullRequest&) const = default;
};
struct PullAnswer {
    std::uint64_t request = 0;
    RunId run;
    std::vector<RunEvent> events;
    std::vector<StepRow> rows;
    bool more = false;
    /// What the asker has of this run is of a branch of the cluster's log that was given up (TakeOver): it
    /// drops all of it and asks from the beginning.
    bool startOver = false;
    bool operator==(const PullAnswer&) const = default;
};
struct RunHead {
    RunId run;
    RunState state = RunState::Queued;
    std::uint64_t sequence = 0;
    bool operator==(const RunHead&) const = default;
};
/// Sent once by a client; from then on it gets a ClusterStatus each second and at every change.
struct WatchCluster {
    bool operator==(const WatchCluster&) const = default;
};
struct ClusterStatus {
    std::string cluster;
    NodeId reporter;
    std::vector<NodeView> nodes;
    std::vector<RunHead> runs;
    Term term = 0;                                 ///< Of the leader among `nodes`.
    UtcTime time = {};                             ///< The reporter's clock when it was sent.
    std::optional<TakeoverOutlook> takeover = {};  ///< Where the reporter has heard no leader for a while.
    bool operator==(const ClusterStatus&) const = default;
};
/// Part of a file kept with a run: "model.safetensors", "worker-0.log".
struct FetchRequest {
    std::uint64_t request = 0;
    RunId run;
    std::string name;
    std::uint64_t offset = 0;
    std::uint32_t bytesMax = 1u << 20;
    bool operator==(const FetchRequest&) const = default;
};
struct FetchAnswer {
    std::uint64_t request = 0;
    std::uint64_t offset = 0;
    std::uint64_t bytesTotal = 0;
    std::string bytes;
    bool operator==(const FetchAnswer&) const = default;
};
/// The owner ends the agent: it stops its tasks first. Answered by closing the connection.
struct Shutdown {
    std::string reason;
    bool operator==(const Shutdown&) const = default;
};

// --- Leader and agent.

struct TaskKey {
    RunId run;
    TaskId task;
    Generation generation = 0;
    auto operator<=>(const TaskKey&) const = default;
};
/// Agent to leader, each T/12; the leader answers with HeartbeatAck.
struct Heartbeat {
    NodeId node;
    Term term = 0;
    std::uint64_t number = 0;
    std::vector<TaskKey> tasks;
    std::optional<NodeSample> sample;  ///< Once a second.
    std::string version;
    bool operator==(const Heartbeat&) const = default;
};
struct HeartbeatAck {
    Term term = 0;
    std::uint64_t number = 0;
    bool operator==(const HeartbeatAck&) const = default;
};
struct StartTask {
    Term term = 0;
    TaskKey key;
    std::string jobYaml;
    /// What it may begin with, newest first, if its node has a copy.
    std::vector<CheckpointRef> checkpoints = {};
    bool operator==(const StartTask&) const = default;
};
struct KillTask {
    Term term = 0;
    TaskKey key;
    std::string reason;
    bool operator==(const KillTask&) const = default;
};
/// What a member must know to take its seat and find the others.
struct Seat {
    Member member;
    std::string endpoint;   ///< Data plane, "tcp://127.0.0.1:40011".
    std::string publicKey;  ///< CURVE, Z85.
    bool hasState = false;  ///< It holds the run's state as of the base step; else others send it.
    bool operator==(const Seat&) const = default;
};
struct AssignMembership {
    Term term = 0;
    RunId run;
    MembershipNumber number = 0;
    Step baseStep = 0;
    std::string token;  ///< Random, hex: rides on every data message when the data plane is not encrypted.
    std::vector<Seat> seats;
    bool operator==(const AssignMembership&) const = default;
};
/// Stop at a step that all members agree on, keeping the model. Leader to agent to worker.
struct StopWork {
    Term term = 0;
    RunId run;
    std::string reason;
    bool operator==(const StopWork&) const = default;
};
/// The membership of this run changes. A worker interrupts what it waits for, rolls the unfinished step back,
/// answers Frozen, and from then on refuses memberships below `number` and terms below `term`. May come
/// again, with the same or a higher number.
struct Freeze {
    Term term = 0;
    RunId run;
    MembershipNumber number = 0;  ///< Of the membership that is to come.
    std::string reason;
    bool operator==(const Freeze&) const = default;
};

// --- Worker to agent to leader. `key` says which worker of which generation speaks.

struct WorkerReady {  ///< Data is loaded, the model built, the data socket bound.
    TaskKey key;
    std::string endpoint;
    std::string publicKey;
    RunPrepared prepared;
    Step checkpointStep = 0;             ///< It holds the state of this committed checkpoint; 0: of none.
    std::string checkpointProblem = {};  ///< Why a copy that is there was not used; empty: nothing was wrong.
    std::optional<RowKey> lastRow = {};  ///< The last final step that its node knew of when it was started.
    bool operator==(const WorkerReady&) const = default;
};
struct MembershipEntered {  ///< All peers of the membership are connected; training goes on from here.
    TaskKey key;
    MembershipNumber number = 0;
    /// The state is still being copied to it, while the others train: it takes part, but has no state. Said
    /// again, without this, when it has all.
    bool following = false;
    bool operator==(const MembershipEntered&) const = default;
};
struct StepsDone {  ///< Final rows only. Sent by the two lowest ranks on different nodes.
    TaskKey key;
    std::vector<StepRow> rows;
    bool operator==(const StepsDone&) const = default;
};
struct EvaluationDone {
    TaskKey key;
    EvaluationFinished evaluation;
    bool operator==(const EvaluationDone&) const = default;
};
struct PhaseChanged {
    TaskKey key;
    RunState state = RunState::Training;  ///< Training or Evaluating.
    bool operator==(const PhaseChanged&) const = default;
};
struct WorkerFinished {
    TaskKey key;
    Step steps = 0;
    std::uint64_t samples = 0;
    std::string parameterHash;
    bool stopped = false;             ///< Ended by StopWork, not by the job.
    std::optional<ModelSaved> model;  ///< From the lowest rank.
    MembershipNumber number = 0;      ///< In which it came to its end.
    bool operator==(const WorkerFinished&) const = default;
};
struct WorkerFailed {  ///< An error that ends this worker, in words.
    TaskKey key;
    Error error;
    bool operator==(const WorkerFailed&) const = default;
};
/// The answer to Freeze: this worker computes nothing until it is seated again. Of a server `shards` says all
/// that it has; its `stepsApplied` counts for nothing.
struct Frozen {
    TaskKey key;
    MembershipNumber number = 0;   ///< Of the Freeze it answers.
    MembershipNumber entered = 0;  ///< The last one that it entered; 0: none, it has no state.
    Step stepsApplied = 0;
    std::string endpoint;  ///< Where its data socket for the next membership is bound.
    std::string publicKey;
    UtcTime lastStepAt = {};  ///< When the last step that it knows to be final was applied; 0: none is known.
    std::vector<ShardHeld> shards = {};  ///< Of a server.
    bool operator==(const Frozen&) const = default;
};
/// A link of a worker's membership that does not work.
struct BrokenLink {
    TaskId peer;
    /// The peer's machine acknowledged nothing, or did not answer a connection: the link or that machine is
    /// at fault. False: the connection was closed, which a peer that has left does, too.
    bool isSilent = false;
    std::uint64_t bytesStuck = 0;  ///< Sent to it and not acknowledged.
    bool operator==(const BrokenLink&) const = default;
};
/// The worker cannot go on with the others, but may be fine itself: a complaint, no failure. It has rolled
/// the unfinished step back and waits for Freeze.
struct MembershipBroken {
    TaskKey key;
    MembershipNumber number = 0;
    Step step = 0;  ///< Steps applied: the one that it could not finish.
    Error error;
    TaskId peer = {};  ///< Whom it could not reach, where it knows that: the first of `links`.
    /// All whom it could not reach, silent ones first. Empty when nobody can be blamed: a peer that is merely
    /// slow is not in it.
    std::vector<BrokenLink> links = {};
    bool operator==(const MembershipBroken&) const = default;
};
/// A copy of the state after `step` steps is on the disk of the task's node; or there is none, because of
/// `error`: training goes on without it.
struct CheckpointWritten {
    TaskKey key;
    MembershipNumber number = 0;  ///< In which the last of these steps was applied.
    Step step = 0;
    std::uint64_t samples = 0;  ///< Read by these steps.
    std::uint64_t bytes = 0;
    std::string sha256;
    std::optional<Error> error;
    bool operator==(const CheckpointWritten&) const = default;
};
/// Agent to leader: the process is gone.
struct TaskExited {
    TaskKey key;
    std::string detail;     ///< "killed by signal 9 (SIGKILL)", "exit status 1".
    bool expected = false;  ///< It was told to end.
    std::string lastLog;
    bool operator==(const TaskExited&) const = default;
};
/// The agent pings the worker's control thread; the answer carries progress counters.
struct Ping {
    std::uint64_t number = 0;
    bool operator==(const Ping&) const = default;
};
struct Pong {
    std::uint64_t number = 0;
    std::uint64_t batches = 0;
    std::uint64_t bytesReceived = 0;
    std::uint64_t bytesSent = 0;
    bool operator==(const Pong&) const = default;
};

// --- Agent and agent: copies of what a node knows of a run (mirror.h).

/// How much of a task's log on a node is here already: its first `end` bytes, or those of them that count.
struct LogCursor {
    TaskId task;
    NodeId node;
    std::uint64_t end = 0;
    bool operator==(const LogCursor&) const = default;
};
/// Bytes of a task's log on a node, counted from the log's beginning. When `begin` is not where the asker's
/// copy ends, its copy begins anew here.
struct LogPart {
    TaskId task;
    NodeId node;
    std::uint64_t begin = 0;
    std::string bytes;
    bool operator==(const LogPart&) const = default;
};
/// What is beyond these cursors? Answered at once.
struct MirrorRequest {
    std::uint64_t request = 0;
    RunId run;
    std::optional<RowKey> afterRow;
    std::uint32_t rowsMax = 0;
    std::vector<LogCursor> logs;
    bool operator==(const MirrorRequest&) const = default;
};
struct MirrorAnswer {
    std::uint64_t request = 0;
    RunId run;
    std::vector<StepRow> rows;
    std::vector<LogPart> logs;
    bool more = false;
    bool operator==(const MirrorAnswer&) const = default;
};

/// Agent to its own worker: this node's share of a drill that concerns its links or its disk.
struct InjectFault {
    Fault fault = Fault::Partition;
    std::uint32_t healMs = 0;
    bool operator==(const InjectFault&) const = default;
};

using Message =
    std::variant<Hello, Welcome, Refusal, Roster, Command, CommandAnswer, PullRequest, PullAnswer,
                 WatchCluster, ClusterStatus, FetchRequest, FetchAnswer, Shutdown, Heartbeat, HeartbeatAck,
                 StartTask, KillTask, AssignMembership, StopWork, WorkerReady, MembershipEntered, StepsDone,
                 EvaluationDone, PhaseChanged, WorkerFinished, WorkerFailed, TaskExited, Ping, Pong, Freeze,
                 Frozen, MembershipBroken, VoteRequest, VoteAnswer, AppendEntries, AppendAnswer,
                 InstallSnapshot, CheckpointWritten, MirrorRequest, MirrorAnswer, InjectFault>;

}  // namespace longship
