#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/protocol/agent_machine.h"
#include "core/protocol/timeouts.h"

namespace longship {

/// Where a task stands at its agent, from SpawnWorker until its process is gone.
enum class TaskPhase {
    Starting,   ///< A process was asked for.
    Running,    ///< It is there, its control thread not yet.
    Connected,  ///< It said Hello; it is pinged.
    Ending      ///< It was told to end.
};

/// The inside of AgentMachine, in two files by concern: agent_machine.cpp speaks with the leader,
/// agent_workers.cpp with the workers.
struct AgentMachine::State {
    struct Worker {
        TaskKey key;
        TaskPhase phase = TaskPhase::Starting;
        bool finished = false;
        MembershipNumber membership = 0;
        std::deque<Message> waiting{};  ///< Until it is connected.
        std::optional<Pong> progress{};
        std::uint64_t pingsUnanswered = 0;
        std::optional<TimePoint> unansweredSince{};
        std::optional<TimePoint> nextPing{};
        std::optional<TimePoint> killDue{};  ///< When asking turns into killing.
        std::string endReason{};
        std::optional<WorkerReady> ready{};  ///< What it said of itself; the log keeps less.
    };
    /// A report to the leader that it has not been seen to have.
    struct Report {
        std::uint64_t before = 0;  ///< Number of the first heartbeat sent after it.
        Message message;
    };
    enum class TaskTrigger { Spawned, SaidHello, Killed };

    Options options;
    Timeouts times;
    Counters counters{};

    // The leader.
    Term term = 0;
    bool linkUp = false;
    bool everHeard = false;
    bool leaderLost = false;
    bool orphaned = false;  ///< Its workers were ended, because no leader was heard for long.
    TimePoint heardAt;
    TimePoint nextHeartbeat;
    std::uint64_t heartbeatNumber = 0;
    std::deque<Report> reports{};
    std::optional<NodeSample> sample{};

    // Workers.
    std::map<TaskKey, Worker> workers{};
    std::set<TaskKey> departed{};  ///< Tasks that have ended, or were forbidden before they began.
    std::optional<std::string> shutdownReason{};
    std::uint64_t pingNumber = 0;

    // What the caller drains.
    std::deque<Outgoing> transmits{};
    std::deque<AgentAction> actions{};
    std::deque<RowsToStore> rows{};

    State(Options given, TimePoint now);

    bool leads() const { return options.self == options.leader; }

    // agent_machine.cpp
    void toLeader(Message message);
    void report(Message message);
    void sendHeartbeat(TimePoint now);
    void onAck(const HeartbeatAck& ack);
    void loseLeader(const std::string& why);
    void endOrphans(TimePoint now);
    bool takesTerm(Term given);
    void forgetLink();

    // agent_workers.cpp
    bool advance(Worker& worker, TaskTrigger trigger);
    void toWorker(Worker& worker, Message message);
    void start(const StartTask& order);
    void kill(const KillTask& order, TimePoint now);
    void end(Worker& worker, const std::string& reason, TimePoint now);
    void endAll(const std::string& reason, TimePoint now);
    void assign(const AssignMembership& assignment);
    void freeze(const Freeze& order);
    void stopWork(const StopWork& order);
    void depart(const TaskKey& key, const std::string& detail, const std::string& lastLog, bool expected);
    void hear(Worker& worker, const Message& message);
    void watch(Worker& worker, TimePoint now);
    std::optional<TimePoint> nextWatch(const Worker& worker) const;
    void markDeparted(const TaskKey& key);
};

}  // namespace longship
