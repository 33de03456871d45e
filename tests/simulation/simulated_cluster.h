#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/domain/run_snapshot.h"
#include "core/protocol/agent_machine.h"
#include "core/protocol/coordinator.h"
#include "tests/simulation/simulated_workers.h"
#include "tests/simulation/virtual_time.h"

namespace longship::test {

/// A cluster in one thread with virtual time: real Coordinator, AgentMachines and WorkerMachines; pretended
/// links, processes, disks and a pretended trainer. Every message is really encoded and decoded. Everything
/// that happens follows from the seed. After every event the invariants are checked; the first broken one is
/// kept in problem().
class SimulatedCluster {
public:
    SimulatedCluster(std::uint64_t seed, unsigned nodes);
    ~SimulatedCluster();

    VirtualTime& time() { return m_time; }
    SeededRandom& random() { return m_random; }
    SimulatedWorkers& workers() { return m_workers; }
    const std::vector<NodeId>& nodes() const { return m_ids; }
    const NodeId& leader() const { return m_ids[0]; }

    /// Runs for that long, or until `done` or a broken invariant. True when it ended before the time was up.
    bool runFor(
        Duration duration, const std::function<bool()>& done = [] { return false; });

    // --- What a client does. None when the leader is not there.

    std::optional<RunId> submit(std::uint32_t workersWanted, RecoveryPolicy policy = RecoveryPolicy::Auto);
    void stop(const RunId& run);
    /// Whatever comes of it.
    void execute(const CommandBody& command);

    // --- What goes wrong.

    /// The agent's process dies, its workers with it. `refuses`: the machine says no to new connections;
    /// else it is just silent.
    void crashNode(const NodeId& node, bool refuses);
    void startNode(const NodeId& node);
    /// The agent does nothing for that long, then all that waited for it.
    void pauseNode(const NodeId& node, Duration duration);
    /// The node's link to the leader loses what is under way and comes back after that long.
    void breakLink(const NodeId& node, Duration duration);
    /// Nothing arrives for that long, in either direction; then it does, in order.
    void stallLink(const NodeId& node, Duration duration);
    /// As before, but in one direction only.
    void stallOneWay(const NodeId& node, bool toLeader, Duration duration);
    /// From now on one in so many messages arrives twice; 0: none.
    /// On stderr, what the leader records.
    void setTells(bool tells) { m_tells = tells; }
    void setDuplicates(std::uint64_t oneIn) { m_duplicates = oneIn; }
    /// Workers started on that node from now on.
    void setWorkerFault(const NodeId& node, WorkerFault fault);
    void setSpawnFails(const NodeId& node, bool fails);

    // --- What is known.

    bool isAlive(const NodeId& node) const;
    const std::vector<RunEvent>& log(const NodeId& node, const RunId& run) const;
    std::vector<RunId> runsOf(const NodeId& node) const;
    RunSnapshot snapshot(const NodeId& node, const RunId& run) const;
    std::vector<NodeView> nodeViews() const;
    bool allRunsEnded() const;  ///< At every node that is alive.
    bool allLogsEqual() const;  ///< To the leader's.
    const std::set<RowKey>& rows(const NodeId& node, const RunId& run) const;
    /// Each step of the run has exactly one row at the leader, and none is void.
    std::string ledgerProblem(const RunId& run) const;
    void countAllTransitions() { countTransitions(node(leader())); }
    const std::map<std::string, std::uint64_t>& transitions() const { return m_transitions; }

    const std::string& problem() const { return m_problem; }
    std::uint64_t fingerprint() const { return m_fingerprint; }  ///< Of everything that was said.
    std::uint64_t events() const { return m_events; }

private:
    struct Link {
        bool up = false;
        std::uint64_t incarnation = 0;
        TimePoint busyUntil[2];  ///< Order is kept in each direction.
        TimePoint stalledUntil[2];
    };
    struct Node {
        NodeId id;
        bool alive = false;
        bool refuses = true;
        std::uint64_t incarnation = 0;
        std::unique_ptr<AgentMachine> agent;
        std::unique_ptr<Coordinator> coordinator;
        Link link;
        TimePoint pausedUntil;
        std::optional<TimePoint> timerAt;
        WorkerFault workerFault = WorkerFault::None;
        bool spawnFails = false;
        // The disk.
        std::map<RunId, std::vector<RunEvent>> history;
        std::map<RunId, std::set<RowKey>> rows;
        std::set<NodeId> drained;
        Term lastTerm = 0;
    };

    Node& node(const NodeId& id) { return m_nodes.at(id); }
    const Node& node(const NodeId& id) const { return m_nodes.at(id); }
    /// Calls the node's programs, now or when it is no longer paused, and carries out what they want.
    void call(const NodeId& id, std::function<void(Node&)> action);
    void drain(Node& n);
    void drainCoordinator(Node& n);
    void drainAgent(Node& n);
    void carryOut(Node& n, const AgentAction& action);
    void armTimer(Node& n);
    void send(const NodeId& from, const NodeId& to, const Message& message);
    void receive(const NodeId& from, const NodeId& to, const Message& message);
    void connectLater(const NodeId& id, Duration delay);
    PullAnswer answerPull(const Node& leaderNode, const PullRequest& request) const;

    void store(Node& n, const RunEvent& event);
    void storeRows(Node& n, const RunId& run, const std::vector<StepRow>& rows);
    void checkVoid(const RunId& run, const RowKey& row);
    void countTransitions(Node& n);
    void checkTransmit(const Node& leaderNode, const Message& message);
    void checkSnapshot(const Node& n, const RunId& run);
    void broken(const std::string& what);
    void note(std::uint64_t value);

    VirtualTime m_time;
    SeededRandom m_random;
    SimulatedWorkers m_workers;
    std::vector<NodeId> m_ids;
    std::map<NodeId, Node> m_nodes;
    std::string m_problem;
    std::uint64_t m_fingerprint = 0;
    std::uint64_t m_events = 0;
    std::uint64_t m_duplicates = 0;
    bool m_tells = false;
    std::map<std::string, std::uint64_t> m_transitions;
    /// What each membership number was given out for: at most one thing.
    std::map<std::pair<RunId, MembershipNumber>, AssignMembership> m_assigned;
};

}  // namespace longship::test
