#include <fmt/format.h>

#include "app/cli/session.h"

namespace longship::cli {
namespace {

struct Options {};

nlohmann::json fieldsOf(const RunSummary& run) {
    nlohmann::json fields{{"run", run.run.value},   {"name", run.name},
                          {"cluster", run.cluster}, {"model", run.model},
                          {"dataset", run.dataset}, {"state", toString(run.state)},
                          {"samples", run.samples}, {"queued_at", toIso8601(run.queuedAt)},
                          {"cause", run.cause}};
    fields["finished_at"] = run.finishedAt ? nlohmann::json(toIso8601(*run.finishedAt)) : nlohmann::json();
    fields["accuracy"] = run.accuracy ? nlohmann::json(*run.accuracy) : nlohmann::json();
    return fields;
}

Result<ExitCode> runs(Context& context, const Options&) {
    LONGSHIP_ASSIGN(const auto client, openForReading(context));
    const auto summaries = client->runs();
    if (summaries.empty()) {
        context.output.text("No runs yet. Start one: longship demo");
        return ExitCode::Done;
    }
    context.output.text(fmt::format("{:<26} {:<11} {:<18} {:<8} {:>9}  {}", "RUN", "STATE", "NAME", "MODEL",
                                    "ACCURACY", "DATASET"));
    for (const RunSummary& run : summaries) {
        context.output.event("run", fieldsOf(run));
        context.output.text(fmt::format(
            "{:<26} {:<11} {:<18} {:<8} {:>9}  {}", run.run.value, toString(run.state), fitted(run.name, 18),
            run.model, run.accuracy ? fmt::format("{:.4f}", *run.accuracy) : "–", run.dataset));
    }
    return ExitCode::Done;
}

}  // namespace

void addRuns(CLI::App& app, Choice& choice) {
    addVerb<Options>(
        app, choice, "runs", "List all runs, newest first", [](CLI::App&, Options&) {}, &runs);
}

}  // namespace longship::cli
