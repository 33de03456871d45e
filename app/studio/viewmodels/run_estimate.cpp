#include "app/studio/viewmodels/run_estimate.h"

#include <algorithm>

#include "core/domain/job_yaml.h"
#include "core/domain/task_kind.h"

namespace longship {

namespace {

bool sameWork(const JobSpec& a, const JobSpec& b) {
    return a.model.name == b.model.name && (a.model.name != "mlp" || a.model.hidden == b.model.hidden) &&
           a.dataset.name == b.dataset.name && a.dataset.csv == b.dataset.csv && a.strategy == b.strategy &&
           a.numerics == b.numerics && a.dataPlane == b.dataPlane && a.globalBatch == b.globalBatch &&
           a.device == b.device;
}

/// Who trained from beginning to end; empty when members changed on the way: such a run says nothing.
std::set<NodeId> steadyNodes(const RunSnapshot& run) {
    std::set<NodeId> nodes;
    for (const MembershipCommitted& membership : run.memberships) {
        std::set<NodeId> now;
        for (const Member& member : membership.members) {
            if (!isServer(member.task)) {
                now.insert(member.node);
            }
        }
        if (now.empty() || (!nodes.empty() && nodes != now)) {
            return {};
        }
        nodes = std::move(now);
    }
    return nodes;
}

std::optional<RunEstimate> estimateFrom(const JobSpec& job, const RunSnapshot& run, const JobSpec& past) {
    if (run.state != RunState::Completed || !run.prepared || !run.trainingAt || !run.finishedAt ||
        !run.finished || run.finished->samples == 0) {
        return std::nullopt;
    }
    const double seconds =
        static_cast<double>(run.finishedAt->microseconds - run.trainingAt->microseconds) / 1e6;
    if (seconds <= 0) {
        return std::nullopt;
    }
    RunEstimate estimate{run.run, past.name, false, static_cast<double>(run.finished->samples) / seconds, 0};
    estimate.seconds = static_cast<double>(job.epochs) * static_cast<double>(run.prepared->trainingSamples) /
                       estimate.samplesPerSecond;
    return estimate;
}

}  // namespace

std::optional<RunEstimate> estimateRun(const JobSpec& job, const std::string& cluster,
                                       const std::set<NodeId>& ready, const std::vector<RunSnapshot>& runs) {
    const std::size_t workers = job.workers == 0 ? ready.size() : job.workers;
    std::optional<RunEstimate> best;
    UtcTime bestAt;
    for (const RunSnapshot& run : runs) {
        const auto past = parseJob(run.jobYaml);
        const std::set<NodeId> nodes = steadyNodes(run);
        if (run.cluster != cluster || !past || !sameWork(job, *past) || nodes.size() != workers) {
            continue;
        }
        auto estimate = estimateFrom(job, run, *past);
        if (!estimate) {
            continue;
        }
        estimate->sameNodes = std::includes(ready.begin(), ready.end(), nodes.begin(), nodes.end());
        const bool better = !best || (estimate->sameNodes && !best->sameNodes) ||
                            (estimate->sameNodes == best->sameNodes && run.queuedAt > bestAt);
        if (better) {
            best = std::move(estimate);
            bestAt = run.queuedAt;
        }
    }
    return best;
}

}  // namespace longship
