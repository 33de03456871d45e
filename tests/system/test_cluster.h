#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/supervision/child_process.h"
#include "core/client/cluster_client.h"
#include "core/client/cluster_record.h"
#include "core/client/local_cluster.h"
#include "tests/support/temp_folder.h"

namespace longship::test {

/// Waits until the condition holds, looking every few milliseconds; false when `patience` is over.
bool waitUntil(const std::function<bool()>& condition,
               std::chrono::milliseconds patience = std::chrono::seconds(20));

/// A process that is not there or has ended, whether or not its parent noticed.
bool isGone(pid_t process);
std::vector<pid_t> childrenOf(pid_t process);
/// TCP ports on which the process listens.
std::vector<int> listeningPorts(pid_t process);

/// Agents as children of this test, without supervising parents, and a real client: kill any of them. Ends
/// them all in the end.
class TestCluster {
public:
    explicit TestCluster(std::filesystem::path worker, unsigned nodes = 3);
    ~TestCluster();

    /// Starts the agents, hands out the roster, opens the client, waits until all nodes are ready.
    void start();
    /// The first `nodes` of them are the cluster, from now on; waits until all of those are ready.
    void join(unsigned nodes);
    /// Starts one agent; its home stays the same.
    void startAgent(unsigned index, std::vector<std::string> moreArguments = {});
    Result<void> handOutRoster() { return handOutRoster(m_nodes); }
    Result<void> handOutRoster(unsigned nodes);

    Client& client() { return *m_client; }
    const HomeFolders& home() const { return m_home; }
    const ClusterFiles& files() const { return m_files; }
    const KeyPair& ownerKeys() const { return m_keys; }
    NodeId node(unsigned index) const;
    std::filesystem::path nodeFolder(unsigned index) const;
    /// A file here ends the node's agent or worker at the place of its name (core/base/failpoint.h).
    std::filesystem::path failpointFolder(unsigned index) const;
    std::string agentLog(unsigned index) const;
    RosterEntry entry(unsigned index) const;
    ChildProcess& agent(unsigned index) { return *m_agents.at(index); }
    std::vector<pid_t> workersOf(unsigned index) { return tasksOf(index, "worker-"); }
    std::vector<pid_t> serversOf(unsigned index) { return tasksOf(index, "server-"); }
    std::vector<pid_t> tasksOf(unsigned index, const std::string& kind);
    /// The processes of all tasks, servers' too.
    std::vector<pid_t> allWorkers();

    /// Who leads, as the client sees it: a node that is there. Waits for one.
    unsigned leader();
    /// SIGKILL; returns when it is gone, with its workers.
    void killAgent(unsigned index);

    RunId submit(const JobSpec& job);
    std::optional<RunSnapshot> run(const RunId& run) { return m_client->run(run); }
    RunState stateOf(const RunId& run);
    /// Until the run has rows.
    bool waitForTraining(const RunId& run);
    bool waitForEnd(const RunId& run, std::chrono::milliseconds patience);

private:
    TempFolder m_folder;
    HomeFolders m_home;
    ClusterFiles m_files;
    std::filesystem::path m_worker;
    unsigned m_nodes;
    KeyPair m_keys;
    std::vector<std::optional<ChildProcess>> m_agents;
    std::unique_ptr<Client> m_client;
};

/// A small job that needs no data: for the scripted worker.
JobSpec scriptedJob(const std::string& name, std::uint64_t epochs);

}  // namespace longship::test
