#include "app/cli/takeover.h"

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/Option.hpp>

#include <algorithm>

#include "app/cli/session.h"

namespace longship::cli {
namespace {

struct Options {
    std::string cluster{kDemoCluster};
    bool yes = false;
};

nlohmann::json logsOf(const TakeoverOutlook& outlook) {
    nlohmann::json logs = nlohmann::json::array();
    for (const LogStanding& one : outlook.logs) {
        logs.push_back({{"node", one.node.value}, {"answers", one.answers}, {"entries", one.entries}});
    }
    return logs;
}

std::string warning(const std::string& cluster, const TakeoverOutlook& outlook) {
    std::string text =
        fmt::format("The cluster {} has no leader, and not enough agents to elect one.\n", cluster);
    std::string left;
    for (const LogStanding& one : outlook.logs) {
        text += one.answers
                    ? fmt::format("  {:<10} answers, {} entries of the log\n", one.node.value, one.entries)
                    : fmt::format("  {:<10} does not answer\n", one.node.value);
        left += one.answers ? "" : (left.empty() ? "" : ", ") + one.node.value;
    }
    text += fmt::format(
        "{} would go on with those that answer. What only {} knows of is lost: the last steps, checkpoints "
        "and "
        "commands. When it comes back it joins, and whatever it did meanwhile is void. Do this only when it "
        "is "
        "gone for good or for long.",
        outlook.founder.value, left.empty() ? "somebody else" : left);
    return text;
}

/// False unless the person says yes: the default is no.
Result<bool> confirm(Context& context, const std::string& cluster) {
    if (context.output.isJson() || ::isatty(STDIN_FILENO) == 0) {
        return failure(ErrorKind::BadInput, fmt::format("Nobody can be asked here. If that is what you want: "
                                                        "longship cluster takeover {} --yes",
                                                        cluster));
    }
    context.output.note("Go on without them? [yes/NO]");
    char line[64];
    const ssize_t count = ::read(STDIN_FILENO, line, sizeof line);
    return std::string_view(line, count < 0 ? 0 : static_cast<std::size_t>(count)) == "yes\n";
}

Result<ExitCode> takeover(Context& context, const Options& options) {
    const auto names = knownClusters(context.home);
    if (std::find(names.begin(), names.end(), options.cluster) == names.end()) {
        return failure(ErrorKind::NotFound, fmt::format("There is no cluster {}. Known: {}.", options.cluster,
                                                        fmt::join(names, ", ")));
    }
    LONGSHIP_ASSIGN(
        const auto client,
        openClientOf(context, {options.cluster, context.home.data / "clusters" / options.cluster}));
    LONGSHIP_ASSIGN(const TakeoverOutlook outlook, client->takeoverOutlook());
    context.output.event(
        "takeover_outlook",
        {{"cluster", options.cluster}, {"founder", outlook.founder.value}, {"logs", logsOf(outlook)}});
    context.output.note(warning(options.cluster, outlook));
    if (!options.yes) {
        LONGSHIP_ASSIGN(const bool sure, confirm(context, options.cluster));
        if (!sure) {
            context.output.text("Nothing was taken over.");
            return ExitCode::Done;
        }
    }
    LONGSHIP_TRY(client->takeOver(outlook.founder));
    context.output.event("taken_over", {{"cluster", options.cluster}, {"leader", outlook.founder.value}});
    context.output.text(fmt::format("{} leads the cluster {} now.", outlook.founder.value, options.cluster));
    return ExitCode::Done;
}

}  // namespace

void addTakeover(CLI::App& cluster, Choice& choice) {
    addVerb<Options>(
        cluster, choice, "takeover", "Go on without a majority of the agents, when those are gone for good",
        [](CLI::App& verb, Options& options) {
            verb.add_option("CLUSTER", options.cluster, "Name of the cluster")->capture_default_str();
            verb.add_flag("--yes", options.yes, "Do not ask");
        },
        &takeover);
}

}  // namespace longship::cli
