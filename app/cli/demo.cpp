#include <fmt/format.h>

#include <algorithm>

#include "app/cli/job_input.h"
#include "app/cli/run_control.h"
#include "app/cli/run_follower.h"
#include "app/cli/session.h"
#include "core/domain/job_yaml.h"

namespace longship::cli {
namespace {

/// One is the other's backup.
constexpr unsigned kDemoServers = 2;

struct Options {
    unsigned nodes = kDemoNodes;
    std::uint64_t epochs = 1;
    std::string strategy = "allreduce";
    bool detach = false;
};

/// The demo's job with the options put in as --set would, so that the same rules judge them.
Result<JobSpec> jobOf(const Options& options) {
    std::vector<std::string> overrides{fmt::format("epochs={}", options.epochs),
                                       fmt::format("strategy={}", options.strategy)};
    if (options.strategy == "parameter-server") {
        overrides.push_back(fmt::format("strategy.servers={}", std::min(options.nodes, kDemoServers)));
    }
    const auto job = parseJob(toYaml(demoJob()), overrides);
    if (!job) {
        // The rules speak of --set; here the option has the key's own name.
        std::string text = describe(job.error(), "demo");
        for (auto at = text.find("--set "); at != std::string::npos; at = text.find("--set ")) {
            text.erase(at + 2, 4);
        }
        return failure(ErrorKind::BadInput, text);
    }
    return *job;
}

/// A demo cluster of another size is replaced, unless it works.
Result<std::unique_ptr<Client>> openDemo(Context& context, unsigned nodes) {
    auto client = openStarted(context, std::string(kDemoCluster), nodes);
    if (client || client.error().kind != ErrorKind::Refused) {
        return client;
    }
    LONGSHIP_ASSIGN(const auto before, openForReading(context));
    for (const RunSummary& run : before->runs()) {
        if (run.cluster == kDemoCluster && !isTerminal(run.state)) {
            return failure(
                ErrorKind::BadInput,
                fmt::format("The demo cluster has {} nodes and is busy with run {}; wait for it, or stop "
                            "it: longship stop {}",
                            before->cluster().nodes.size(), run.run.value, run.run.value));
        }
    }
    LONGSHIP_TRY(stopCluster(context, std::string(kDemoCluster)));
    return openStarted(context, std::string(kDemoCluster), nodes);
}

void announceCluster(Context& context, const ClusterView& cluster) {
    nlohmann::json nodes = nlohmann::json::array();
    std::string text = fmt::format("Cluster {}:", cluster.name);
    for (const NodeView& node : cluster.nodes) {
        nodes.push_back({{"node", node.node.value}, {"address", node.address}});
        text += fmt::format(" {} ({})", node.node.value, node.address);
    }
    context.output.event("cluster_ready", {{"cluster", cluster.name}, {"nodes", std::move(nodes)}});
    context.output.text(text);
}

bool anotherRunGoesOn(const Client& client, const RunId& run) {
    for (const RunSummary& other : client.runs()) {
        if (other.run != run && other.cluster == kDemoCluster && !isTerminal(other.state)) {
            return true;
        }
    }
    return false;
}

/// Ctrl+C: the run and its agents end.
Result<ExitCode> interrupt(Context& context, std::unique_ptr<Client> client, const RunId& run,
                           Waiter& waiter) {
    context.output.note("Stopping the run …");
    if (const auto stopped = stopAndWait(*client, run, waiter); !stopped) {
        context.output.note(stopped.error().text);
    }
    const bool keep = anotherRunGoesOn(*client, run);
    const auto snapshot = client->run(run);
    const auto events = client->events(run);
    client.reset();
    if (keep) {
        context.output.note("Another run goes on, so the agents stay.");
    } else {
        LONGSHIP_TRY(stopCluster(context, std::string(kDemoCluster)));
        context.output.note("The agents have ended.");
        context.output.event("cluster_stopped", {{"cluster", kDemoCluster}});
    }
    if (snapshot && snapshot->finished) {
        context.output.text(outcomeText(run, *snapshot->finished));
        context.output.event(nameOf(events.back().body), fieldsOf(events.back()), events.back().time);
    }
    return ExitCode::Interrupted;
}

void showEnd(Context& context, const Client& client, const RunId& run, const RunFollower& follower) {
    context.output.text(outcomeText(run, follower.finished()));
    std::string facts;
    if (const auto rate = follower.progress().samplesPerSecond()) {
        facts += fmt::format("{} samples/s; ", grouped(static_cast<std::uint64_t>(*rate)));
        context.output.event("throughput", {{"run", run.value}, {"samples_per_second", *rate}});
    }
    if (const auto proof = client.verify(run)) {
        facts += proof->summary();
    }
    context.output.text(facts);
    if (const auto report = writeReport(context, client, run)) {
        context.output.event("report_written", {{"run", run.value}, {"path", report->string()}});
        context.output.text("Report: " + report->string());
    } else {
        context.output.note(report.error().text);
    }
    if (client.modelCopy(run).complete) {
        context.output.text(
            fmt::format("Model:  longship model save {} --output model.safetensors", run.value));
    }
}

Result<ExitCode> demo(Context& context, const Options& options) {
    Waiter waiter;
    LONGSHIP_ASSIGN(const JobSpec wanted, jobOf(options));
    LONGSHIP_ASSIGN(const JobSpec job, checkData(context, wanted, "."));
    noteCautions(context, job);
    context.output.status(fmt::format("  starting {} agents …", options.nodes));
    LONGSHIP_ASSIGN(auto client, openDemo(context, options.nodes));
    RunId run;
    {
        const Observing observing(*client, waiter);
        if (const auto ready = waitUntilReady(*client, waiter); !ready) {
            if (ready.error().kind == ErrorKind::Interrupted && !anotherRunGoesOn(*client, RunId())) {
                LONGSHIP_TRY(stopCluster(context, std::string(kDemoCluster)));
            }
            return failure(ready.error());
        }
        announceCluster(context, client->cluster());
        LONGSHIP_ASSIGN(run, client->submit(job));
    }
    context.output.event("run_submitted", {{"run", run.value}, {"cluster", kDemoCluster}});
    context.output.text(fmt::format("Run {}: {}", run.value, job.name));
    if (options.detach) {
        context.output.text(detachedText(run));
        return ExitCode::Done;
    }
    RunFollower follower(context, *client, waiter, run);
    const auto end = follower.follow();
    if (end == RunFollower::End::Interrupted) {
        return interrupt(context, std::move(client), run, waiter);
    }
    if (end == RunFollower::End::Unreachable) {
        return failure(ErrorKind::Unavailable, client->cluster().detail);
    }
    waitForModel(context, *client, run, waiter);
    showEnd(context, *client, run, follower);
    context.output.text("The agents end by themselves in ten minutes; now: longship cluster stop demo");
    follower.printFinished();
    return exitCodeOf(follower.finished());
}

}  // namespace

void addDemo(CLI::App& app, Choice& choice) {
    addVerb<Options>(
        app, choice, "demo", "Start a cluster on this machine and train Fashion-MNIST on it",
        [](CLI::App& verb, Options& options) {
            verb.add_option("--nodes", options.nodes, "Agents to start")->capture_default_str();
            verb.add_option("--epochs", options.epochs, "Passes over the data")->capture_default_str();
            verb.add_option("--strategy", options.strategy, "allreduce or parameter-server")
                ->capture_default_str();
            verb.add_flag("--detach", options.detach, "Return as soon as the run is accepted");
        },
        &demo);
}

}  // namespace longship::cli
