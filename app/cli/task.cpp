#include <fmt/format.h>

#include "app/cli/session.h"

namespace longship::cli {
namespace {

struct Options {
    std::string run;
};

Result<ExitCode> list(Context& context, const Options& options) {
    LONGSHIP_ASSIGN(const OpenRun open, openRun(context, options.run));
    const auto run = open.client->run(open.run);
    if (!run) {
        return failure(ErrorKind::NotFound, fmt::format("The run {} was removed just now.", open.run.value));
    }
    context.output.text(
        fmt::format("{:<12} {:>4}  {:<12} {:<10} {}", "TASK", "GEN.", "NODE", "STATE", "DETAIL"));
    for (const auto& [id, task] : run->tasks) {
        context.output.event("task", {{"run", open.run.value},
                                      {"task", id.value},
                                      {"generation", task.generation},
                                      {"node", task.node.value},
                                      {"state", toString(task.state)},
                                      {"detail", task.detail}});
        context.output.text(fmt::format("{:<12} {:>4}  {:<12} {:<10} {}", id.value, task.generation,
                                        task.node.value, toString(task.state), task.detail));
    }
    return ExitCode::Done;
}

}  // namespace

void addTask(CLI::App& app, Choice& choice) {
    CLI::App* group = app.add_subcommand("task", "The tasks of a run");
    group->require_subcommand(0, 1);
    addVerb<Options>(
        *group, choice, "list", "List the tasks of a run and the nodes they are on",
        [](CLI::App& verb, Options& options) { addRunArgument(verb, options.run); }, &list);
}

}  // namespace longship::cli
