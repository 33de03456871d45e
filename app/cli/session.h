#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/cli/command.h"
#include "app/cli/waiter.h"
#include "core/client/cluster_client.h"

namespace longship::cli {

inline constexpr std::string_view kDemoCluster = "demo";
inline constexpr unsigned kDemoNodes = 3;

/// Options of a local cluster with the programs beside this one.
LocalClusterOptions localClusterOptions(const Context& context, const std::string& name, unsigned nodes);

/// A client of a cluster that is there already, through SSH where agents are not reached otherwise; then it
/// says so.
Result<std::unique_ptr<Client>> openClientOf(Context& context, const ClusterFiles& cluster);

/// A client of the named cluster, which is started when it is the demo cluster or another local one. NotFound
/// with the known names when there is no such cluster.
Result<std::unique_ptr<Client>> openStarted(Context& context, const std::string& cluster,
                                            std::optional<unsigned> nodes);

/// A client that shows all runs: of the cluster that `run` belongs to, else of the demo cluster when it was
/// ever started. Waits a moment until what that cluster keeps is here; nothing is started, and an unreachable
/// cluster is no error.
Result<std::unique_ptr<Client>> openForReading(Context& context, const std::string& cluster = {});

/// Ends the agents of a local cluster; NotFound with the known names when there is no such cluster.
Result<void> stopCluster(const Context& context, const std::string& cluster);

/// Waits until the cluster answers and as many nodes as there are in it are ready.
Result<void> waitUntilReady(Client& client, Waiter& waiter);

/// The run that a person means: its id, the beginning of one, or "last". BadInput with near matches.
Result<RunId> findRun(const Client& client, const std::string& name);

/// Opens for reading, finds the run, and goes to the cluster of the run when that is another one.
struct OpenRun {
    std::unique_ptr<Client> client;
    RunId run;
};
Result<OpenRun> openRun(Context& context, const std::string& name);

/// The option that names a run, for most verbs.
void addRunArgument(CLI::App& verb, std::string& run);

}  // namespace longship::cli
