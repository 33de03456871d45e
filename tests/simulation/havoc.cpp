#include "tests/simulation/havoc.h"

#include <algorithm>
#include <array>
#include <iostream>

#include "core/domain/task_kind.h"

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
    m_cluster.setSyncTime(milliseconds(std::array{1, 3, 30, 200}[random.below(4)]));
    const std::uint64_t runs = 1 + random.below(3);
    for (std::uint64_t i = 0; i < runs; ++i) {
        const auto workers = static_cast<std::uint32_t>(random.below(m_cluster.nodes().size() + 1));
        const auto policy = random.below(5) == 0 ? RecoveryPolicy::Ask : RecoveryPolicy::Auto;
        const StrategySpec strategy = someStrategy();
        at(i == 0 ? 500 : random.below(12'000), [this, workers, policy, strategy] {
            const SimulatedCluster::Request request = m_cluster.submit(workers, policy, strategy);
            if (m_cluster.random().below(6) == 0) {
                at(m_cluster.random().below(8'000), [this, request] {
                    if (const auto run = m_cluster.runOf(request)) {
                        m_cluster.execute(StopRun{*run});
                    }
                });
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
    if (random.below(2) == 0) {
        m_cluster.workers().setCheckpoints(5 + random.below(40));
    }
    if (random.below(6) == 0) {
        at(3'000 + random.below(12'000), [this] { strikeAll(); });
    }
}

/// Every third run has servers.
StrategySpec Havoc::someStrategy() {
    SeededRandom& random = m_cluster.random();
    StrategySpec strategy;
    if (random.below(3) == 0) {
        strategy.kind = StrategyKind::ParameterServer;
        strategy.servers = static_cast<std::uint32_t>(1 + random.below(3));
        strategy.backup = random.below(3) > 0;
    }
    return strategy;
}

/// The power of the whole cluster: every agent and worker dies within a moment.
void Havoc::strikeAll() {
    if (m_tells) {
        std::cerr << toIso8601(m_cluster.time().wallTime()) << " all die\n";
    }
    const bool refuse = m_cluster.random().below(2) == 0;
    for (const NodeId& node : m_cluster.nodes()) {
        at(m_cluster.random().below(200), [this, node, refuse] {
            m_cluster.crashNode(node, refuse);
            at(200 + m_cluster.random().below(6'000), [this, node] { m_cluster.startNode(node); });
        });
    }
    ++m_clustersLost;
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
    for (const RunId& run : m_cluster.runs()) {
        if (!isTerminal(m_cluster.snapshot(run).state)) {
            active.push_back(run);
        }
    }
    return active.empty() ? std::nullopt : std::optional(active[m_cluster.random().below(active.size())]);
}

/// A person looks after paused runs now and then.
void Havoc::attend() {
    for (const RunId& run : m_cluster.runs()) {
        if (m_cluster.snapshot(run).state == RunState::Paused) {
            m_cluster.execute(ResumeRun{run});
        }
    }
    at(2'000 + m_cluster.random().below(4'000), [this] { attend(); });
}

const NodeId& Havoc::anyNode() {
    return m_cluster.nodes()[m_cluster.random().below(m_cluster.nodes().size())];
}

NodeId Havoc::victim() {
    return m_cluster.random().below(2) == 0 ? m_cluster.leader() : anyNode();
}

void Havoc::command() {
    SeededRandom& random = m_cluster.random();
    const NodeId node = anyNode();
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
        const auto number = static_cast<std::uint32_t>(random.below(m_cluster.nodes().size()));
        const TaskId task = random.below(3) == 0 ? serverTask(number % 3) : workerTask(number);
        m_cluster.execute(MoveTask{*run, task, node});
    }
}

void Havoc::strike() {
    SeededRandom& random = m_cluster.random();
    const NodeId node = victim();
    const std::vector<TaskKey> running = m_cluster.workers().running();
    const Duration while_ = milliseconds(50 + random.below(6'000));
    const std::uint64_t kind = random.below(20);
    if (m_tells) {
        std::cerr << toIso8601(m_cluster.time().wallTime()) << " fault " << kind << " on " << node.value
                  << " for " << toSeconds(while_) << " s\n";
    }
    if (kind <= 2) {
        if (!running.empty()) {
            m_cluster.workers().crash(running[random.below(running.size())], "killed by signal 9 (SIGKILL)");
        }
    } else if (kind == 3) {
        if (!running.empty()) {
            m_cluster.workers().hang(running[random.below(running.size())]);
        }
    } else if (kind <= 11) {
        strikeNode(kind, node, while_);
    } else {
        strikeLinks(kind, node, while_);
    }
}

void Havoc::strikeNode(std::uint64_t kind, const NodeId& node, Duration while_) {
    SeededRandom& random = m_cluster.random();
    const auto crash = [&](bool wiped) {
        m_cluster.crashNode(node, random.below(2) == 0, wiped);
        m_cluster.time().after(while_, [this, node] { m_cluster.startNode(node); });
    };
    switch (kind) {
        case 4:
        case 5:
        case 6: crash(false); break;
        case 7: {
            // A second one only when the first was replaced by another voter.
            const bool may = m_cluster.mayWipe(node) && m_cluster.time().now() - m_wipedAt > seconds(10);
            if (may) {
                m_wipedAt = m_cluster.time().now();
                ++m_disksLost;
            }
            crash(may);
            break;
        }
        case 8:
        case 9: m_cluster.pauseNode(node, while_); break;
        case 10: m_cluster.setSpawnFails(node, true); break;
        default:
            m_cluster.setWorkerFault(node, static_cast<WorkerFault>(1 + random.below(5)));
            m_cluster.time().after(while_,
                                   [this, node] { m_cluster.setWorkerFault(node, WorkerFault::None); });
            break;
    }
}

void Havoc::strikeLinks(std::uint64_t kind, const NodeId& node, Duration while_) {
    SeededRandom& random = m_cluster.random();
    const NodeId other = anyNode();
    switch (kind) {
        case 12:
        case 13: m_cluster.breakLink(node, other, while_); break;
        case 14:
            for (const NodeId& to : m_cluster.nodes()) {
                m_cluster.breakLink(node, to, while_);
            }
            break;
        case 15: m_cluster.stallLink(node, other, while_); break;
        case 16: m_cluster.partition({node}, while_, random.below(2) == 0, random.below(2) == 0); break;
        case 17: {
            std::set<NodeId> side{node};
            for (const NodeId& one : m_cluster.nodes()) {
                if (random.below(2) == 0) {
                    side.insert(one);
                }
            }
            m_cluster.partition(side, while_, random.below(2) == 0, random.below(2) == 0);
            break;
        }
        default:
            if (other != node) {
                m_cluster.workers().cutData(node, other, while_);
            }
            break;
    }
}

namespace {

/// What must be true when all is over.
std::string problemAtTheEnd(SimulatedCluster& cluster) {
    for (const RunId& run : cluster.runs()) {
        const RunSnapshot& snapshot = cluster.snapshot(run);
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
    return cluster.requestProblem();
}

std::uint64_t returnsOf(const RunSnapshot& snapshot) {
    return static_cast<std::uint64_t>(
        std::count_if(snapshot.memberships.begin(), snapshot.memberships.end(),
                      [](const MembershipCommitted& membership) { return membership.fromCheckpoint; }));
}

void count(SimulatedCluster& cluster, Tally& tally) {
    for (const RunId& run : cluster.runs()) {
        const RunSnapshot& snapshot = cluster.snapshot(run);
        ++tally.endings[snapshot.state];
        const bool served = snapshot.tasks.contains(serverTask(0));
        tally.served += served && snapshot.state == RunState::Completed ? 1 : 0;
        tally.servedReturns += served ? returnsOf(snapshot) : 0;
        tally.returns += returnsOf(snapshot);
        tally.memberships += snapshot.memberships.size();
    }
    tally.leaderships += cluster.leaderships();
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
    const bool ended =
        cluster.runFor(seconds(900), [&] { return !cluster.workers().anyRunning() && cluster.isAtRest(); });
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
        return "not at rest after 900 s\n" + cluster.describe() +
               std::to_string(cluster.workers().running().size()) + " workers left";
    }
    cluster.countAllTransitions();
    count(cluster, tally);
    tally.disksLost += havoc.disksLost();
    tally.clustersLost += havoc.clustersLost();
    return problemAtTheEnd(cluster);
}

}  // namespace longship::test
