#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/domain/run_snapshot.h"
#include "core/protocol/cluster_seat.h"
#include "tests/simulation/simulated_workers.h"
#include "tests/simulation/virtual_time.h"

namespace longship::test {

/// A cluster in one thread with virtual time: real ClusterSeats (logs, coordinators, agent machines) and
/// WorkerMachines; pretended links, processes, disks, a pretended trainer and a client that repeats what is
/// not answered. Everything that happens follows from the seed. After every event the invariants are checked;
/// the first broken one is kept in problem().
class SimulatedCluster {
public:
    SimulatedCluster(std::uint64_t seed, unsigned nodes);
    ~SimulatedCluster();

    VirtualTime& time() { return m_time; }
    SeededRandom& random() { return m_random; }
    SimulatedWorkers& workers() { return m_workers; }
    const std::vector<NodeId>& nodes() const { return m_ids; }
    /// Who leads now; else who did last; else the first.
    const NodeId& leader() const;
    bool isLed() const;

    /// Runs for that long, or until `done` or a broken invariant. True when it ended before the time was up.
    bool runFor(
        Duration duration, const std::function<bool()>& done = [] { return false; });

    // --- What a client does. It asks again, here and there, until it is answered.

    using Request = std::size_t;
    Request submit(std::uint32_t workersWanted, RecoveryPolicy policy = RecoveryPolicy::Auto,
                   const StrategySpec& strategy = {});
    Request execute(const CommandBody& command);
    const std::optional<CommandAnswer>& answerTo(Request request) const;
    std::optional<RunId> runOf(Request request) const;  ///< Of a submit that was answered.

    // --- What goes wrong.

    /// The agent's process dies, its workers with it. `refuses`: the machine says no to new connections;
    /// else it is just silent. `wiped`: its disk is lost, too.
    void crashNode(const NodeId& node, bool refuses, bool wiped = false);
    /// Nothing that is still counted on would be lost with the node's disk.
    bool mayWipe(const NodeId& node) const;
    void startNode(const NodeId& node);
    /// The agent does nothing for that long, then all that waited for it.
    void pauseNode(const NodeId& node, Duration duration);
    /// The link between the two loses what is under way and comes back after that long.
    void breakLink(const NodeId& a, const NodeId& b, Duration duration);
    /// Nothing arrives from one at the other for that long; then it does, in order.
    void stallLink(const NodeId& from, const NodeId& to, Duration duration);
    /// Between these nodes and the others nothing passes for that long: links break, or just carry nothing.
    void partition(const std::set<NodeId>& some, Duration duration, bool links, bool data);
    /// From now on one in so many messages arrives twice; 0: none.
    void setDuplicates(std::uint64_t oneIn) { m_duplicates = oneIn; }
    /// A write takes up to that long until it is durable.
    void setSyncTime(Duration most) { m_syncMax = most; }
    /// Workers started on that node from now on.
    void setWorkerFault(const NodeId& node, WorkerFault fault);
    void setSpawnFails(const NodeId& node, bool fails);
    /// On stderr, what is committed.
    void setTells(bool tells) { m_tells = tells; }

    // --- What is known.

    bool isAlive(const NodeId& node) const;
    const ClusterSeat& seat(const NodeId& node) const { return *m_nodes.at(node).seat; }
    /// What was committed.
    std::vector<RunId> runs() const;
    const std::vector<RunEvent>& events(const RunId& run) const;
    const RunSnapshot& snapshot(const RunId& run) const;
    /// Everything that was ever published.
    const std::set<RowKey>& rows(const RunId& run) const;
    std::vector<NodeView> nodeViews() const;
    bool isAtRest() const;  ///< All runs have ended, everybody knows, and every request was answered.
    std::string describe() const;
    /// Each step of the run has exactly one row, and none is void.
    std::string ledgerProblem(const RunId& run) const;
    /// What was acknowledged is there, once.
    std::string requestProblem() const;
    void countAllTransitions();
    const std::map<std::string, std::uint64_t>& transitions() const { return m_transitions; }
    std::uint64_t leaderships() const { return m_leaders.size(); }

