#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/domain/run_event.h"

namespace longship {

struct TaskView {
    TaskId task;
    Generation generation = 0;
    NodeId node;
    TaskState state = TaskState::Starting;
    std::string detail;
    Generation next = 0;  ///< As in TaskChanged.
    NodeId goal = {};

    bool operator==(const TaskView&) const = default;
};

struct TimedIncident {
    UtcTime time;
    IncidentRaised incident;
    std::uint64_t sequence = 0;  ///< Of its event: its id.
    std::optional<IncidentResolved> resolved = std::nullopt;
    UtcTime resolvedAt = {};

    bool operator==(const TimedIncident&) const = default;
};

/// How a run stands: always equal to the fold of its events (simulation and tests hold it to that).
struct RunSnapshot {
    RunId run;
    std::uint64_t sequence = 0;  ///< Of the last event folded in.
    RunState state = RunState::Queued;
    std::string wanted;  ///< As in StateChanged.
    std::string cluster;
    std::string jobYaml;
    UtcTime queuedAt;
    std::optional<UtcTime> trainingAt;
    std::optional<UtcTime> finishedAt;
    std::optional<RunPrepared> prepared;
    std::map<TaskId, TaskView> tasks;
    std::vector<MembershipCommitted> memberships;
    std::vector<EvaluationFinished> evaluations;
    std::vector<TimedIncident> incidents;
    std::vector<CheckpointCommitted> checkpoints;  ///< That are kept and not void, oldest first.
    std::optional<ModelSaved> model;
    std::optional<RunFinished> finished;

    bool operator==(const RunSnapshot&) const = default;
};

/// Folds one event in. Events already seen (sequence not above the snapshot's) change nothing.
void apply(RunSnapshot& snapshot, const RunEvent& event);

/// Steps that were applied when training went on after an incident: where it stands on the curves. None while
/// it is not over, or when it never held training up.
std::optional<Step> resumedAt(const RunSnapshot& snapshot, const TimedIncident& incident);

RunSnapshot foldEvents(const std::vector<RunEvent>& events);

}  // namespace longship
