#include "tests/simulation/havoc.h"

#include <algorithm>
#include <iostream>

namespace longship::test {

constexpr std::uint64_t kEventsMin = 2000;  ///< Short histories go on for a while.

using std::chrono::milliseconds;
using std::chrono::seconds;

void Havoc::at(std::uint64_t ms, std::function<void()> action) {
    m_cluster.time().after(milliseconds(ms), std::move(action));
}

void Havoc::plan() {
    SeededRandom& random = m_cluster.random();
    m_cluster.setDuplicates(random.below(2) == 0 ? 0 : 20);
    const std::uint64_t runs = 1 + random.below(3);
    for (std::uint64_t i = 0; i < runs; ++i) {
        const auto workers = static_cast<std::uint32_t>(random.below(m_cluster.nodes().size() + 1));
        const auto policy = random.below(5) == 0 ? RecoveryPolicy::Ask : RecoveryPolicy::Auto;
        at(i == 0 ? 500 : random.below(12'000), [this, workers, policy] {
            const std::optional<RunId> run = m_cluster.submit(workers, policy);
            if (run && m_cluster.random().below(6) == 0) {
                at(m_cluster.random().below(8'000), [this, id = *run] { m_cluster.stop(id); });
            }
        });
    }
    const std::uint64_t faults = 5 + random.below(6);
    for (std::uint64_t i = 0; i < faults; ++i) {
        at(1'000 + random.below(14'000), [this] { strike(); });
    }
    const std::uint64_t commands = random.below(5);
    for (std::uint64_t i = 0; i < commands; ++i) {
        at(1'500 + random.below(14'000), [this] { command(); });
    }
    at(2'000, [this] { attend(); });
}

void Havoc::heal() {
    m_cluster.workers().healData();
    for (const NodeId& node : m_cluster.nodes()) {
        m_cluster.setWorkerFault(node, WorkerFault::None);
        m_cluster.setSpawnFails(node, false);
        m_cluster.startNode(node);
        m_cluster.execute(UndrainNode{node});
    }
}

std::optional<RunId> Havoc::someRun() {
    std::vector<RunId> active;
    for (const RunId& run : m_cluster.runsOf(m_cluster.leader())) {
        if (!isTerminal(m_cluster.snapshot(m_cluster.leader(), run).state)) {
            active.push_back(run);
        }
    }
    return active.empty() ? std::nullopt : std::optional(active[m_cluster.random().below(active.size())]);
}

/// A person looks after paused runs now and then.
void Havoc::attend() {
    for (const RunId& run : m_cluster.runsOf(m_cluster.leader())) {
        if (m_cluster.snapshot(m_cluster.leader(), run).state == RunState::Paused) {
            m_cluster.execute(ResumeRun{run});
        }
    }
    at(2'000 + m_cluster.random().below(4'000), [this] { attend(); });
}

void Havoc::command() {
    SeededRandom& random = m_cluster.random();
    const NodeId node = m_cluster.nodes()[random.below(m_cluster.nodes().size())];
    const std::optional<RunId> run = someRun();
    const std::uint64_t kind = random.below(5);
    if (m_tells) {
        std::cerr << toIso8601(m_cluster.time().wallTime()) << " command " << kind << " about " << node.value
                  << "\n";
    }
    if (kind == 0) {
        m_cluster.execute(DrainNode{node});
    } else if (kind == 1) {
        m_cluster.execute(UndrainNode{node});
    } else if (run && kind == 2) {
        m_cluster.execute(PauseRun{*run});
    } else if (run) {
        const std::string task = "worker-" + std::to_string(random.below(m_cluster.nodes().size()));
        m_cluster.execute(MoveTask{*run, TaskId(task), node});
    }
}

void Havoc::strike() {
    SeededRandom& random = m_cluster.random();
    const NodeId node = m_cluster.nodes()[random.below(m_cluster.nodes().size())];
    const std::vector<TaskKey> running = m_cluster.workers().running();
    const Duration while_ = milliseconds(50 + random.below(6'000));
    const std::uint64_t kind = random.below(16);
    if (m_tells) {
        std::cerr << toIso8601(m_cluster.time().wallTime()) << " fault " << kind << " on " << node.value
                  << " for " << toSeconds(while_) << " s\n";
    }
    if (kind <= 3) {
        if (!running.empty()) {
            m_cluster.workers().crash(running[random.below(running.size())], "killed by signal 9 (SIGKILL)");
        }
    } else if (kind == 4) {
        if (!running.empty()) {
            m_cluster.workers().hang(running[random.below(running.size())]);
        }
    } else {
        strikeNode(kind, node, while_);
    }
}

void Havoc::strikeNode(std::uint64_t kind, const NodeId& node, Duration while_) {
    SeededRandom& random = m_cluster.random();
    switch (kind) {
        case 5:
        case 6:
            m_cluster.crashNode(node, random.below(2) == 0);
            m_cluster.time().after(while_, [this, node] { m_cluster.startNode(node); });
            break;
        case 7: m_cluster.pauseNode(node, while_); break;
        case 8:
        case 9: m_cluster.breakLink(node, while_); break;
        case 10: m_cluster.stallLink(node, while_); break;
        case 11: m_cluster.stallOneWay(node, random.below(2) == 0, while_); break;
        case 12:
        case 13: {
            const NodeId other = m_cluster.nodes()[random.below(m_cluster.nodes().size())];
            if (other != node) {
                m_cluster.workers().cutData(node, other, while_);
            }
            break;
        }
        case 14: m_cluster.setSpawnFails(node, true); break;
        default:
            m_cluster.setWorkerFault(node, static_cast<WorkerFault>(1 + random.below(5)));
            m_cluster.time().after(while_,
                                   [this, node] { m_cluster.setWorkerFault(node, WorkerFault::None); });
            break;
    }
}

namespace {

std::string describeState(const SimulatedCluster& cluster) {
    std::string text;
    for (const NodeId& node : cluster.nodes()) {
        text += node.value + (cluster.isAlive(node) ? "" : " (down)") + ":";
        for (const RunId& run : cluster.runsOf(node)) {
            const RunSnapshot snapshot = cluster.snapshot(node, run);
            text += " " + run.value + "=" + std::string(toString(snapshot.state)) + "/" +
                    std::to_string(snapshot.sequence) +
                    (snapshot.finished ? " (" + snapshot.finished->cause + ")" : "");
        }
        text += "\n";
    }
    return text;
}

/// What must be true when all is over.
std::string problemAtTheEnd(SimulatedCluster& cluster) {
    for (const RunId& run : cluster.runsOf(cluster.leader())) {
        const RunSnapshot snapshot = cluster.snapshot(cluster.leader(), run);
        const std::string where = "run " + run.value + ": ";
        if (snapshot.state == RunState::Completed) {
            if (const std::string problem = cluster.ledgerProblem(run); !problem.empty()) {
                return where + problem;
            }
            const Step total = cluster.workers().stepsTotalOf(run);
            // A worker alone that computes nonsense is not found out.
            const std::string& hash = snapshot.finished->parameterHash;
            const std::string expected = std::to_string(cluster.workers().stateAfter(run, total));
            if (!snapshot.model || snapshot.finished->steps != total || (hash != expected && hash != "odd")) {
                return where + "it did not end with the model of an undisturbed run";
            }
        } else if (snapshot.finished->cause.empty()) {
            return where + "no cause is told";
        }
        if (snapshot.state == RunState::Failed && snapshot.incidents.empty()) {
            return where + "it failed without an incident";
        }
        for (const auto& [task, view] : snapshot.tasks) {
            if (view.state != TaskState::Exited) {
                return where + task.value + " is not told to have ended";
            }
        }
        if (snapshot.state == RunState::Completed) {
            for (const TimedIncident& incident : snapshot.incidents) {
                if (!incident.resolved) {
                    return where + "it completed, but \"" + incident.incident.what + "\" is not over";
                }
            }
        }
    }
    return {};
}

void count(SimulatedCluster& cluster, Tally& tally) {
    for (const RunId& run : cluster.runsOf(cluster.leader())) {
        const RunSnapshot snapshot = cluster.snapshot(cluster.leader(), run);
        ++tally.endings[snapshot.state];
        tally.memberships += snapshot.memberships.size();
    }
    for (const auto& [name, times] : cluster.transitions()) {
        tally.transitions[name] += times;
    }
    tally.events += cluster.events();
    tally.eventsMin = std::min(tally.eventsMin, cluster.events());
}

}  // namespace

std::string simulate(std::uint64_t seed, Tally& tally, std::uint64_t* fingerprint, bool tells) {
    SimulatedCluster cluster(seed, 5 + static_cast<unsigned>(seed % 3));
    Havoc havoc(cluster, tells);
    cluster.setTells(tells);
    havoc.plan();
    cluster.runFor(seconds(22));
    havoc.heal();
    const bool ended = cluster.runFor(seconds(900), [&] {
        return cluster.workers().running().empty() && cluster.allRunsEnded() && cluster.allLogsEqual();
    });
    while (cluster.events() < kEventsMin && cluster.problem().empty()) {
        cluster.runFor(seconds(1));
    }
    if (fingerprint != nullptr) {
        *fingerprint = cluster.fingerprint();
    }
    if (!cluster.problem().empty()) {
        return cluster.problem();
    }
    if (!ended) {
        return "not at rest after 900 s\n" + describeState(cluster) +
               std::to_string(cluster.workers().running().size()) + " workers left";
    }
    cluster.countAllTransitions();
    count(cluster, tally);
    return problemAtTheEnd(cluster);
}

}  // namespace longship::test
