#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/domain/phrase.h"

namespace longship {

/// How a run stands. Terminal: Completed, Failed, Stopped. Recovering: its membership changes, nobody
/// computes. Paused: nobody computes until a person says so, or until what it waits for is there. (Values
/// only grow at the end: they are the wire's.)
enum class RunState {
    Queued,
    Preparing,
    Training,
    Evaluating,
    Stopping,
    Completed,
    Failed,
    Stopped,
    Recovering,
    Paused
};
std::string_view toString(RunState state);
std::optional<RunState> runStateFrom(std::string_view text);
bool isTerminal(RunState state);

/// Unplaced: no process and no place for one until its node is back or it is moved.
enum class TaskState { Starting, Ready, Running, Exited, Unplaced };
std::string_view toString(TaskState state);

/// A seat in a membership.
struct Member {
    Rank rank = 0;
    TaskId task;
    Generation generation = 0;
    NodeId node;
    std::uint32_t share = 1;  ///< Relative amount of micro-batches.

    bool operator==(const Member&) const = default;
};

// The payloads, each one fact. Fields only grow at the end.

struct RunQueued {
    std::string jobYaml;
    std::string cluster;
    bool operator==(const RunQueued&) const = default;
};
/// The dataset as the workers found it, so that verify needs no data: part of the proof of "each once".
struct RunPrepared {
    std::uint64_t trainingSamples = 0;
    std::uint64_t testSamples = 0;
    std::uint64_t parameters = 0;
    std::uint64_t stepsTotal = 0;
    std::uint64_t microBatch = 0;
    std::string device;  ///< "cpu".
    std::string blas;    ///< What libtorch computes with: "OpenBLAS 0.3.21".
    std::vector<std::string> classNames;
    bool operator==(const RunPrepared&) const = default;
};
struct TaskChanged {
    TaskId task;
    Generation generation = 0;
    NodeId node;
    TaskState state = TaskState::Starting;
    std::string detail;  ///< Exit status in words, when Exited.
    /// The highest generation that was used, where that is another one; and while it is to take over, where
    /// it was started.
    Generation next = 0;
    NodeId goal = {};
    bool operator==(const TaskChanged&) const = default;
};
struct MembershipCommitted {
    MembershipNumber number = 0;
    Term term = 0;
    Step baseStep = 0;  ///< The first step of this membership.
    std::vector<Member> members;
    std::string reason;
    /// Nobody had the state any more: the base is a committed checkpoint, and what came after it is void.
    bool fromCheckpoint = false;
    bool operator==(const MembershipCommitted&) const = default;
};
struct EvaluationFinished {
    Step step = 0;  ///< Steps applied when it was measured.
    std::uint64_t epoch = 0;
    double loss = 0;
    std::uint64_t correct = 0;
    std::uint64_t samples = 0;
    bool operator==(const EvaluationFinished&) const = default;
};
/// Something went wrong: what, where, why, what was done. Its id is the sequence of its event.
struct IncidentRaised {
    NodeId node;
    TaskId task;          ///< Empty when the node itself is concerned.
    std::string what;     ///< "worker-1 was killed by signal 9".
    std::string why;      ///< Hint, or empty.
    std::string action;   ///< What Longship did: "the run was ended".
    std::string lastLog;  ///< Last lines of the task's log.
    /// What a person can choose from, when the run is paused for an answer: "go-on", "wait", "move", "stop".
    std::vector<std::string> choices = {};
    /// The same as data, for other languages than English; empty in records from before, and where a text has
    /// no kind.
    Phrase whatPhrase = {};
    Phrase whyPhrase = {};
    Phrase actionPhrase = {};
    bool operator==(const IncidentRaised&) const = default;
};
struct StateChanged {
    RunState state = RunState::Queued;
    /// What the run is on its way to: "pause" or "stop" on request, "answer" to wait for a person; else
    /// empty.
    std::string wanted = {};
    bool operator==(const StateChanged&) const = default;
};
/// The final model is kept by the agent of `node` under the run's folder and can be fetched by clients.
struct ModelSaved {
    NodeId node;
    std::uint64_t bytes = 0;
    std::string sha256;
    bool operator==(const ModelSaved&) const = default;
};
struct RunFinished {
    RunState state = RunState::Completed;
    Step steps = 0;
    std::uint64_t samples = 0;
    std::optional<double> accuracy;  ///< Of the last evaluation, 0…1.
    std::string cause;               ///< Why it failed or was stopped, with the node; empty when completed.
    std::string parameterHash;       ///< SHA-256 of the final parameters, equal on all workers.
    Phrase causePhrase = {};         ///< `cause` as data.
    bool operator==(const RunFinished&) const = default;
};

/// An incident is over: training goes on.
struct IncidentResolved {
    std::uint64_t incident = 0;  ///< Sequence of its IncidentRaised.
    std::string action;          ///< What was done: "training goes on with 2 workers".
    double secondsLost = 0;      ///< From the last step before to the first one after.
    std::uint64_t stepsRedone = 0;
    MembershipNumber membership = 0;  ///< In which training went on.
    Phrase actionPhrase = {};         ///< `action` as data.
    bool operator==(const IncidentResolved&) const = default;
};

/// Copies of the state after `step` steps are on the disks of these nodes, all with the same bytes, and the
/// last of these steps is final: the run can go back to it. See core/domain/checkpoint.h.
struct CheckpointCommitted {
    Step step = 0;              ///< Steps applied.
    std::uint64_t samples = 0;  ///< Read by these steps.
    std::uint64_t bytes = 0;
    std::string sha256;
    std::vector<NodeId> nodes;
    MembershipNumber membership = 0;  ///< That wrote it.
    bool operator==(const CheckpointCommitted&) const = default;
};

using RunEventBody =
    std::variant<RunQueued, RunPrepared, TaskChanged, MembershipCommitted, EvaluationFinished, IncidentRaised,
                 StateChanged, ModelSaved, RunFinished, IncidentResolved, CheckpointCommitted>;

/// One line of a run's append-only log; `sequence` counts from 1 without gaps and is given by the leader.
struct RunEvent {
    RunId run;
    std::uint64_t sequence = 0;
    UtcTime time;
    RunEventBody body;

    bool operator==(const RunEvent&) const = default;
};

/// Adds the phrases of the texts in it that are sentences of a known kind.
RunEventBody withPhrases(RunEventBody body);

/// Wire and database name of the body: "run_queued", "membership_committed" …
std::string_view nameOf(const RunEventBody& body);

/// Body as one JSON object and back; what history stores and what the CLI prints.
std::string toJson(const RunEventBody& body);
std::optional<RunEventBody> runEventFrom(std::string_view name, std::string_view json);

}  // namespace longship