    const std::string& problem() const { return m_problem; }
    std::uint64_t fingerprint() const { return m_fingerprint; }  ///< Of everything that was said.
    std::uint64_t events() const { return m_events; }

private:
    /// One direction.
    struct Link {
        bool up = false;
        std::uint64_t incarnation = 0;
        TimePoint busyUntil;  ///< Order is kept.
        TimePoint stalledUntil;
        TimePoint blockedUntil;  ///< Cannot be connected before.
    };
    struct Node {
        NodeId id;
        bool alive = false;
        bool refuses = true;
        std::uint64_t incarnation = 0;
        std::unique_ptr<ClusterSeat> seat;
        TimePoint pausedUntil;
        std::optional<TimePoint> timerAt;
        WorkerFault workerFault = WorkerFault::None;
        bool spawnFails = false;
        bool syncing = false;
        std::deque<ReplicatedLog::Write> writing;
        // The disk.
        StoredLog log;
        std::map<RunId, std::vector<RunEvent>> history;
        std::map<RunId, std::size_t> synced;  ///< So many of its events survive a crash.
    };
    struct Committed {
        std::vector<RunEvent> events;
        RunSnapshot snapshot;
        std::set<RowKey> rows;
    };
    struct Asked {
        CommandBody body;
        std::optional<CommandAnswer> answer;
        NodeId hint;
    };

    Node& node(const NodeId& id) { return m_nodes.at(id); }
    const Node& node(const NodeId& id) const { return m_nodes.at(id); }
    Link& link(const NodeId& from, const NodeId& to) { return m_links[{from, to}]; }
    /// Calls the node's programs, now or when it is no longer paused, and carries out what they want.
    void call(const NodeId& id, std::function<void(Node&)> action);
    void drain(Node& n);
    void carryOut(Node& n, const AgentAction& action);
    void passOn(const NodeId& id, std::uint64_t incarnation, const TaskKey& task, const Message& message);
    void beginSync(Node& n);
    void compact(Node& n);
    void armTimer(Node& n);
    void ask(Request request);
    void answered(const ClusterSeat::Answer& answer);

    void send(const NodeId& from, const NodeId& to, const Message& message);
    void receive(const NodeId& from, const NodeId& to, const Message& message);
    void connectLater(const NodeId& from, const NodeId& to, Duration delay);
    void disconnect(const NodeId& from, const NodeId& to);
    PullAnswer answerPull(const Node& n, const PullRequest& request) const;
    bool survivesWire(const Message& message);

    void store(Node& n, const RunEvent& event);
    void commit(const NodeId& by, const RunEvent& event);
    void storeRows(const RunId& run, const std::vector<StepRow>& rows);
    void checkWords(const RunEvent& event);
    void checkVoid(const RunId& run, const RowKey& row);
    void checkReturn(const RunId& id, Committed& run, const MembershipCommitted& membership);
    bool isUndone(const RunId& run, const RowKey& row) const;
    bool hasRowsBelow(const RunId& run, Step step) const;
    void checkLeader(const Node& n);
    void checkResults(const RunSnapshot& run);
    void checkTransmit(const Message& message);
    void checkSnapshot(const Node& n, const RunId& run);
    void countTransitions(const Node& n);
    void broken(const std::string& what);
    void note(std::uint64_t value);
    Duration upTo(Duration most);

    VirtualTime m_time;
    SeededRandom m_random;
    SimulatedWorkers m_workers;
    const bool m_encodes;  ///< Every message really crosses the wire.
    std::size_t m_entriesUntilCompaction = 4096;
    std::vector<NodeId> m_ids;
    std::map<NodeId, Node> m_nodes;
    std::map<std::pair<NodeId, NodeId>, Link> m_links;
    std::vector<Asked> m_requests;
    std::map<std::uint64_t, Request> m_tickets;
    std::uint64_t m_lastTicket = 0;
    Duration m_syncMax = std::chrono::milliseconds(3);

    std::map<RunId, Committed> m_committed;
    std::map<Term, NodeId> m_leaders;
    /// What each membership number was given out for: at most one thing.
    std::map<std::pair<RunId, MembershipNumber>, AssignMembership> m_assigned;

    std::string m_problem;
    std::uint64_t m_fingerprint = 0;
    std::uint64_t m_events = 0;
    std::uint64_t m_duplicates = 0;
    bool m_tells = false;
    std::map<std::string, std::uint64_t> m_transitions;
};

}  // namespace longship::test
