#pragma once

#include <string>
#include <vector>

#include "core/domain/job.h"
#include "core/domain/run_event.h"
#include "core/domain/sample_plan.h"
#include "core/domain/step_row.h"

namespace longship::test {

inline RunEvent eventOf(const std::string& run, std::uint64_t sequence, RunEventBody body) {
    return {RunId(run), sequence,
            UtcTime{1'767'225'600'000'000 + static_cast<std::int64_t>(sequence) * 1'000}, std::move(body)};
}

inline MembershipCommitted membershipOf(MembershipNumber number, Step baseStep) {
    MembershipCommitted membership;
    membership.number = number;
    membership.term = 1;
    membership.baseStep = baseStep;
    for (Rank rank = 0; rank < 3; ++rank) {
        const std::string letter(1, static_cast<char>('a' + rank));
        membership.members.push_back(
            {rank, TaskId("worker-" + std::to_string(rank)), 1, NodeId("node-" + letter), 1});
    }
    membership.reason = "all workers are ready";
    return membership;
}

inline StepRow rowOf(MembershipNumber membership, Step step) {
    StepRow row;
    row.key = {membership, step};
    row.appliedAt = UtcTime{1'767'225'601'000'000 + static_cast<std::int64_t>(step) * 40'000};
    row.loss = 2.0 / static_cast<double>(step + 1);
    row.durationMs = 40;
    return row;
}

/// The rows of an undisturbed run: every step read exactly the samples of the plan.
inline std::vector<StepRow> rowsOf(std::uint64_t samples, const JobSpec& job, MembershipNumber membership) {
    SamplePlan plan(samples, job.globalBatch, job.seed);
    std::vector<StepRow> rows;
    for (Step step = 0; step < plan.stepsPerEpoch() * job.epochs; ++step) {
        StepRow row = rowOf(membership, step);
        row.epoch = plan.epochOf(step);
        row.digest = digestOf(plan.samplesOf(step));
        row.correct = row.digest.count / 2;
        row.members = {{0, 30, 5, 40}, {1, 28, 7, 39}};
        rows.push_back(row);
    }
    return rows;
}

/// One of each fact, in the order in which a run meets them.
inline std::vector<RunEventBody> oneOfEach(const std::string& jobYaml) {
    return {
        RunQueued{jobYaml, "demo"},
        StateChanged{RunState::Preparing},
        TaskChanged{TaskId("worker-0"), 1, NodeId("node-a"), TaskState::Starting, ""},
        RunPrepared{1'000, 100, 12'345, 4, 1, "cpu", "OpenBLAS 0.3.21", {"shirt", "bag \"x\" ö"}},
        MembershipCommitted{membershipOf(1, 0)},
        StateChanged{RunState::Training},
        TaskChanged{TaskId("worker-0"), 1, NodeId("node-a"), TaskState::Exited, "exit status 0"},
        EvaluationFinished{4, 0, 0.25, 80, 100},
        IncidentRaised{NodeId("node-b"),
                       TaskId("worker-1"),
                       "worker-1 was killed by signal 9",
                       "memory?",
                       "the run was ended",
                       "line\none\n",
                       {"go-on", "stop"}},
        IncidentResolved{9, "training goes on with 2 workers", 0.4, 1, 2},
        CheckpointCommitted{2, 500, 4'096, std::string(64, 'c'), {NodeId("node-a"), NodeId("node-b")}, 1},
        ModelSaved{NodeId("node-a"), 1'234'567, std::string(64, 'a')},
        RunFinished{RunState::Completed, 4, 1'000, 0.8, "", std::string(64, 'b')},
    };
}

}  // namespace longship::test
