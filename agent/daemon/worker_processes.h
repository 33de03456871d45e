#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/supervision/agent_home.h"
#include "agent/supervision/child_process.h"
#include "core/base/clock.h"
#include "core/protocol/messages.h"
#include "core/transport/control.h"

namespace longship {

/// The processes of this agent's tasks, workers and servers: starts them, watches them through the hub, ends
/// them, keeps their logs. Each has a key of its own, made for it alone. Lives on the agent loop, whose
/// thread must outlive every worker: the kernel kills them when it ends.
class WorkerProcesses {
public:
    struct Options {
        std::filesystem::path workerProgram;
        std::filesystem::path serverProgram;
        std::string agentEndpoint;
        std::string agentKey;
        NodeId node;
        std::filesystem::path dataFolder;    ///< Where data is brought to; empty: nowhere.
        std::uint64_t checkpointBudget = 0;  ///< Bytes; 0: any.
    };
    struct Placement {
        std::string dataHost;  ///< Address to bind the data plane to.
        unsigned threads = 1;
        std::optional<RowKey> lastRow = {};           ///< Of the run, in this node's history.
        std::vector<CheckpointRef> checkpoints = {};  ///< That the worker may begin with, newest first.
    };
    struct Exit {
        TaskKey key;
        std::string detail;
        std::string lastLog;
    };

    /// Hub and home must outlive this object.
    WorkerProcesses(ControlHub& hub, const AgentHome& home, Options options);
    ~WorkerProcesses();

    Result<void> spawn(const TaskKey& key, const std::string& jobYaml, const Placement& placement);

    /// SIGTERM now and SIGKILL after the grace; a second call can only shorten it.
    void end(const TaskKey& key, std::chrono::milliseconds grace, TimePoint now);

    void killAll();

    /// A fault on purpose, to the worker of this run. NotFound when there is none here.
    Result<void> killOf(const RunId& run);
    /// SIGSTOP now, SIGCONT after `heal`.
    Result<void> pauseOf(const RunId& run, std::chrono::milliseconds heal, TimePoint now);

    /// A watched descriptor is readable: the worker that ended, if it is one's.
    std::optional<Exit> takeExit(int descriptor);

    void handleTimeout(TimePoint now);
    TimePoint nextTimeout() const;
    void trimLogs() const;

    bool empty() const { return m_workers.empty(); }
    std::set<std::string> publicKeys() const;
    std::optional<TaskKey> taskWithKey(const std::string& publicKey) const;
    std::vector<pid_t> processIds() const;
    std::vector<TaskKey> tasks() const;

    void setConnection(const TaskKey& key, const ConnectionId& connection);
    std::optional<ConnectionId> connectionOf(const TaskKey& key) const;

private:
    struct Worker {
        ChildProcess process;
        std::string publicKey;
        std::filesystem::path log;
        ConnectionId connection;
        std::optional<TimePoint> killAt;
        std::optional<TimePoint> continueAt = std::nullopt;  ///< It is stopped until then.
    };

    Result<Worker*> workerOf(const RunId& run);

    ControlHub& m_hub;
    const AgentHome& m_home;
    const Options m_options;
    std::map<TaskKey, Worker> m_workers;
};

}  // namespace longship
