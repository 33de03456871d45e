#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/client/client.h"
#include "core/domain/sample_plan.h"

namespace longship::test {

/// A Client in memory whose cluster is the test itself. Sequence numbers and times are given here; observers
/// are told on the thread that calls. What is read back is computed by the same fold and the same proof as in
/// the product. All functions may be called from any thread.
class FakeClient : public Client {
public:
    FakeClient();
    ~FakeClient() override;

    // The script: what the cluster does.

    void setCluster(ClusterView cluster);
    void setConnected(bool connected, const std::string& detail = {});
    void setStandstill(std::optional<Standstill> standstill);
    void setLeftBehind(const RunId& run);  ///< Nobody of the cluster knows it any more.
    void setNode(const NodeView& node);    ///< Adds it, or replaces the one of that name.
    void addEvent(const RunId& run, RunEventBody body);
    /// What a takeover made of the run: other events, and no rows.
    void replace(const RunId& run, std::vector<RunEventBody> bodies);
    void addRows(const RunId& run, std::vector<StepRow> rows);
    void setModel(const RunId& run, std::string bytes);  ///< What saveModel writes.
    void setTaskLog(const RunId& run, const TaskPlace& place, TaskLog log);
    void failNextCommand(Error error);
    void moveClock(std::chrono::microseconds by);

    // What the program under test asked for.

    std::vector<JobSpec> submitted() const;
    std::vector<RunId> stopped() const;
    /// Every command but submissions, in the order of their coming: "stop RUN", "pause RUN", "resume RUN",
    /// "move RUN TASK NODE", "drain NODE", "undrain NODE", "drill RUN NODE FAULT", "take over NODE".
    std::vector<std::string> commands() const;
    UtcTime now() const;

    // Client.

    void addObserver(ClientObserver* observer) override;
    void removeObserver(ClientObserver* observer) override;
    ClusterView cluster() const override;
    std::vector<RunSummary> runs() const override;
    std::optional<RunSnapshot> run(const RunId& run) const override;
    std::vector<StepRow> rows(const RunId& run, std::optional<RowKey> after,
                              std::size_t rowsMax) const override;
    std::vector<RunEvent> events(const RunId& run) const override;
    Result<RunProof> verify(const RunId& run) const override;
    bool isLeftBehind(const RunId& run) const override;
    Result<void> forget(const RunId& run) override;
    ModelCopy modelCopy(const RunId& run) const override;
    /// Records the job and queues a run; a FakeRun makes it go on.
    Result<RunId> submit(const JobSpec& job) override;
    Result<void> stop(const RunId& run) override;
    Result<void> pause(const RunId& run) override;
    Result<void> resume(const RunId& run) override;
    /// Recorded only: what the cluster makes of it is the script's business.
    Result<void> moveTask(const RunId& run, const TaskId& task, const NodeId& node) override;
    Result<void> drain(const NodeId& node) override;
    Result<void> undrain(const NodeId& node) override;
    Result<void> drill(const RunId& run, const NodeId& node, Fault fault,
                       std::chrono::milliseconds heal) override;
    Result<TakeoverOutlook> takeoverOutlook() override;  ///< Of the standstill.
    Result<void> takeOver(const NodeId& founder) override;
    Result<void> saveModel(const RunId& run, const std::filesystem::path& path) const override;
    Result<TaskLog> taskLog(const RunId& run, const TaskPlace& place) override;

private:
    struct Record {
        std::vector<RunEvent> events;
        std::vector<StepRow> rows;
        std::string model;
        std::map<TaskPlace, TaskLog> logs;
    };

    void tellCluster();
    void tellRun(const RunId& run);
    std::optional<Error> takeFailure();
    Result<void> note(std::string command);
    Result<void> setDrained(const NodeId& node, bool drained);

    mutable std::mutex m_mutex;
    std::mutex m_observersMutex;
    std::vector<ClientObserver*> m_observers;
    ClusterView m_cluster;
    std::map<RunId, Record> m_records;
    std::set<RunId> m_leftBehind;
    std::vector<JobSpec> m_submitted;
    std::vector<RunId> m_stopped;
    std::vector<std::string> m_commands;
    std::optional<Error> m_nextFailure;
    UtcTime m_now;
    unsigned m_runsMade = 0;
};

/// The cluster of the examples: node-a (leader), node-b and node-c on one machine, all ready.
ClusterView demoClusterView();

/// Plays one run on a FakeClient, at the pace of the test: rows carry the digests of the samples that the
/// plan names, so that verify() proves them; the loss falls like a real one, with noise from the seed.
class FakeRun {
public:
    struct Options {
        std::uint64_t trainingSamples = 6000;
        std::uint64_t testSamples = 1000;
        std::chrono::microseconds stepTime{100'000};
    };

    /// Submits the job itself.
    FakeRun(FakeClient& client, const JobSpec& job, Options options);
    FakeRun(FakeClient& client, const JobSpec& job);
    /// Goes on with a run that the program under test submitted.
    FakeRun(FakeClient& client, const RunId& run, const JobSpec& job, Options options);

    const RunId& id() const { return m_run; }
    Step stepsDone() const { return m_step; }
    Step stepsTotal() const;

    void prepare();  ///< Tasks start, the data is loaded, the membership is committed.
    /// At most to the end; evaluates after each epoch. The last worker computes so many times as long.
    void steps(std::uint64_t count, double slowness = 1);
    void finish();  ///< The rest of the steps, the model, and "completed".
    void fail(const NodeId& node, const std::string& cause);
    /// The node is gone: its task is unplaced and the run recovers. Returns the incident's sequence.
    std::uint64_t lose(const NodeId& node);
    /// The same under policy `ask`: the run is paused and waits for an answer.
    std::uint64_t loseAndAsk(const NodeId& node);
    /// Training goes on without the node in a new membership.
    void goOn(std::uint64_t incident, double secondsLost, std::uint64_t stepsRedone);
    void endStopped();  ///< The run ends as stopped, where it is.

private:
    std::uint64_t lose(const NodeId& node, RunState state, std::vector<std::string> choices);
    MembershipCommitted nextMembership(const std::string& reason);
    StepRow makeRow(Step step, double slowness);
    void evaluate();
    void end(RunState state, const std::string& cause);

    FakeClient& m_client;
    JobSpec m_job;
    Options m_options;
    RunId m_run;
    std::vector<NodeId> m_nodes;
    std::vector<std::pair<std::size_t, NodeId>> m_members;  ///< Number of the task, node.
    SamplePlan m_plan;
    Step m_step = 0;
    MembershipNumber m_membership = 0;
    std::uint64_t m_samples = 0;
    std::optional<double> m_accuracy;
};

}  // namespace longship::test
