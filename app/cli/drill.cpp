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

constexpr std::string_view kFaults =
    "kill-worker, kill-agent, kill-leader, pause, slow-link, partition or disk-full";
// After a fault has healed: by then an incident would have come.
constexpr seconds kSettle{4};

Result<Fault> readFault(const std::string& text) {
    if (const auto fault = faultFrom(text)) {
        return *fault;
    }
    return failure(ErrorKind::BadInput, fmt::format("--fault {}: expected {}.", text, kFaults));
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

Result<NodeId> leaderOf(const Client& client, const Options& options) {
    for (const NodeView& view : client.cluster().nodes) {
        if (view.leader) {
            if (!options.node.empty() && options.node != view.node.value) {
                return failure(ErrorKind::BadInput,
                               fmt::format("--node {}: the leader is {}.", options.node, view.node.value));
            }
            return view.node;
        }
    }
    return failure(ErrorKind::Unavailable, "The cluster has no leader now.");
}

/// The one that is named, else one that takes part and does not lead.
Result<NodeId> chooseNode(const Client& client, const RunSnapshot& run, const Options& options, Fault fault) {
    if (fault == Fault::KillLeader) {
        return leaderOf(client, options);
    }
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
    return node;
}

/// Watches what comes of a fault.
class Aftermath {
public:
    Aftermath(const Client& client, const RunSnapshot& before, TimePoint faultAt, Fault fault, seconds heal)
        : m_client(client),
          m_run(before.run),
          m_sequenceBefore(before.sequence),
          m_faultAt(faultAt),
          m_settledAt(healsByItself(fault) ? faultAt + heal + kSettle : TimePoint::max()) {}

    const std::optional<DrillReport>& report() const { return m_report; }

    /// True when nothing more is to be waited for.
    bool isOver() {
        const auto run = m_client.run(m_run);
        if (!run) {
            return true;
        }
        const std::vector<StepRow> rows = m_client.rows(m_run, std::nullopt, kAllRows);
        m_report = drillReport(*run, rows, onLeadersClock(m_faultAt), m_sequenceBefore, rodeOut(*run, rows));
        return m_report || isTerminal(run->state);
    }

private:
    bool rodeOut(const RunSnapshot& run, const std::vector<StepRow>& rows) {
        if (run.state == RunState::Completed) {
            return true;
        }
        if (BootClock::now() < m_settledAt || rows.empty()) {
            return false;
        }
        const RowKey last = rows.back().key;
        m_rowWhenSettled = m_rowWhenSettled.value_or(last);
        return m_rowWhenSettled < last;
    }

    UtcTime onLeadersClock(TimePoint time) const {
        const auto clock = m_client.cluster().leaderClock;
        const auto sinceBoot = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch());
        return UtcTime{clock.value_or(UtcTime{}).microseconds + sinceBoot.count()};
    }

    const Client& m_client;
    const RunId m_run;
    const std::uint64_t m_sequenceBefore;
    const TimePoint m_faultAt;
    const TimePoint m_settledAt;
    std::optional<RowKey> m_rowWhenSettled;
    std::optional<DrillReport> m_report;
};

nlohmann::json orNull(std::optional<double> value) {
    return value ? nlohmann::json(*value) : nlohmann::json();
}

void show(Context& context, const RunId& run, const NodeId& node, Fault fault, const DrillReport& report) {
    context.output.event("drill", {{"run", run.value},
                                   {"fault", toString(fault)},
                                   {"node", node.value},
                                   {"detect_ms", orNull(report.detectMs)},
                                   {"recover_ms", orNull(report.recoverMs)},
                                   {"steps_lost", report.stepsLost},
                                   {"steps_redone", report.stepsRedone},
                                   {"samples_lost", report.samplesLost},
                                   {"samples_twice", report.samplesTwice}});
    const std::string times = report.detectMs
                                  ? fmt::format("noticed after {:.0f} ms, training again after {:.0f} ms",
                                                *report.detectMs, *report.recoverMs)
                                  : "training went on through it with the same members";
    context.output.text(
        fmt::format("{} on {}: {}; {} steps lost, {} done again; {} samples lost, {} used twice.",
                    toString(fault), node.value, times, report.stepsLost, report.stepsRedone,
                    grouped(report.samplesLost), grouped(report.samplesTwice)));
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
    const TimePoint faultAt = BootClock::now();
    const seconds heal(options.healSeconds);
    LONGSHIP_TRY(open.client->drill(open.run, node, fault, heal));
    Aftermath aftermath(*open.client, before, faultAt, fault, heal);
    LONGSHIP_TRY(waitUntilDone(
        waiter, fmt::format("{} was done to {} and training should go on", toString(fault), node.value),
        [&] { return aftermath.isOver(); }, heal + std::chrono::minutes(1)));
    const std::optional<DrillReport>& report = aftermath.report();
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
            verb.add_option("--fault", options.fault, std::string(kFaults))->required();
            verb.add_option(
                "--node", options.node,
                "Where; default: a node of the run that does not lead, with kill-leader the one that does");
            verb.add_option("--heal", options.healSeconds,
                            "Seconds after which a fault other than a kill ends by itself")
                ->check(CLI::Range(1, 600))
                ->capture_default_str();
        },
        &drill);
}

}  // namespace longship::cli
