#include <fmt/format.h>

#include <algorithm>

#include "app/cli/run_control.h"
#include "app/cli/session.h"

namespace longship::cli {
namespace {

struct Options {
    std::string node;
    std::string cluster{kDemoCluster};
};

std::optional<NodeView> find(const Client& client, const NodeId& node) {
    const ClusterView view = client.cluster();
    const auto found = std::find_if(view.nodes.begin(), view.nodes.end(),
                                    [&](const NodeView& other) { return other.node == node; });
    return found == view.nodes.end() ? std::nullopt : std::optional(*found);
}

/// A client of the cluster, which must have this node.
Result<std::unique_ptr<Client>> openClusterOf(Context& context, const Options& options) {
    LONGSHIP_ASSIGN(auto client, openForReading(context, options.cluster));
    const ClusterView view = client->cluster();
    if (view.nodes.empty()) {
        return failure(ErrorKind::NotFound, fmt::format("There is no cluster {}. Known: {}.", options.cluster,
                                                        fmt::join(knownClusters(context.home), ", ")));
    }
    if (!find(*client, NodeId(options.node))) {
        std::string names;
        for (const NodeView& node : view.nodes) {
            names += (names.empty() ? "" : ", ") + node.node.value;
        }
        return failure(ErrorKind::NotFound, fmt::format("The cluster {} has no node {}. It has: {}.",
                                                        options.cluster, options.node, names));
    }
    return client;
}

Result<ExitCode> drain(Context& context, const Options& options) {
    Waiter waiter;
    LONGSHIP_ASSIGN(const auto client, openClusterOf(context, options));
    const Observing observing(*client, waiter);
    const NodeId node(options.node);
    LONGSHIP_TRY(client->drain(node));
    LONGSHIP_TRY(waitUntilDone(waiter, fmt::format("{} was asked to give its tasks away", node.value), [&] {
        const auto view = find(*client, node);
        return view && view->drained && view->tasks.empty();
    }));
    context.output.event("node_drained", {{"cluster", options.cluster}, {"node", node.value}});
    context.output.text(
        fmt::format("{0} has no tasks and takes none until: longship node undrain {0}", node.value));
    return ExitCode::Done;
}

Result<ExitCode> undrain(Context& context, const Options& options) {
    Waiter waiter;
    LONGSHIP_ASSIGN(const auto client, openClusterOf(context, options));
    const Observing observing(*client, waiter);
    const NodeId node(options.node);
    LONGSHIP_TRY(client->undrain(node));
    LONGSHIP_TRY(waitUntilDone(waiter, fmt::format("{} was asked to take tasks again", node.value), [&] {
        const auto view = find(*client, node);
        return view && !view->drained;
    }));
    context.output.event("node_undrained", {{"cluster", options.cluster}, {"node", node.value}});
    context.output.text(fmt::format("{} takes tasks again.", node.value));
    return ExitCode::Done;
}

void describe(CLI::App& verb, Options& options) {
    verb.add_option("NODE", options.node, "Name of the node")->required();
    verb.add_option("--cluster", options.cluster, "Name of its cluster")->capture_default_str();
}

}  // namespace

void addNode(CLI::App& app, Choice& choice) {
    CLI::App* group = app.add_subcommand("node", "The nodes of a cluster");
    group->require_subcommand(0, 1);
    addVerb<Options>(*group, choice, "drain", "Take the tasks off a node and give it no new ones", &describe,
                     &drain);
    addVerb<Options>(*group, choice, "undrain", "Let a drained node take tasks again", &describe, &undrain);
}

}  // namespace longship::cli
