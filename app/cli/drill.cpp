#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "app/cli/run_control.h"
#include "app/cli/session.h"

namespace longship::cli {
namespace {

using std::chrono::seconds;

constexpr std::size_t kAllRows = std::size_t{1} << 40;

struct Options {
    std::string run;
    std::string fault;
    std::string node;
    unsigned healSeconds = 10;
};

Result<Fault> readFault(const std::string& text) {
    if (const auto fault = faultFrom(text)) {
        return *fault;
    }
    const std::set<std::string> others{"kill-leader", "slow-link", "partition", "disk-full"};
    return failure(ErrorKind::BadInput,
                   others.contains(text)
                       ? fmt::format("--fault {}: this version does not do that fault. It does: kill-worker, "
                                     "kill-agent, pause.",
                                     text)
                       : fmt::format("--fault {}: expected kill-worker, kill-agent or pause.", text));
}

std::set<NodeId> nodesOf(const RunSnapshot& run) {
    std::set<NodeId> nodes;
    if (!run.memberships.empty()) {
        for (const Member& member : run.memberships.back().members) {
            nodes.insert(member.node);
        }
    }
    return nodes;
}

/// The one that is named, else one that takes part and does not lead.
Result<NodeId> chooseNode(const Client& client, const RunSnapshot& run, const Options& options, Fault fault) {
    const std::set<NodeId> members = nodesOf(run);
    const ClusterView cluster = client.cluster();
    const auto leads = [&](const NodeId& node) {
        return std::any_of(cluster.nodes.begin(), cluster.nodes.end(),
                           [&](const NodeView& view) { return view.node == node && view.leader; });
    };
    if (options.node.empty()) {
        const auto found =
            std::find_if(members.rbegin(), members.rend(), [&](const NodeId& node) { return !leads(node); });
        if (found == members.rend()) {
            return failure(ErrorKind::BadInput,
                           "No node but the leader takes part in the run; name one with --node.");
        }
        return *found;
    }
    const NodeId node(options.node);
    if (!members.contains(node)) {
        return failure(ErrorKind::BadInput,
                       fmt::format("{} does not take part in the run {} now.", node.value, run.run.value));
    }
    if (fault == Fault::KillAgent && leads(node)) {
        return failure(ErrorKind::BadInput,
                       fmt::format("{} leads the cluster; this version does not do that fault.", node.value));
    }
    return node;
}

std::optional<DrillReport> reportOf(const Client& client, const RunId& run, UtcTime faultAt,
                                    std::uint64_t sequenceBefore) {
    const auto snapshot = client.run(run);
    return snapshot
               ? drillReport(*snapshot, client.rows(run, std::nullopt, kAllRows), faultAt, sequenceBefore)
               : std::nullopt;
}

void show(Context& context, const RunId& run, const NodeId& node, Fault fault, const DrillReport& report) {
    context.output.event("drill", {{"run", run.value},
                                   {"fault", toString(fault)},
                                   {"node", node.value},
                                   {"detect_ms", report.detectMs},
                                   {"recover_ms", report.recoverMs},
                                   {"steps_lost", report.stepsLost},
                                   {"steps_redone", report.stepsRedone},
                                   {"samples_lost", report.samplesLost},
                                   {"samples_twice", report.samplesTwice}});
    context.output.text(
        fmt::format("{} on {}: noticed after {:.0f} ms, training again after {:.0f} ms; {} steps "
                    "lost, {} done again; {} samples lost, {} used twice.",
                    toString(fault), node.value, report.detectMs, report.recoverMs, report.stepsLost,
                    report.stepsRedone, grouped(report.samplesLost), grouped(report.samplesTwice)));
}

Result<ExitCode> drill(Context& context, const Options& options) {
    Waiter waiter;
    LONGSHIP_ASSIGN(const Fault fault, readFault(options.fault));
    LONGSHIP_ASSIGN(const OpenRun open, openRun(context, options.run));
    LONGSHIP_ASSIGN(const RunSnapshot before, activeRun(*open.client, open.run));
    if (before.state != RunState::Training) {
        return failure(ErrorKind::BadInput, fmt::format("The run {} is {}; a drill needs one that trains.",
                                                        open.run.value, toString(before.state)));
    }
    LONGSHIP_ASSIGN(const NodeId node, chooseNode(*open.client, before, options, fault));
    const Observing observing(*open.client, waiter);
    const UtcTime faultAt = UtcTime::now();
    LONGSHIP_TRY(open.client->drill(open.run, node, fault, seconds(options.healSeconds)));
    std::optional<DrillReport> report;
    LONGSHIP_TRY(waitUntilDone(
        waiter, fmt::format("{} was done to {} and training should go on", toString(fault), node.value), [&] {
            report = reportOf(*open.client, open.run, faultAt, before.sequence);
            const auto run = open.client->run(open.run);
            return report || !run || isTerminal(run->state);
        }));
    if (!report) {
        const auto run = open.client->run(open.run);
        const std::string state = run ? std::string(toString(run->state)) : "gone";
        const std::string cause = run && run->finished ? " " + run->finished->cause : "";
        context.output.note(fmt::format("The run did not survive {} on {}: it is {}.{}", toString(fault),
                                        node.value, state, cause));
        return ExitCode::RunFailed;
    }
    show(context, open.run, node, fault, *report);
    const bool exact = report->stepsLost == 0 && report->samplesLost == 0 && report->samplesTwice == 0;
    return exact ? ExitCode::Done : ExitCode::RunFailed;
}

}  // namespace

void addDrill(CLI::App& app, Choice& choice) {
    addVerb<Options>(
        app, choice, "drill", "Do a fault on purpose to a run that trains, and report what it cost",
        [](CLI::App& verb, Options& options) {
            addRunArgument(verb, options.run);
            verb.add_option("--fault", options.fault, "kill-worker, kill-agent or pause")->required();
            verb.add_option("--node", options.node, "Where; default: a node of the run that does not lead");
            verb.add_option("--heal", options.healSeconds, "Seconds after which a pause ends by itself")
                ->check(CLI::Range(1, 600))
                ->capture_default_str();
        },
        &drill);
}

}  // namespace longship::cli
