#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>

#include "app/cli/session.h"
#include "app/cli/ssh_access.h"
#include "app/cli/waiter.h"
#include "core/deploy/preflight.h"
#include "core/deploy/remembering_questions.h"
#include "core/deploy/ssh_cluster.h"

namespace longship::cli {
namespace {

struct NameOptions {
    std::string name;
};

Result<ExitCode> create(Context& context, const NameOptions& options) {
    LONGSHIP_TRY(createSshCluster(context.home, options.name));
    context.output.event("cluster_created", {{"cluster", options.name}});
    context.output.text(
        fmt::format("The cluster {0} has no nodes yet. Add some: longship node add --cluster {0} NAME "
                    "USER@ADDRESS",
                    options.name));
    return ExitCode::Done;
}

Result<std::vector<SshNode>> someNodes(const ClusterFiles& cluster) {
    LONGSHIP_ASSIGN(auto nodes, readSshNodes(cluster));
    if (nodes.empty()) {
        return failure(
            ErrorKind::BadInput,
            fmt::format("The cluster {0} has no nodes yet. Add some: longship node add --cluster {0} NAME "
                        "USER@ADDRESS",
                        cluster.name));
    }
    return nodes;
}

void showCheck(Context& context, const CheckResult& result) {
    context.output.event("check",
                         {{"node", result.node.value},
                          {"peer", result.peer ? nlohmann::json(result.peer->value) : nlohmann::json()},
                          {"check", result.check},
                          {"ok", result.ok},
                          {"detail", result.detail},
                          {"remedy", result.remedy}});
    const std::string who = result.node.value + (result.peer ? " → " + result.peer->value : "");
    context.output.text(fmt::format("{:<4} {:<20} {:<9} {}{}", result.ok ? "ok" : "BAD", who, result.check,
                                    result.detail, result.ok ? "" : "\n       " + result.remedy));
}

Result<ExitCode> check(Context& context, const NameOptions& options) {
    LONGSHIP_ASSIGN(const ClusterFiles cluster, findSshCluster(context.home, options.name));
    LONGSHIP_ASSIGN(const auto nodes, someNodes(cluster));
    LONGSHIP_ASSIGN(const ClusterRecord record, readClusterRecord(cluster));
    utsname here{};
    ::uname(&here);
    return untilInterrupted([&](std::stop_token stop) -> Result<ExitCode> {
        TerminalQuestions person(context, stop);
        RememberingQuestions questions(person);
        unsigned bad = 0;
        unsigned all = 0;
        checkNodes(nodes, record.nodes, here.machine, {context.ssh->settings, questions}, stop,
                   [&](const CheckResult& result) {
                       bad += result.ok ? 0 : 1;
                       ++all;
                       showCheck(context, result);
                   });
        context.output.event("checked", {{"cluster", options.name}, {"checks", all}, {"bad", bad}});
        context.output.text(bad == 0 ? fmt::format("All {} checks are good.", all)
                                     : fmt::format("{} of {} checks are not good.", bad, all));
        return bad == 0 ? ExitCode::Done : ExitCode::Unreachable;
    });
}

void showDeployment(Context& context, const NodeDeployment& result) {
    if (result.error) {
        context.output.event("deploy_failed", {{"node", result.node.value}, {"error", result.error->text}});
        context.output.text(fmt::format("{:<12} {}", result.node.value, result.error->text));
        return;
    }
    context.output.event("deployed",
                         {{"node", result.node.value},
                          {"bytes", result.bytes},
                          {"seconds", result.seconds},
                          {"skipped", result.skipped},
                          {"after_reboot", result.afterReboot},
                          {"died", result.died.empty() ? nlohmann::json() : nlohmann::json(result.died)}});
    context.output.text(result.skipped ? fmt::format("{:<12} was ready", result.node.value)
                                       : fmt::format("{:<12} ready: {} sent, {:.1f} s", result.node.value,
                                                     bytesText(result.bytes), result.seconds));
    if (result.afterReboot != "systemd" && result.afterReboot != "cron") {
        context.output.text(
            fmt::format("{:<12} its agent ends with a reboot; deploying again starts it", ""));
    }
    if (!result.died.empty()) {
        context.output.text(fmt::format("{:<12} before: {}", "", result.died));
    }
}

/// A node that was taken out had given its tasks away; now it is wanted again.
Result<void> welcomeBack(Context& context, const ClusterFiles& cluster, const ClusterRecord& before) {
    const auto isDeployed = [](const RosterEntry& entry) { return !entry.endpoint.empty(); };
    if (std::none_of(before.nodes.begin(), before.nodes.end(), isDeployed) ||
        std::all_of(before.nodes.begin(), before.nodes.end(), isDeployed)) {
        return {};
    }
    Waiter waiter;
    LONGSHIP_ASSIGN(const auto client, openClientOf(context, cluster));
    const Observing observing(*client, waiter);
    LONGSHIP_TRY(waitUntilReady(*client, waiter));
    for (const RosterEntry& entry : before.nodes) {
        if (!isDeployed(entry)) {
            LONGSHIP_TRY(client->undrain(entry.node));
        }
    }
    return {};
}

Result<ExitCode> deploy(Context& context, const NameOptions& options) {
    LONGSHIP_ASSIGN(const ClusterFiles cluster, findSshCluster(context.home, options.name));
    LONGSHIP_ASSIGN(const ClusterRecord before, readClusterRecord(cluster));
    LONGSHIP_ASSIGN(const auto nodes, someNodes(cluster));
    LONGSHIP_ASSIGN(const Bundle bundle, makeBundle(BundlePrograms::in(context.programFolder)));
    LONGSHIP_ASSIGN(const KeyPair keys, loadClientKey(cluster));
    const auto work = [&](std::stop_token stop) -> Result<ExitCode> {
        TerminalQuestions person(context, stop);
        RememberingQuestions questions(person);
        const auto results =
            deployNodes(nodes, {cluster.name, keys.publicKey, bundle}, {context.ssh->settings, questions},
                        stop, [&](const DeployProgress& now) { showProgress(context, now); });
        context.output.clearStatus();
        for (const NodeDeployment& result : results) {
            showDeployment(context, result);
        }
        const auto failed = std::count_if(results.begin(), results.end(), [](const NodeDeployment& result) {
            return result.error.has_value();
        });
        if (failed > 0) {
            context.output.note(fmt::format("{} of {} nodes failed. The same command goes on with those.",
                                            failed, results.size()));
            return ExitCode::Unreachable;
        }
        std::vector<RosterEntry> agents;
        for (const NodeDeployment& result : results) {
            agents.push_back(result.entry);
        }
        LONGSHIP_ASSIGN(const WayTo wayTo, waysOf(context, cluster, agents, true));
        LONGSHIP_TRY(joinNodes(cluster, results, wayTo));
        return ExitCode::Done;
    };
    LONGSHIP_ASSIGN(const ExitCode done, untilInterrupted(work));
    if (done == ExitCode::Done) {
        LONGSHIP_TRY(welcomeBack(context, cluster, before));
        context.output.event("cluster_ready", {{"cluster", cluster.name}, {"nodes", nodes.size()}});
        context.output.text(
            fmt::format("{0} is ready. Train on it: longship run JOB.yaml --cluster {0}", cluster.name));
    }
    return done;
}

/// Takes the agents off these nodes; the exit code, and what was said about each.
Result<ExitCode> takeOff(Context& context, const ClusterFiles& cluster, const std::vector<SshNode>& nodes) {
    return untilInterrupted([&](std::stop_token stop) -> Result<ExitCode> {
        TerminalQuestions person(context, stop);
        RememberingQuestions questions(person);
        std::vector<NodeId> gone;
        for (const NodeRemoval& result :
             removeFromNodes(nodes, cluster.name, {context.ssh->settings, questions}, stop)) {
            if (result.error) {
                context.output.event("undeploy_failed",
                                     {{"node", result.node.value}, {"error", result.error->text}});
                context.output.text(fmt::format("{:<12} {}", result.node.value, result.error->text));
                continue;
            }
            gone.push_back(result.node);
            context.output.event("undeployed",
                                 {{"node", result.node.value}, {"bytes_freed", result.bytesFreed}});
            context.output.text(
                fmt::format("{:<12} {} freed", result.node.value, bytesText(result.bytesFreed)));
        }
        LONGSHIP_TRY(forgetAgents(cluster, gone));
        return gone.size() == nodes.size() ? ExitCode::Done : ExitCode::Unreachable;
    });
}

Result<ExitCode> undeploy(Context& context, const NameOptions& options) {
    LONGSHIP_ASSIGN(const ClusterFiles cluster, findSshCluster(context.home, options.name));
    LONGSHIP_ASSIGN(const auto nodes, readSshNodes(cluster));
    return takeOff(context, cluster, nodes);
}

Result<ExitCode> forget(Context& context, const NameOptions& options) {
    LONGSHIP_ASSIGN(const ClusterFiles cluster, findSshCluster(context.home, options.name));
    LONGSHIP_TRY(forgetCluster(cluster));
    context.output.event("cluster_forgotten", {{"cluster", options.name}});
    context.output.text(
        fmt::format("The cluster {} is forgotten. Its runs stay in the history.", options.name));
    return ExitCode::Done;
}

}  // namespace

void showProgress(Context& context, const DeployProgress& now) {
    context.output.event("deploy_progress", {{"node", now.node.value},
                                             {"step", now.step},
                                             {"bytes", now.bytes},
                                             {"bytes_total", now.bytesTotal}});
    context.output.status(now.bytesTotal == 0 ? fmt::format("{}: {}", now.node.value, now.step)
                                              : fmt::format("{}: {} {} of {}", now.node.value, now.step,
                                                            bytesText(now.bytes), bytesText(now.bytesTotal)));
}

void addClusterOverSsh(CLI::App& group, Choice& choice) {
    const auto describe = [](CLI::App& verb, NameOptions& options) {
        verb.add_option("NAME", options.name, "Name of the cluster")->required();
    };
    addVerb<NameOptions>(group, choice, "create", "Begin a cluster of machines that are reached over SSH",
                         describe, &create);
    addVerb<NameOptions>(group, choice, "check",
                         "Look what keeps the machines from being a cluster, all at once", describe, &check);
    addVerb<NameOptions>(group, choice, "deploy", "Bring Longship to the machines and start its agents",
                         describe, &deploy);
    addVerb<NameOptions>(
        group, choice, "undeploy",
        "End the agents and remove all that Longship has put there, runs and models included", describe,
        &undeploy);
    addVerb<NameOptions>(group, choice, "forget", "Remove an undeployed cluster from this machine's list",
                         describe, &forget);
}

}  // namespace longship::cli
