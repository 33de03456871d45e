#include <fmt/format.h>

#include "app/cli/job_input.h"
#include "app/cli/session.h"
#include "app/cli/ssh_access.h"
#include "core/deploy/node_data.h"
#include "core/deploy/remembering_questions.h"
#include "core/deploy/ssh_cluster.h"

namespace longship::cli {
namespace {

void show(Context& context, const DataDelivery& result) {
    if (result.error) {
        context.output.event("data_failed", {{"node", result.node.value}, {"error", result.error->text}});
        context.output.note(fmt::format("{}: {}", result.node.value, result.error->text));
        return;
    }
    context.output.event("data_ready", {{"node", result.node.value},
                                        {"bytes", result.bytes},
                                        {"seconds", result.seconds},
                                        {"skipped", result.skipped}});
    if (result.bytes > 0) {
        context.output.text(fmt::format("{:<12} got the data: {}, {:.1f} s", result.node.value,
                                        bytesText(result.bytes), result.seconds));
    }
}

}  // namespace

Result<JobSpec> bringDataOf(Context& context, JobSpec job, const ClusterFiles& cluster,
                            const std::vector<SshNode>& nodes) {
    LONGSHIP_ASSIGN(const ExitCode done, untilInterrupted([&](std::stop_token stop) -> Result<ExitCode> {
                        TerminalQuestions person(context, stop);
                        RememberingQuestions questions(person);
                        context.output.status(fmt::format("  looking for the data on {} …", cluster.name));
                        LONGSHIP_ASSIGN(JobDelivery delivery,
                                        longship::provideData(
                                            job, nodes, {context.ssh->settings, questions}, stop,
                                            [&](const DeployProgress& now) { showProgress(context, now); }));
                        context.output.clearStatus();
                        for (const DataDelivery& result : delivery.nodes) {
                            show(context, result);
                        }
                        LONGSHIP_TRY(delivery.complete());
                        job = std::move(delivery.job);
                        return ExitCode::Done;
                    }));
    if (done != ExitCode::Done) {
        return failure(ErrorKind::Interrupted, "Interrupted before the run was sent.");
    }
    return job;
}

Result<JobSpec> provideData(Context& context, const JobSpec& job, const std::filesystem::path& folder,
                            const std::string& cluster) {
    const auto files = findSshCluster(context.home, cluster);
    if (!files && isSshCluster({cluster, context.home.data / "clusters" / cluster})) {
        return failure(files.error());  // Its record is damaged: its machines need the data all the same.
    }
    if (!files) {
        return checkData(context, job, folder);
    }
    LONGSHIP_ASSIGN(const auto nodes, readSshNodes(*files));
    auto checked = checkData(context, job, folder);
    if (!checked && (checked.error().kind != ErrorKind::NotFound || !job.dataset.csv.empty())) {
        return checked;
    }
    // A dataset that is not here may be on the nodes.
    return bringDataOf(context, checked ? *checked : job, *files, nodes);
}

}  // namespace longship::cli
