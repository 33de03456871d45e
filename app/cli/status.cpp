#include <fmt/format.h>

#include "app/cli/incidents.h"
#include "app/cli/session.h"

namespace longship::cli {
namespace {

struct Options {
    std::string run;
};

nlohmann::json tasksOf(const RunSnapshot& run) {
    nlohmann::json tasks = nlohmann::json::array();
    for (const auto& [id, task] : run.tasks) {
        tasks.push_back({{"task", id.value},
                         {"generation", task.generation},
                         {"node", task.node.value},
                         {"state", toString(task.state)},
                         {"detail", task.detail}});
    }
    return tasks;
}

nlohmann::json incidentsOf(const RunSnapshot& run) {
    nlohmann::json incidents = nlohmann::json::array();
    for (const TimedIncident& incident : run.incidents) {
        incidents.push_back(fieldsOf(incident));
    }
    return incidents;
}

std::string nodesOf(const CheckpointCommitted& checkpoint) {
    std::string names;
    for (const NodeId& node : checkpoint.nodes) {
        names += (names.empty() ? "" : ", ") + node.value;
    }
    return names;
}

/// The last one that was committed and counts; null while there is none.
nlohmann::json checkpointOf(const RunSnapshot& run) {
    if (run.checkpoints.empty()) {
        return nullptr;
    }
    const CheckpointCommitted& last = run.checkpoints.back();
    nlohmann::json nodes = nlohmann::json::array();
    for (const NodeId& node : last.nodes) {
        nodes.push_back(node.value);
    }
    return {{"step", last.step}, {"bytes", last.bytes}, {"sha256", last.sha256}, {"nodes", nodes}};
}

nlohmann::json fieldsOf(const RunSnapshot& run, const RunSummary& summary, Step stepsDone, double loss) {
    nlohmann::json fields{{"run", run.run.value},
                          {"name", summary.name},
                          {"cluster", run.cluster},
                          {"state", toString(run.state)},
                          {"queued_at", toIso8601(run.queuedAt)},
                          {"steps_done", stepsDone},
                          {"steps_total", run.prepared ? run.prepared->stepsTotal : 0},
                          {"cause", summary.cause},
                          {"tasks", tasksOf(run)},
                          {"checkpoint", checkpointOf(run)},
                          {"incidents", incidentsOf(run)}};
    fields["loss"] = stepsDone > 0 ? nlohmann::json(loss) : nlohmann::json();
    fields["accuracy"] = summary.accuracy ? nlohmann::json(*summary.accuracy) : nlohmann::json();
    return fields;
}

void showText(Output& output, const RunSnapshot& run, const RunSummary& summary, Step stepsDone,
              double loss) {
    std::string text = fmt::format("run       {}\njob       {} ({} on {})\nstate     {}\nqueued    {}",
                                   run.run.value, summary.name, summary.model, summary.dataset,
                                   toString(run.state), toIso8601(run.queuedAt));
    if (run.prepared) {
        text += fmt::format("\nsteps     {} of {}", grouped(stepsDone), grouped(run.prepared->stepsTotal));
    }
    if (stepsDone > 0) {
        text += fmt::format("\nloss      {:.4f}", loss);
    }
    if (summary.accuracy) {
        text += fmt::format("\naccuracy  {:.4f}", *summary.accuracy);
    }
    if (!run.checkpoints.empty()) {
        const CheckpointCommitted& last = run.checkpoints.back();
        text += fmt::format("\ncheckpoint after {} steps, on {}", grouped(last.step), nodesOf(last));
    }
    if (!summary.cause.empty()) {
        text += "\ncause     " + summary.cause;
    }
    for (const auto& [id, task] : run.tasks) {
        text += fmt::format("\ntask      {} on {}: {}{}", id.value, task.node.value, toString(task.state),
                            task.detail.empty() ? "" : " (" + task.detail + ")");
    }
    for (const TimedIncident& incident : run.incidents) {
        text += "\nincident  " + incidentText(run.run, incident);
    }
    if (run.state == RunState::Paused) {
        text += "\nIt goes on with: longship resume " + run.run.value;
    }
    output.text(text);
}

Result<ExitCode> status(Context& context, const Options& options) {
    LONGSHIP_ASSIGN(const OpenRun open, openRun(context, options.run));
    const auto run = open.client->run(open.run);
    if (!run) {
        return failure(ErrorKind::NotFound, fmt::format("The run {} was removed just now.", open.run.value));
    }
    Step stepsDone = 0;
    double loss = 0;
    std::optional<RowKey> cursor;
    for (auto rows = open.client->rows(open.run, cursor, 10'000); !rows.empty();
         rows = open.client->rows(open.run, cursor, 10'000)) {
        stepsDone = rows.back().key.step + 1;
        loss = rows.back().loss;
        cursor = rows.back().key;
    }
    const RunSummary summary = summarize(*run);
    context.output.event("run", fieldsOf(*run, summary, stepsDone, loss));
    showText(context.output, *run, summary, stepsDone, loss);
    return ExitCode::Done;
}

}  // namespace

void addStatus(CLI::App& app, Choice& choice) {
    addVerb<Options>(
        app, choice, "status", "Show how a run stands",
        [](CLI::App& verb, Options& options) { addRunArgument(verb, options.run); }, &status);
}

}  // namespace longship::cli
