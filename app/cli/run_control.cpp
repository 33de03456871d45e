#include "app/cli/run_control.h"

#include <fmt/format.h>

namespace longship::cli {
namespace {

using std::chrono::seconds;

constexpr std::size_t kAllRows = std::size_t{1} << 40;
constexpr seconds kStopPatience{30};
constexpr seconds kModelPatience{30};

}  // namespace

Result<void> stopAndWait(Client& client, const RunId& run, Waiter& waiter) {
    const Observing observing(client, waiter);
    LONGSHIP_TRY(client.stop(run));
    const TimePoint deadline = BootClock::now() + kStopPatience;
    for (;;) {
        const auto snapshot = client.run(run);
        if (!snapshot || snapshot->finished) {
            return {};
        }
        if (BootClock::now() >= deadline) {
            return failure(ErrorKind::Unavailable,
                           fmt::format("The run {} was asked to stop but has not ended within {} s.",
                                       run.value, kStopPatience.count()));
        }
        if (waiter.wait(deadline) == Waiter::Woken::Interrupted) {
            return failure(
                ErrorKind::Interrupted,
                fmt::format("Not waiting for the end of run {}; it was asked to stop.", run.value));
        }
    }
}

Result<void> waitUntilDone(Waiter& waiter, const std::string& asked, const std::function<bool()>& done,
                           std::chrono::seconds patience) {
    const TimePoint deadline = BootClock::now() + patience;
    while (!done()) {
        if (BootClock::now() >= deadline) {
            return failure(ErrorKind::Unavailable,
                           fmt::format("{}, but it has not happened within {} s.", asked, patience.count()));
        }
        if (waiter.wait(deadline) == Waiter::Woken::Interrupted) {
            return failure(ErrorKind::Interrupted, asked + "; not waiting until it is done.");
        }
    }
    return {};
}

void noteCautions(Context& context, const JobSpec& job) {
    if (serversOf(job) > 0 && !hasBackups(job)) {
        context.output.note(
            "Without a backup the loss of a server takes the run back to its last checkpoint; "
            "strategy.servers of 2 or more and strategy.backup: true lose nothing.");
    }
}

Result<RunSnapshot> activeRun(const Client& client, const RunId& run) {
    auto snapshot = client.run(run);
    if (!snapshot) {
        return failure(ErrorKind::NotFound, fmt::format("The run {} was removed just now.", run.value));
    }
    if (isTerminal(snapshot->state)) {
        return failure(ErrorKind::BadInput,
                       fmt::format("The run {} is {} already.", run.value, toString(snapshot->state)));
    }
    return *std::move(snapshot);
}

void waitForModel(Context& context, Client& client, const RunId& run, Waiter& waiter) {
    const auto snapshot = client.run(run);
    if (!snapshot || !snapshot->model) {
        return;
    }
    const Observing observing(client, waiter);
    const TimePoint deadline = BootClock::now() + kModelPatience;
    for (;;) {
        const ModelCopy copy = client.modelCopy(run);
        if (copy.complete) {
            context.output.event("model_fetched", {{"run", run.value}, {"bytes", copy.bytesTotal}});
            return;
        }
        const bool interrupted =
            waiter.wait(std::min(deadline, BootClock::now() + seconds(1))) == Waiter::Woken::Interrupted;
        if (interrupted || BootClock::now() >= deadline) {
            context.output.note(fmt::format("The model is not on this machine yet ({} of {}). {}",
                                            bytesText(copy.bytes), bytesText(copy.bytesTotal), copy.problem));
            return;
        }
    }
}

Result<ExportedRun> everythingOf(const Client& client, const RunId& run) {
    auto snapshot = client.run(run);
    if (!snapshot) {
        return failure(ErrorKind::NotFound, fmt::format("The run {} was removed just now.", run.value));
    }
    ExportedRun all{std::move(*snapshot), client.events(run), {}, {}};
    all.rows = client.rows(run, std::nullopt, kAllRows);
    if (const ClusterView cluster = client.cluster(); cluster.name == all.run.cluster) {
        all.nodes = cluster.nodes;
    }
    return all;
}

Result<std::filesystem::path> writeReport(const Context& context, const Client& client, const RunId& run) {
    LONGSHIP_ASSIGN(const ExportedRun all, everythingOf(client, run));
    const auto folder = context.home.data / "runs" / run.value;
    LONGSHIP_TRY(makePrivateFolder(folder));
    LONGSHIP_TRY(exportRuns(ExportFormat::Html, std::span(&all, 1), folder / "report.html"));
    return folder / "report.html";
}

}  // namespace longship::cli
