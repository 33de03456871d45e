#include <filesystem>

#include "core/client/client.h"
#include "core/domain/job_yaml.h"

namespace longship {

RunSummary summarize(const RunSnapshot& run) {
    RunSummary summary;
    summary.run = run.run;
    summary.cluster = run.cluster;
    summary.state = run.state;
    summary.queuedAt = run.queuedAt;
    summary.finishedAt = run.finishedAt;
    // A job that a newer Longship accepted may be unreadable here; the run is listed all the same.
    if (const auto job = parseJob(run.jobYaml); job) {
        summary.name = job->name;
        summary.model = job->model.name;
        summary.dataset = job->dataset.csv.empty()
                              ? job->dataset.name
                              : std::filesystem::path(job->dataset.csv).filename().string();
    }
    if (!run.evaluations.empty() && run.evaluations.back().samples > 0) {
        const EvaluationFinished& last = run.evaluations.back();
        summary.accuracy = static_cast<double>(last.correct) / static_cast<double>(last.samples);
    }
    if (run.finished) {
        summary.samples = run.finished->samples;
        summary.cause = run.finished->cause;
        if (run.finished->accuracy) {
            summary.accuracy = run.finished->accuracy;
        }
    }
    return summary;
}

}  // namespace longship
