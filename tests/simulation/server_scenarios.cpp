#include "tests/simulation/server_scenarios.h"

#include <algorithm>

#include "core/domain/task_kind.h"
#include "tests/simulation/simulated_cluster.h"

namespace longship::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Two workers and two servers on four nodes, in training.
struct ServedTraining {
    ServedTraining(std::uint64_t seed, bool backup) : cluster(seed, 4) {
        cluster.workers().setStepsTotal(150);
        StrategySpec strategy;
        strategy.kind = StrategyKind::ParameterServer;
        strategy.servers = 2;
        strategy.backup = backup;
        cluster.runFor(seconds(10), [this] {
            const std::vector<NodeView> views = cluster.nodeViews();
            return !views.empty() && std::all_of(views.begin(), views.end(), [](const NodeView& view) {
                return view.state == NodeState::Ready;
            });
        });
        const SimulatedCluster::Request request = cluster.submit(2, RecoveryPolicy::Auto, strategy);
        began = cluster.runFor(seconds(10), [this, request] {
            run = cluster.runOf(request);
            return run && snapshot().state == RunState::Training && cluster.rows(*run).size() > 3;
        });
    }

    const RunSnapshot& snapshot() const { return cluster.snapshot(*run); }
    TaskKey keyOf(const TaskId& task) const { return {*run, task, snapshot().tasks.at(task).generation}; }

    /// To the end: what is wrong with it.
    std::string end() {
        cluster.runFor(seconds(120),
                       [this] { return !cluster.workers().anyRunning() && cluster.isAtRest(); });
        if (!cluster.problem().empty()) {
            return cluster.problem();
        }
        if (snapshot().state != RunState::Completed) {
            return "it is " + std::string(toString(snapshot().state)) + "\n" + cluster.describe();
        }
        const auto back = std::any_of(snapshot().memberships.begin(), snapshot().memberships.end(),
                                      [](const MembershipCommitted& m) { return m.fromCheckpoint; });
        const std::string expected = std::to_string(cluster.workers().stateAfter(*run, 150));
        if (back || snapshot().finished->parameterHash != expected) {
            return "it did not go on with what the servers had";
        }
        return cluster.ledgerProblem(*run);
    }

    SimulatedCluster cluster;
    std::optional<RunId> run;
    bool began = false;
};

}  // namespace

ServerHistory loseAServer(std::uint64_t seed) {
    ServedTraining training(seed, true);
    SimulatedCluster& cluster = training.cluster;
    if (!training.began) {
        return {"it did not begin\n" + cluster.describe()};
    }
    cluster.runFor(std::chrono::microseconds(cluster.random().below(1'500'000)));
    if (seed % 4 < 2) {
        // Right after a worker has applied a step: what it was served must be elsewhere already.
        const std::size_t rows = cluster.rows(*training.run).size();
        cluster.runFor(seconds(1), [&] { return cluster.rows(*training.run).size() > rows; });
    }
    const TaskId victim = serverTask(static_cast<std::uint32_t>(seed % 2));
    const NodeId node(training.snapshot().tasks.at(victim).node);
    if (seed / 2 % 3 == 0 && node != cluster.leader()) {
        cluster.crashNode(node, true);
        cluster.time().after(seconds(3), [&cluster, node] { cluster.startNode(node); });
    } else {
        cluster.workers().crash(training.keyOf(victim), "killed by signal 9 (SIGKILL)");
    }
    ServerHistory history{training.end()};
    for (const TimedIncident& incident : training.snapshot().incidents) {
        const double lost = incident.resolved ? incident.resolved->secondsLost : 0;
        history.secondsLost = std::max(history.secondsLost, lost);
    }
    if (history.problem.empty() && training.snapshot().incidents.empty()) {
        history.problem = "nobody was told of the loss";
    }
    return history;
}

ServerHistory sendAServerAway(std::uint64_t seed) {
    ServedTraining training(seed, false);
    SimulatedCluster& cluster = training.cluster;
    if (!training.began) {
        return {"it did not begin\n" + cluster.describe()};
    }
    cluster.runFor(std::chrono::microseconds(cluster.random().below(1'500'000)));
    const auto nodeOf = [&](const TaskId& task) { return NodeId(training.snapshot().tasks.at(task).node); };
    const TaskId server = serverTask(static_cast<std::uint32_t>(seed % 2));
    NodeId goal;
    for (const NodeId& node : cluster.nodes()) {
        const bool free = nodeOf(serverTask(0)) != node && nodeOf(serverTask(1)) != node;
        goal = free ? node : goal;
    }
    const auto request = seed % 4 < 2 ? cluster.execute(DrainNode{nodeOf(server)})
                                      : cluster.execute(MoveTask{*training.run, server, goal});
    if (seed % 3 == 0) {
        // A worker dies while it leaves: the membership in which it hands over is tried again.
        cluster.time().after(milliseconds(cluster.random().below(1'200)), [&] {
            const std::optional<RunId>& run = training.run;
            if (!isTerminal(cluster.snapshot(*run).state)) {
                cluster.workers().crash(training.keyOf(workerTask(1)), "killed by signal 9 (SIGKILL)");
            }
        });
    }
    ServerHistory history{training.end()};
    const auto& answer = cluster.answerTo(request);
    if (history.problem.empty() && answer && answer->error) {
        history.problem = answer->error->text;
    }
    const std::vector<Member>& last = training.snapshot().memberships.back().members;
    const auto stayed = std::any_of(last.begin(), last.end(), [&](const Member& member) {
        return member.task == server && (seed % 4 < 2 || member.node != goal);
    });
    if (history.problem.empty() && stayed) {
        history.problem = server.value + " is still where it was";
    }
    return history;
}

}  // namespace longship::test
