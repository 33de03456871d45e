#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "agent/daemon/agent_options.h"
#include "agent/daemon/client_desk.h"
#include "agent/daemon/cluster_links.h"
#include "agent/daemon/log_writer.h"
#include "agent/daemon/node_faults.h"
#include "agent/daemon/run_heads.h"
#include "agent/daemon/run_mirror.h"
#include "agent/daemon/worker_processes.h"
#include "agent/supervision/agent_home.h"
#include "agent/supervision/checkpoint_shelf.h"
#include "agent/supervision/peer_rules.h"
#include "core/history/history.h"
#include "core/protocol/cluster_seat.h"
#include "core/telemetry/node_probe.h"
#include "core/transport/control.h"

namespace longship {

/// The agent's one thread: receive, handle, timers, transmit, publish. It decides nothing about runs, nor who
/// leads (that is ClusterSeat's), and keeps the order that matters: nothing is said or done that depends on a
/// write before the disk has it.
class AgentLoop {
public:
    /// Opens history and sockets, and publishes the endpoint. SIGTERM and SIGINT must be blocked already, so
    /// that no thread made here takes them; the loop waits for them.
    static Result<std::unique_ptr<AgentLoop>> create(AgentHome& home, AgentOptions options);
    ~AgentLoop();

    /// Until a signal, the owner or idleness ends it; all workers are gone then.
    void run();

private:
    struct Visitor {
        Peer peer;
        TimePoint heardAt;
    };
    /// A command that the seat has, and who asked.
    struct Asked {
        ConnectionId from;
        std::uint64_t sequence = 0;
        bool submits = false;
    };

    AgentLoop(AgentHome& home, AgentOptions options, KeyPair keys, std::unique_ptr<NodeFaults> faults,
              std::unique_ptr<History> history, std::unique_ptr<ControlHub> hub);

    Result<void> open();
    Result<void> listen();
    Result<void> openSignals();

    // Receive.
    ControlHub::Events makeEvents();
    void receiveVisitor(const ControlMessage& message);
    void receiveLink(ControlHub::ConnectionHandle connection, const ControlMessage& message);
    void linkConnected(ControlHub::ConnectionHandle connection);
    void linkDisconnected(ControlHub::ConnectionHandle connection);
    void linkRefused(ControlHub::ConnectionHandle connection);
    void linkRejected(ControlHub::ConnectionHandle connection);
    void descriptorReadable(int descriptor);
    std::optional<Peer> identify(const std::string& publicKey) const;

    // Handle.
    void greet(const ConnectionId& from, const Peer& peer, const Hello& hello);
    void handleMessage(const ConnectionId& from, const Peer& peer, const Message& message);
    void handleWorker(const TaskKey& task, const Message& message);
    void handleClient(const ConnectionId& from, const Message& message);
    void handleAgent(const ConnectionId& from, const NodeId& node, const Message& message);
    /// False when the message is not about copies. `reply` carries an answer back.
    bool handleMirror(const NodeId& node, const Message& message, const std::function<void(Message)>& reply);
    void handleCommand(const ConnectionId& from, const Command& command);
    std::optional<Error> reasonAgainst(const Command& command) const;
    void answer(const ClusterSeat::Answer& answer);
    void refuseElsewhere(const ConnectionId& to, std::uint64_t sequence);
    Result<RunId> drill(const Drill& order);
    void beginFault(const Drill& order);
    void handleRoster(const ConnectionId& from, const Roster& roster);
    Result<void> takeRoster(const Roster& roster);
    Result<void> sitDown(const Roster& roster, bool sameCluster);
    void startOver(const std::vector<RunId>& voidRuns);
    Welcome welcome() const;
    void authorizePeers();

    // Timers.
    void handleTimers();
    void everySecond(TimePoint due);
    void watchDisk();
    bool isIdleForLong() const;
    void beginEnd(const std::string& reason);
    TimePoint nextTimeout() const;

    // Transmit.
    void drainSeat();
    void carryOut(ClusterSeat::Work work);
    void storeEvents(std::vector<RunEvent> events);
    void storeRows(const RunId& run, const std::vector<StepRow>& rows);
    void act(const AgentAction& action);
    void spawn(const SpawnWorker& order);
    void say(const NodeId& to, const Message& message);
    void say(const TaskKey& to, const Message& message);
    void compactLog();
    bool reply(const ConnectionId& to, const Message& message);
    void refuse(const ConnectionId& to, std::uint64_t request, ErrorKind kind, const std::string& text);

    // Publish.
    ClusterStatus status(TimePoint now);

    AgentHome& m_home;
    const AgentOptions m_options;
    const KeyPair m_keys;
    const std::unique_ptr<NodeFaults> m_faults;
    std::unique_ptr<History> m_history;
    std::unique_ptr<ControlHub> m_hub;
    RunHeads m_heads;
    ClusterLinks m_links;
    std::unique_ptr<LogWriter> m_log;   ///< With the seat.
    std::optional<ClusterSeat> m_seat;  ///< None before there is a roster.
    std::vector<RunId> m_voidRuns;      ///< Of the history: they are dropped, and this node sits down anew.
    std::map<std::uint64_t, Asked> m_asked;  ///< By ticket.
    std::uint64_t m_lastTicket = 0;
    std::filesystem::path m_socketFolder;
    std::optional<WorkerProcesses> m_workers;
    RunMirror m_mirror;
    ClientDesk m_desk;
    NodeProbe m_probe;
    CheckpointShelf m_shelf;
    int m_signals = -1;
    std::string m_endpoint;

    std::map<ConnectionId, Visitor> m_visitors;
    TimePoint m_now{};  ///< Of this turn of the loop.
    UtcTime m_wallTime;

    std::string m_problem;  ///< Of the disk, as of this second.
    NodeId m_leaderSeen;    ///< For the log and the watchers.

    TimePoint m_secondAt{};
    std::optional<NodeSample> m_sample;
    std::map<TaskKey, LinkBytes> m_workerBytes;
    LinkBytes m_endedWorkerBytes;
    TimePoint m_busyAt{};  ///< When there was last a run or a client.

    bool m_ending = false;
    TimePoint m_endBy{};
};

}  // namespace longship
