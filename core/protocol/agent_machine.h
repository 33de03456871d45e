#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/domain/run_snapshot.h"
#include "core/protocol/messages.h"

namespace longship {

/// Start a worker process for this task.
struct SpawnWorker {
    TaskKey key;
    std::string jobYaml;
    std::vector<CheckpointRef> checkpoints = {};  ///< As in StartTask.
    bool operator==(const SpawnWorker&) const = default;
};
/// End a worker process: ask it (SIGTERM), and kill it (SIGKILL) when it is still there after `grace`; with a
/// grace of zero kill it at once. May come again for the same task, with a shorter grace.
struct KillWorker {
    TaskKey key;
    std::chrono::milliseconds grace{0};
    std::string reason;
    bool operator==(const KillWorker&) const = default;
};
using AgentAction = std::variant<SpawnWorker, KillWorker>;

/// What an agent does: obeys its leader, supervises its workers. Sans-I/O: it is told the time; after every
/// call the caller drains pollRows() into the history, pollAction() into processes and pollTransmit() into
/// sockets. Every agent has one, the leader's node too (its messages to the leader go straight to the
/// Coordinator). Not thread-safe: lives on the agent loop. States and transitions: core/protocol/README.md,
/// "Agent".
class AgentMachine {
public:
    struct Options {
        NodeId self;
        NodeId leader;        ///< Empty: not known yet.
        std::string version;  ///< Of the program, for people.
        std::chrono::milliseconds tolerateSilence{3000};
    };
    struct Outgoing {
        std::optional<TaskKey> worker;  ///< None: to the leader.
        Message message;
    };
    struct RowsToStore {
        RunId run;
        std::vector<StepRow> rows;
    };
    /// What was refused or ignored, for the log and the tests.
    struct Counters {
        std::uint64_t oldTerm = 0;        ///< Orders of an earlier leadership.
        std::uint64_t unknownTask = 0;    ///< Words to or from a task that is not here.
        std::uint64_t oldMembership = 0;  ///< A membership that is not newer than the task's.
        std::uint64_t unexpected = 0;     ///< A kind of message that has no place here.
    };

    AgentMachine(Options options, TimePoint now);
    ~AgentMachine();

    // --- The link to the leader. On the leader's own node: leaderConnected() once, at the start.

    void leaderConnected(TimePoint now);
    void leaderDisconnected(TimePoint now);
    /// A node was elected, maybe the same one anew: what the last leader was not seen to have is told to this
    /// one when it is there to listen (leaderConnected), and who its ready workers are. One of an earlier
    /// term is ignored and counted. Workers are not touched: the new leader freezes what it goes on with.
    void leaderChanged(const NodeId& leader, Term term, TimePoint now);
    /// This node led and does no more: its workers come to rest until a leader is there.
    void leadershipLost(const std::string& why, TimePoint now);
    /// The link was reset and connecting again was refused: the leader is dead at once.
    void leaderRefused(TimePoint now, UtcTime wallTime);
    void handleLeader(const Message& message, TimePoint now, UtcTime wallTime);

    // --- Workers.

    void workerStarted(const TaskKey& key, TimePoint now);  ///< The process runs.
    void spawnFailed(const TaskKey& key, const Error& error, TimePoint now);
    /// Its connection said Hello: from now on it is pinged and gets what was meant for it.
    void workerConnected(const TaskKey& key, TimePoint now);
    void handleWorker(const TaskKey& from, const Message& message, TimePoint now);
    /// The process is gone. `detail` as in TaskExited.
    void workerExited(const TaskKey& key, const std::string& detail, const std::string& lastLog,
                      TimePoint now);

    /// Rides on the next heartbeat.
    void setSample(const NodeSample& sample);
    /// Ends all workers; isIdle() tells when they are gone.
    void shutdown(const std::string& reason, TimePoint now);
    bool isIdle() const;

    void handleTimeout(TimePoint now, UtcTime wallTime);  ///< Harmless when called early.
    std::optional<TimePoint> nextTimeout() const;         ///< May change after any call above.

    std::optional<Outgoing> pollTransmit();
    std::optional<AgentAction> pollAction();
    std::optional<RowsToStore> pollRows();  ///< Of own workers, to store.

    Term term() const;  ///< The highest heard; worth keeping across restarts is only the leader's own.
    bool leaderHeard(TimePoint now) const;  ///< Within T.
    std::vector<TaskKey> tasks() const;     ///< Whose process is (or is about to be) there.
    /// The last counters that the worker's control thread told in a Pong.
    std::optional<Pong> progressOf(const TaskKey& key) const;
    const Counters& counters() const;

private:
    struct State;
    std::unique_ptr<State> m_state;
};

}  // namespace longship
