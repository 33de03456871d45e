#include <fmt/format.h>

#include <algorithm>

#include "app/cli/run_control.h"
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

struct MoveOptions {
    std::string run;
    std::string task;
    std::string node;
};

/// The task computes on that node: the run's last membership has it there, and it was told so.
bool isAt(const RunSnapshot& run, const TaskId& task, const NodeId& node) {
    const auto& members = run.memberships;
    const auto view = run.tasks.find(task);
    return view != run.tasks.end() && view->second.node == node && view->second.state == TaskState::Running &&
           !members.empty() &&
           std::any_of(members.back().members.begin(), members.back().members.end(),
                       [&](const Member& member) { return member.task == task && member.node == node; });
}

Result<void> checkTask(const RunSnapshot& run, const TaskId& task) {
    if (run.tasks.contains(task)) {
        return {};
    }
    std::string names;
    for (const auto& [id, view] : run.tasks) {
        names += (names.empty() ? "" : ", ") + id.value;
    }
    return failure(ErrorKind::NotFound, fmt::format("The run {} has no task {}. It has: {}.", run.run.value,
                                                    task.value, names.empty() ? "none yet" : names));
}

Result<ExitCode> move(Context& context, const MoveOptions& options) {
    Waiter waiter;
    LONGSHIP_ASSIGN(const OpenRun open, openRun(context, options.run));
    const TaskId task(options.task);
    const NodeId node(options.node);
    LONGSHIP_ASSIGN(const RunSnapshot before, activeRun(*open.client, open.run));
    LONGSHIP_TRY(checkTask(before, task));
    const Observing observing(*open.client, waiter);
    LONGSHIP_TRY(open.client->moveTask(open.run, task, node));
    LONGSHIP_TRY(
        waitUntilDone(waiter, fmt::format("{} was asked to move to {}", task.value, node.value), [&] {
            const auto run = open.client->run(open.run);
            return !run || isTerminal(run->state) || isAt(*run, task, node);
        }));
    LONGSHIP_ASSIGN(const RunSnapshot after, activeRun(*open.client, open.run));
    const TaskView& moved = after.tasks.at(task);
    context.output.event("task_moved", {{"run", open.run.value},
                                        {"task", task.value},
                                        {"generation", moved.generation},
                                        {"from", before.tasks.at(task).node.value},
                                        {"node", node.value},
                                        {"membership", after.memberships.back().number}});
    context.output.text(fmt::format("{} goes on on {}.", task.value, node.value));
    return ExitCode::Done;
}

void describeMove(CLI::App& verb, MoveOptions& options) {
    addRunArgument(verb, options.run);
    verb.add_option("TASK", options.task, "Task of the run, as in: longship task list RUN")->required();
    verb.add_option("NODE", options.node, "Where it shall go on")->required();
}

}  // namespace

void addTask(CLI::App& app, Choice& choice) {
    CLI::App* group = app.add_subcommand("task", "The tasks of a run");
    group->require_subcommand(0, 1);
    addVerb<Options>(
        *group, choice, "list", "List the tasks of a run and the nodes they are on",
        [](CLI::App& verb, Options& options) { addRunArgument(verb, options.run); }, &list);
    addVerb<MoveOptions>(*group, choice, "move", "Let a task go on on another node, losing nothing",
                         &describeMove, &move);
}

}  // namespace longship::cli
