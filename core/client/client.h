#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/domain/drill.h"
#include "core/domain/job.h"
#include "core/domain/ledger.h"
#include "core/domain/node.h"
#include "core/domain/run_snapshot.h"
#include "core/domain/step_row.h"
#include "core/domain/takeover.h"
#include "core/domain/task_place.h"

namespace longship {

/// No agent that answers hears a leader, and they are too few to elect one: all runs rest until more of them
/// are back, or until a person lets those that are left go on without the others (Client::takeOver).
struct Standstill {
    TakeoverOutlook outlook;  ///< Of the one that would go on; it refuses nothing.
    /// When this program last heard those that do not answer (BootClock); none of one that it never heard.
    std::map<NodeId, TimePoint> lastHeard = {};

    bool operator==(const Standstill&) const = default;
};

/// How the connection to a cluster stands.
struct ClusterView {
    std::string name;
    bool connected = false;
    std::string detail;     ///< Why not, in words.
    bool caughtUp = false;  ///< All that the cluster keeps of its runs is here, up to now.
    std::vector<NodeView> nodes;
    /// What the leader's wall clock shows when this machine's BootClock shows zero: puts what happened here
    /// beside the times of events, which are the leader's. None before it was heard.
    std::optional<UtcTime> leaderClock = {};
    std::optional<Standstill> standstill = {};

    bool operator==(const ClusterView&) const = default;
};

/// One line of the history page.
struct RunSummary {
    RunId run;
    std::string name;  ///< Of the job.
    std::string cluster;
    std::string model;
    std::string dataset;
    RunState state = RunState::Queued;
    UtcTime queuedAt;
    std::optional<UtcTime> finishedAt;
    std::uint64_t samples = 0;
    std::optional<double> accuracy;
    std::string cause;
    bool leftBehind = false;  ///< As Client::isLeftBehind() says.

    bool operator==(const RunSummary&) const = default;
};

/// The line of a run, from its snapshot and its job. `samples` counts what the finished run used; 0 before.
RunSummary summarize(const RunSnapshot& run);

/// How much of a run's final model is on this machine.
struct ModelCopy {
    bool complete = false;
    std::uint64_t bytes = 0;
    std::uint64_t bytesTotal = 0;  ///< 0 while the run has not saved a model.
    std::string problem;           ///< Why it does not come, in words; empty while all is well.

    bool operator==(const ModelCopy&) const = default;
};

struct TaskLog {
    std::string text;
    bool isCopy = false;  ///< Of another node: its last 64 KiB, up to a second old when its node was lost.
    NodeId from;          ///< Who had it.

    bool operator==(const TaskLog&) const = default;
};

/// Told *that* something changed; what it is now is read from the client. Called on the client's own thread
/// and must return at once.
class ClientObserver {
public:
    virtual ~ClientObserver() = default;
    virtual void clusterChanged() = 0;
    virtual void runChanged(const RunId& run) = 0;  ///< New events or rows, or a run seen for the first time.
};

/// The one door for programs: a cluster and the history of its runs. Reading functions answer at once from
/// what is already here and may be called from any thread. Commands wait for the cluster's answer (at most a
/// few seconds): never call them on a GUI thread.
class Client {
public:
    virtual ~Client() = default;

    virtual void addObserver(ClientObserver* observer) = 0;
    /// After it returned the observer is not called any more.
    virtual void removeObserver(ClientObserver* observer) = 0;

    virtual ClusterView cluster() const = 0;

    // History: also of runs whose cluster is gone. Newest first.
    virtual std::vector<RunSummary> runs() const = 0;
    virtual std::optional<RunSnapshot> run(const RunId& run) const = 0;
    /// Rows after the key, in order, at most `rowsMax`, as stored (validRows() drops the void ones).
    virtual std::vector<StepRow> rows(const RunId& run, std::optional<RowKey> after,
                                      std::size_t rowsMax) const = 0;
    virtual std::vector<RunEvent> events(const RunId& run) const = 0;
    virtual Result<RunProof> verify(const RunId& run) const = 0;
    /// The run has not ended as far as is known here, but its cluster has a leader and none of its agents
    /// that answer knows of the run: only nodes do that were left behind by a takeover, or the cluster was
    /// set up anew. It goes on nowhere unless they come back first.
    virtual bool isLeftBehind(const RunId& run) const = 0;
    /// Refused while the run goes on. A forgotten run does not come back from its nodes.
    virtual Result<void> forget(const RunId& run) = 0;
    virtual ModelCopy modelCopy(const RunId& run) const = 0;

    // Commands.
    virtual Result<RunId> submit(const JobSpec& job) = 0;
    virtual Result<void> stop(const RunId& run) = 0;
    /// Nobody computes until resume(). Refused when the run has ended or is about to.
    virtual Result<void> pause(const RunId& run) = 0;
    /// Goes on after a pause, with the workers that are there: also the answer "go on without it".
    virtual Result<void> resume(const RunId& run) = 0;
    /// The task goes on on another node, with the model as it is. Accepted, not done, when this returns: the
    /// run's next membership has it there. Refused with the reason when that node has no room.
    virtual Result<void> moveTask(const RunId& run, const TaskId& task, const NodeId& node) = 0;
    /// Its tasks leave it, and it takes no new ones until undrain(). Accepted, not done, when this returns.
    virtual Result<void> drain(const NodeId& node) = 0;
    virtual Result<void> undrain(const NodeId& node) = 0;
    /// Does a fault on purpose to the run's worker on that node, or to the node's agent. A pause heals by
    /// itself after `heal`. What came of it: drillReport().
    virtual Result<void> drill(const RunId& run, const NodeId& node, Fault fault,
                               std::chrono::milliseconds heal) = 0;

    /// What it would cost to let the agents that answer go on without a majority. Refused with the reason
    /// where that must not be, as while there is a leader. Waits up to 10 s for the agents.
    virtual Result<TakeoverOutlook> takeoverOutlook() = 0;
    /// Lets `founder`, which the outlook names, go on with those that answer. What only the others know of is
    /// lost; they join when they are back, and what they did meanwhile is void. Waits up to 20 s until it
    /// leads.
    virtual Result<void> takeOver(const NodeId& founder) = 0;

    /// Copies the final model to `path`. It is fetched when the run ends, so the nodes are not needed later;
    /// waits while it still comes.
    virtual Result<void> saveModel(const RunId& run, const std::filesystem::path& path) const = 0;

    /// The log that a task wrote on a node, as far as that node keeps it; its end from another node's copy
    /// when that node does not answer. NotFound when it never ran there.
    virtual Result<TaskLog> taskLog(const RunId& run, const TaskPlace& place) = 0;
};

}  // namespace longship
