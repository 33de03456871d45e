#include <fmt/format.h>

#include "app/cli/session.h"
#include "app/cli/takeover.h"

namespace longship::cli {
namespace {

struct ListOptions {};
struct StopOptions {
    std::string name;
};

nlohmann::json nodesOf(const ClusterView& cluster) {
    nlohmann::json nodes = nlohmann::json::array();
    for (const NodeView& node : cluster.nodes) {
        nodes.push_back({{"node", node.node.value},
                         {"address", node.address},
                         {"state", toString(node.state)},
                         {"leader", node.leader},
                         {"drained", node.drained},
                         {"version", node.version},
                         {"tasks", node.tasks},
                         {"detail", node.detail}});
    }
    return nodes;
}

Result<ExitCode> list(Context& context, const ListOptions&) {
    const auto names = knownClusters(context.home);
    if (names.empty()) {
        context.output.text("No clusters yet. Start one on this machine: longship demo");
    }
    for (const std::string& name : names) {
        LONGSHIP_ASSIGN(const auto client, openForReading(context, name));
        const ClusterView view = client->cluster();
        context.output.event("cluster", {{"cluster", name},
                                         {"connected", view.connected},
                                         {"detail", view.detail},
                                         {"nodes", nodesOf(view)}});
        std::string text = fmt::format("{}: {}", name, view.connected ? "connected" : view.detail);
        for (const NodeView& node : view.nodes) {
            text += fmt::format("\n  {:<10} {:<22} {:<10} {}", node.node.value, node.address,
                                node.drained ? "drained" : toString(node.state),
                                node.leader ? "leader" : node.detail);
        }
        context.output.text(text);
    }
    return ExitCode::Done;
}

Result<ExitCode> stop(Context& context, const StopOptions& options) {
    LONGSHIP_TRY(stopCluster(context, options.name));
    context.output.event("cluster_stopped", {{"cluster", options.name}});
    context.output.text(
        fmt::format("The agents of {} have ended. Their runs stay in the history.", options.name));
    return ExitCode::Done;
}

}  // namespace

void addCluster(CLI::App& app, Choice& choice) {
    CLI::App* group = app.add_subcommand("cluster", "The clusters known here");
    group->require_subcommand(0, 1);
    addVerb<ListOptions>(
        *group, choice, "list", "List the clusters and their nodes", [](CLI::App&, ListOptions&) {}, &list);
    addVerb<StopOptions>(
        *group, choice, "stop", "End the agents of a cluster on this machine, with their runs",
        [](CLI::App& verb, StopOptions& options) {
            verb.add_option("NAME", options.name, "Name of the cluster")->required();
        },
        &stop);
    addTakeover(*group, choice);
}

}  // namespace longship::cli
