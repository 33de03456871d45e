#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "app/cli/session.h"

namespace longship::cli {
namespace {

struct Options {
    std::string run;
    std::string node;
};

Result<std::vector<TaskPlace>> placesOn(const RunId& run, std::vector<TaskPlace> places,
                                        const std::string& node) {
    if (places.empty()) {
        return failure(ErrorKind::NotFound, fmt::format("The run {} has started no task yet.", run.value));
    }
    std::set<std::string> nodes;
    for (const TaskPlace& place : places) {
        nodes.insert(place.node.value);
    }
    if (!node.empty() && !nodes.contains(node)) {
        return failure(ErrorKind::BadInput,
                       fmt::format("The run {} had no task on \"{}\". It had tasks on: {}", run.value, node,
                                   fmt::join(nodes, ", ")));
    }
    std::erase_if(places, [&](const TaskPlace& place) { return !node.empty() && place.node.value != node; });
    return places;
}

Result<ExitCode> logs(Context& context, const Options& options) {
    LONGSHIP_ASSIGN(const OpenRun open, openRun(context, options.run));
    LONGSHIP_ASSIGN(const auto places,
                    placesOn(open.run, placesOf(open.client->events(open.run)), options.node));
    std::optional<Error> unreachable;
    for (const TaskPlace& place : places) {
        const auto log = open.client->taskLog(open.run, place);
        if (!log) {
            // The other nodes' logs are still worth showing.
            unreachable = log.error().within(fmt::format("{} on {}", place.task.value, place.node.value));
            context.output.note(unreachable->text);
            continue;
        }
        context.output.event("log", {{"run", open.run.value},
                                     {"task", place.task.value},
                                     {"node", place.node.value},
                                     {"copy", log->isCopy},
                                     {"from", log->from.value},
                                     {"text", log->text}});
        const std::string copy =
            log->isCopy ? fmt::format(" (the end of it, as copied by {})", log->from.value) : "";
        context.output.text(
            fmt::format("--- {} on {}{}\n{}", place.task.value, place.node.value, copy, log->text));
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
