#include <fmt/format.h>

#include "app/cli/run_control.h"
#include "app/cli/ssh_access.h"
#include "core/deploy/node_leave.h"
#include "core/deploy/remembering_questions.h"

namespace longship::cli {
namespace {

struct RemoveOptions {
    std::string cluster;
    std::string name;
};

void showCleaned(Context& context, const NodeRemoval& result) {
    if (!result.error) {
        context.output.event("undeployed", {{"node", result.node.value}, {"bytes_freed", result.bytesFreed}});
        context.output.text(fmt::format("{:<12} {} freed", result.node.value, bytesText(result.bytesFreed)));
        return;
    }
    context.output.event("undeploy_failed", {{"node", result.node.value}, {"error", result.error->text}});
    context.output.note(
        fmt::format("What Longship has put on {} is still there, in "
                    "~/.local/share/longship; its agent is refused by the others. {}",
                    result.node.value, result.error->text));
}

Result<ExitCode> remove(Context& context, const RemoveOptions& options) {
    LONGSHIP_ASSIGN(const ClusterFiles cluster, findSshCluster(context.home, options.cluster));
    LONGSHIP_ASSIGN(const ExitCode done, untilInterrupted([&](std::stop_token stop) -> Result<ExitCode> {
                        TerminalQuestions person(context, stop);
                        RememberingQuestions questions(person);
                        LONGSHIP_ASSIGN(const NodeLeave leave,
                                        takeNodeOut(context.home, cluster, NodeId(options.name),
                                                    {context.ssh->settings, questions}, stop));
                        if (leave.cleaned) {
                            showCleaned(context, *leave.cleaned);
                        }
                        return ExitCode::Done;
                    }));
    if (done == ExitCode::Done) {
        context.output.event("node_removed", {{"cluster", cluster.name}, {"node", options.name}});
        context.output.text(fmt::format("{} is no node of {} any more.", options.name, cluster.name));
    }
    return done;
}

void describe(CLI::App& verb, RemoveOptions& options) {
    verb.add_option("NAME", options.name, "Name of the node")->required();
    verb.add_option("--cluster", options.cluster, "Name of its cluster")->required();
}

}  // namespace

void addRemove(CLI::App& group, Choice& choice) {
    addVerb<RemoveOptions>(group, choice, "remove",
                           "Take a node out: the others refuse it, and what Longship has put there goes",
                           &describe, &remove);
}

}  // namespace longship::cli
