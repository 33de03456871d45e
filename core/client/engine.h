#pragma once

#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "core/base/bounded_queue.h"
#include "core/client/cluster_record.h"
#include "core/client/cluster_session.h"
#include "core/client/model_fetcher.h"
#include "core/client/run_cache.h"
#include "core/transport/control.h"

namespace longship {

/// The client's one thread: owns the control sockets and drives the session, the cache and the model fetcher.
/// Everything below may be called from any thread; observers are told on the engine thread.
class Engine {
public:
    struct Options {
        std::optional<ClusterFiles> cluster;  ///< None: history only.
        KeyPair keys;
        std::string version;
        WayTo wayTo;  ///< Asked again and again, on the engine thread: must return at once.
    };

    static Result<std::unique_ptr<Engine>> start(Options options, History& history, RunCache& cache);
    ~Engine();

    void addObserver(ClientObserver* observer);
    void removeObserver(ClientObserver* observer);

    ClusterView view() const;
    /// Those that answer, the leader first.
    std::vector<NodeId> readyNodes() const;
    bool isLeftBehind(const RunId& run) const;
    ModelCopy modelCopy(const RunSnapshot& run) const { return m_fetcher.copyOf(run); }

    /// Waits for the leader's answer.
    Result<RunId> command(CommandBody body);
    /// A whole file of a run as far as its node keeps it.
    Result<std::string> fetchFile(const NodeId& node, const RunId& run, const std::string& name);
    /// Waits while the model of the run comes nearer.
    Result<void> waitForModel(const RunId& run) const;
    /// Tells the observers that a run was changed by the program itself.
    void noteChanged(const RunId& run);

private:
    struct CommandRequest {
        CommandBody body;
        std::promise<Result<RunId>> answer;
    };
    struct FileRequest {
        NodeId node;
        FetchRequest request;
        std::promise<Result<FetchAnswer>> answer;
    };
    struct ChangeNote {
        RunId run;
    };
    using Request = std::variant<CommandRequest, FileRequest, ChangeNote>;

    Engine(Options options, History& history, RunCache& cache, std::unique_ptr<ControlHub> hub);
    void loop();
    void takeRequests(TimePoint now);
    void handleConnection(ControlHub::ConnectionHandle connection, TimePoint now,
                          void (ClusterSession::*handler)(const NodeId&, TimePoint));
    void handleMessage(ControlHub::ConnectionHandle connection, const ControlMessage& message);
    void applyEffects(TimePoint now);
    void applyEffect(ClusterSession::Effect& effect, TimePoint now);
    void transmit();
    void housekeep(TimePoint now);
    void readRecord(TimePoint now);
    void connectTo(const ClusterRecord& record, TimePoint now);
    void publish();
    std::set<RunId> runsLeftBehind() const;
    bool post(Request request);
    void failWaiting();

    Options m_options;
    History& m_history;
    RunCache& m_cache;

    // Engine thread only.
    std::unique_ptr<ControlHub> m_hub;
    ClusterSession m_session;
    ModelFetcher m_fetcher;
    std::map<ControlHub::ConnectionHandle, RosterEntry> m_connections;
    std::map<std::uint64_t, std::promise<Result<RunId>>> m_commands;
    std::map<std::uint64_t, std::promise<Result<FetchAnswer>>> m_files;
    std::optional<ClusterRecord> m_record;
    std::string m_recordProblem;
    std::set<RunId> m_changedRuns;
    bool m_viewChanged = true;
    TimePoint m_nextHousekeeping{};
    unsigned m_ticks = 0;
    std::string m_storageProblem;

    BoundedQueue<Request> m_requests;
    std::atomic<bool> m_stopping{false};

    mutable std::mutex m_mutex;
    mutable std::condition_variable m_published;
    ClusterView m_view;                ///< Guarded by m_mutex.
    std::vector<NodeId> m_readyNodes;  ///< Guarded by m_mutex.
    std::set<RunId> m_leftBehind;      ///< Guarded by m_mutex; written by the engine thread.
    std::uint64_t m_publications = 0;  ///< Guarded by m_mutex.

    std::mutex m_observersMutex;
    std::vector<ClientObserver*> m_observers;  ///< Guarded by m_observersMutex.

    std::thread m_thread;
};

}  // namespace longship
