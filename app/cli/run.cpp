#include <fmt/format.h>

#include "app/cli/job_input.h"
#include "app/cli/run_control.h"
#include "app/cli/run_follower.h"
#include "app/cli/session.h"
#include "app/cli/ssh_access.h"

namespace longship::cli {
namespace {

struct Options {
    std::string file;
    std::string cluster{kDemoCluster};
    std::vector<std::string> overrides;
    bool detach = false;
};

Result<ExitCode> follow(Context& context, Client& client, Waiter& waiter, const RunId& run) {
    RunFollower follower(context, client, waiter, run);
    switch (follower.follow()) {
        case RunFollower::End::Interrupted:
            context.output.note(detachedText(run));
            context.output.event("detached", {{"run", run.value}});
            return ExitCode::Interrupted;
        case RunFollower::End::Unreachable:
            return failure(ErrorKind::Unavailable, fmt::format("The run {} cannot be followed any more. {}",
                                                               run.value, client.cluster().detail));
        case RunFollower::End::Finished: break;
    }
    waitForModel(context, client, run, waiter);
    context.output.text(outcomeText(run, follower.finished()));
    if (client.modelCopy(run).complete) {
        context.output.text(
            fmt::format("Take the model home: longship model save {} --output model.safetensors", run.value));
    }
    follower.printFinished();
    return exitCodeOf(follower.finished());
}

Result<ExitCode> run(Context& context, const Options& options) {
    LONGSHIP_ASSIGN(const JobSpec parsed, readJobFile(context, options.file, options.overrides));
    const auto folder = std::filesystem::absolute(options.file).parent_path();
    LONGSHIP_ASSIGN(const JobSpec job, provideData(context, parsed, folder, options.cluster));
    noteCautions(context, job);
    Waiter waiter;
    LONGSHIP_ASSIGN(const auto client, openStarted(context, options.cluster, std::nullopt));
    RunId id;
    {
        const Observing observing(*client, waiter);
        LONGSHIP_TRY(waitUntilReady(*client, waiter));
        LONGSHIP_ASSIGN(id, client->submit(job));
    }
    context.output.event("run_submitted", {{"run", id.value}, {"cluster", options.cluster}});
    context.output.text(fmt::format("Run {} on the cluster {}", id.value, options.cluster));
    if (options.detach) {
        context.output.text(detachedText(id));
        return ExitCode::Done;
    }
    return follow(context, *client, waiter, id);
}

}  // namespace

void addRun(CLI::App& app, Choice& choice) {
    addVerb<Options>(
        app, choice, "run", "Train what a job file says",
        [](CLI::App& verb, Options& options) {
            verb.add_option("JOB", options.file, "The job file (YAML)")->required();
            verb.add_option("--cluster", options.cluster,
                            "Name of the cluster; \"demo\" is started when needed")
                ->capture_default_str();
            verb.add_option("--set", options.overrides, "Instead of what the file says: key=value")
                ->expected(1)
                ->take_all();
            verb.add_flag("--detach", options.detach, "Return as soon as the run is accepted");
        },
        &run);
}

}  // namespace longship::cli
