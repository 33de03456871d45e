#include <fmt/format.h>

#include <algorithm>

#include "app/cli/run_control.h"
#include "app/cli/session.h"
#include "app/cli/ssh_access.h"
#include "core/deploy/remembering_questions.h"
#include "core/deploy/ssh_cluster.h"

namespace longship::cli {
namespace {

struct RemoveOptions {
    std::string cluster;
    std::string name;
};

std::optional<NodeView> viewOf(const Client& client, const NodeId& node) {
    const ClusterView view = client.cluster();
    const auto found = std::find_if(view.nodes.begin(), view.nodes.end(),
                                    [&](const NodeView& other) { return other.node == node; });
    return found == view.nodes.end() ? std::nullopt : std::optional(*found);
}

/// Refused while a run needs the nodes as they are.
Result<void> noRunGoesOn(const Client& client, const ClusterFiles& cluster) {
    for (const RunSummary& run : client.runs()) {
        if (run.cluster == cluster.name && !isTerminal(run.state)) {
            return failure(
                ErrorKind::Refused,
                fmt::format("{} is busy with run {}, and its nodes can only be changed while it has no "
                            "run: wait for it, or stop it: longship stop {}",
                            cluster.name, run.run.value, run.run.value));
        }
    }
    return {};
}

/// Its vote goes to the others before it does: what they decide then never depends on it.
Result<void> handOver(Context& context, const ClusterFiles& cluster, const NodeId& node) {
    Waiter waiter;
    LONGSHIP_ASSIGN(const auto client, openForReading(context, cluster.name));
    LONGSHIP_TRY(noRunGoesOn(*client, cluster));
    const Observing observing(*client, waiter);
    LONGSHIP_TRY(client->drain(node));
    return waitUntilDone(waiter, fmt::format("{} was asked to leave", node.value), [&] {
        const auto view = viewOf(*client, node);
        return !view || (view->drained && view->tasks.empty());
    });
}

/// Until those that stay have a leader again.
Result<void> goOnWithout(Context& context, const ClusterFiles& cluster) {
    Waiter waiter;
    LONGSHIP_ASSIGN(const auto client, openClient(context.home, cluster));
    const Observing observing(*client, waiter);
    return waitUntilReady(*client, waiter);
}

/// Takes the agent and all that it left off the machine itself.
void clean(Context& context, const ClusterFiles& cluster, const SshNode& node) {
    const auto cleaned = untilInterrupted([&](std::stop_token stop) -> Result<ExitCode> {
        TerminalQuestions person(context, stop);
        RememberingQuestions questions(person);
        const auto result =
            removeFromNodes({node}, cluster.name, {context.ssh->settings, questions}, stop).front();
        if (result.error) {
            return failure(*result.error);
        }
        context.output.event("undeployed", {{"node", node.node.value}, {"bytes_freed", result.bytesFreed}});
        context.output.text(fmt::format("{:<12} {} freed", node.node.value, bytesText(result.bytesFreed)));
        return ExitCode::Done;
    });
    const std::string problem = !cleaned                     ? cleaned.error().text
                                : *cleaned == ExitCode::Done ? std::string()
                                                             : "That was interrupted.";
    if (!problem.empty()) {
        context.output.event("undeploy_failed", {{"node", node.node.value}, {"error", problem}});
        context.output.note(
            fmt::format("What Longship has put on {} is still there, in "
                        "~/.local/share/longship; its agent is refused by the others. {}",
                        node.node.value, problem));
    }
}

Result<void> takeOut(Context& context, const ClusterFiles& cluster, const ClusterRecord& record,
                     const NodeId& node) {
    LONGSHIP_ASSIGN(const auto nodes, readSshNodes(cluster));
    const auto machine =
        std::find_if(nodes.begin(), nodes.end(), [&](const SshNode& known) { return known.node == node; });
    const bool othersStay =
        std::any_of(record.nodes.begin(), record.nodes.end(),
                    [&](const RosterEntry& entry) { return entry.node != node && !entry.endpoint.empty(); });
    if (othersStay) {
        LONGSHIP_TRY(handOver(context, cluster, node));
    }
    LONGSHIP_TRY(leaveNode(cluster, node));
    if (machine != nodes.end()) {
        clean(context, cluster, *machine);
    }
    return othersStay ? goOnWithout(context, cluster) : Result<void>();
}

Result<ExitCode> remove(Context& context, const RemoveOptions& options) {
    LONGSHIP_ASSIGN(const ClusterFiles cluster, findSshCluster(context.home, options.cluster));
    LONGSHIP_ASSIGN(const ClusterRecord record, readClusterRecord(cluster));
    const bool deployed =
        std::any_of(record.nodes.begin(), record.nodes.end(), [&](const RosterEntry& entry) {
            return entry.node.value == options.name && !entry.endpoint.empty();
        });
    if (deployed) {
        LONGSHIP_TRY(takeOut(context, cluster, record, NodeId(options.name)));
    } else {
        LONGSHIP_TRY(removeSshNode(cluster, NodeId(options.name)));
    }
    context.output.event("node_removed", {{"cluster", cluster.name}, {"node", options.name}});
    context.output.text(fmt::format("{} is no node of {} any more.", options.name, cluster.name));
    return ExitCode::Done;
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
