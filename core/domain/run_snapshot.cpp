#include "core/domain/run_snapshot.h"

#include "core/domain/checkpoint.h"

namespace longship {
namespace {

/// One overload per fact: how it changes the picture.
struct Folder {
    RunSnapshot& run;
    UtcTime time;
    std::uint64_t sequence;

    void operator()(const RunQueued& queued) {
        run.jobYaml = queued.jobYaml;
        run.cluster = queued.cluster;
        run.queuedAt = time;
    }
    void operator()(const RunPrepared& prepared) { run.prepared = prepared; }
    void operator()(const TaskChanged& changed) {
        TaskView& task = run.tasks[changed.task];
        // What is still heard of an older generation says nothing about the task now.
        if (changed.generation >= task.generation) {
            task = {changed.task,   changed.generation, changed.node, changed.state,
                    changed.detail, changed.next,       changed.goal};
        }
    }
    void operator()(const MembershipCommitted& membership) {
        run.memberships.push_back(membership);
        // Steps above the base never were, and neither were their evaluations and checkpoints.
        std::erase_if(run.checkpoints, [&](const CheckpointCommitted& checkpoint) {
            return checkpoint.step > membership.baseStep;
        });
        std::erase_if(run.evaluations, [&](const EvaluationFinished& evaluation) {
            return evaluation.step > membership.baseStep;
        });
    }
    void operator()(const CheckpointCommitted& checkpoint) {
        run.checkpoints.push_back(checkpoint);
        if (run.checkpoints.size() > kCheckpointsKept) {
            run.checkpoints.erase(run.checkpoints.begin());
        }
    }
    void operator()(const EvaluationFinished& evaluation) { run.evaluations.push_back(evaluation); }
    void operator()(const IncidentRaised& incident) { run.incidents.push_back({time, incident, sequence}); }
    void operator()(const IncidentResolved& resolved) {
        for (TimedIncident& incident : run.incidents) {
            if (incident.sequence == resolved.incident && !incident.resolved) {
                incident.resolved = resolved;
                incident.resolvedAt = time;
            }
        }
    }
    void operator()(const StateChanged& changed) {
        enter(changed.state);
        run.wanted = isTerminal(run.state) ? std::string() : changed.wanted;
    }
    void operator()(const ModelSaved& model) { run.model = model; }
    void operator()(const RunFinished& finished) {
        enter(finished.state);
        run.wanted.clear();
        run.finished = finished;
    }

    void enter(RunState state) {
        if (isTerminal(run.state)) {
            return;
        }
        run.state = state;
        if (state == RunState::Training && !run.trainingAt) {
            run.trainingAt = time;
        }
        if (isTerminal(state)) {
            run.finishedAt = time;
        }
    }
};

}  // namespace

void apply(RunSnapshot& snapshot, const RunEvent& event) {
    if (event.sequence <= snapshot.sequence || (!snapshot.run.empty() && snapshot.run != event.run)) {
        return;
    }
    snapshot.run = event.run;
    snapshot.sequence = event.sequence;
    std::visit(Folder{snapshot, event.time, event.sequence}, event.body);
}

std::optional<Step> resumedAt(const RunSnapshot& snapshot, const TimedIncident& incident) {
    for (const MembershipCommitted& membership : snapshot.memberships) {
        if (incident.resolved && membership.number == incident.resolved->membership) {
            return membership.baseStep;
        }
    }
    return std::nullopt;
}

RunSnapshot foldEvents(const std::vector<RunEvent>& events) {
    RunSnapshot snapshot;
    for (const RunEvent& event : events) {
        apply(snapshot, event);
    }
    return snapshot;
}

}  // namespace longship
