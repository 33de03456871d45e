#include <fmt/format.h>

#include "app/cli/session.h"

namespace longship::cli {
namespace {

struct Options {
    std::string run;
    std::string node;
};

Result<void> checkNode(const RunSnapshot& run, const std::string& node) {
    std::string nodes;
    for (const auto& [id, task] : run.tasks) {
        if (task.node.value == node) {
            return {};
        }
        nodes += (nodes.empty() ? "" : ", ") + task.node.value;
    }
    return failure(ErrorKind::BadInput, fmt::format("The run {} has no task on \"{}\". It has tasks on: {}",
                                                    run.run.value, node, nodes));
}

Result<ExitCode> logs(Context& context, const Options& options) {
    LONGSHIP_ASSIGN(const OpenRun open, openRun(context, options.run));
    const auto run = open.client->run(open.run);
    if (!run || run->tasks.empty()) {
        return failure(ErrorKind::NotFound,
                       fmt::format("The run {} has started no task yet.", open.run.value));
    }
    if (!options.node.empty()) {
        LONGSHIP_TRY(checkNode(*run, options.node));
    }
    std::optional<Error> unreachable;
    for (const auto& [id, task] : run->tasks) {
        if (!options.node.empty() && task.node.value != options.node) {
            continue;
        }
        const auto log = open.client->taskLog(open.run, id);
        if (!log) {
            // The other nodes' logs are still worth showing.
            unreachable = log.error().within(fmt::format("{} on {}", id.value, task.node.value));
            context.output.note(unreachable->text);
            continue;
        }
        context.output.event(
            "log", {{"run", open.run.value}, {"task", id.value}, {"node", task.node.value}, {"text", *log}});
        context.output.text(fmt::format("--- {} on {}\n{}", id.value, task.node.value, *log));
    }
    return unreachable ? exitCodeOf(*unreachable) : ExitCode::Done;
}

}  // namespace

void addLogs(CLI::App& app, Choice& choice) {
    addVerb<Options>(
        app, choice, "logs", "Show the logs of a run's tasks",
        [](CLI::App& verb, Options& options) {
            addRunArgument(verb, options.run);
            verb.add_option("--node", options.node, "Only the tasks of this node");
        },
        &logs);
}

}  // namespace longship::cli
