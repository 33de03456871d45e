#include "core/client/cluster_client.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/digest.h"
#include "core/client/agent_talk.h"
#include "core/client/engine.h"
#include "core/domain/job_yaml.h"

namespace longship {
namespace {

using std::chrono::seconds;

constexpr std::size_t kAllRows = std::size_t{1} << 40;
// An agent says what others have when it has heard no leader for a while.
constexpr seconds kOutlookPatience{10};
constexpr seconds kLeaderPatience{20};

class ClusterClient : public Client {
public:
    static Result<std::unique_ptr<Client>> open(const HomeFolders& home, Engine::Options options) {
        LONGSHIP_TRY(makePrivateFolder(home.data));
        LONGSHIP_ASSIGN(auto history, History::open(home.data / "history.db"));
        std::unique_ptr<ClusterClient> client(new ClusterClient(std::move(history), home.data / "runs"));
        client->m_options = options;
        LONGSHIP_ASSIGN(client->m_engine,
                        Engine::start(std::move(options), *client->m_history, client->m_cache));
        return client;
    }

    void addObserver(ClientObserver* observer) override { m_engine->addObserver(observer); }
    void removeObserver(ClientObserver* observer) override { m_engine->removeObserver(observer); }

    ClusterView cluster() const override { return m_engine->view(); }
    std::vector<RunSummary> runs() const override {
        std::vector<RunSummary> runs = m_cache.summaries();
        for (RunSummary& run : runs) {
            run.leftBehind = m_engine->isLeftBehind(run.run);
        }
        return runs;
    }
    bool isLeftBehind(const RunId& run) const override { return m_engine->isLeftBehind(run); }
    std::optional<RunSnapshot> run(const RunId& run) const override { return m_cache.snapshot(run); }
    std::vector<StepRow> rows(const RunId& run, std::optional<RowKey> after,
                              std::size_t rowsMax) const override {
        return m_cache.rows(run, after, rowsMax);
    }
    std::vector<RunEvent> events(const RunId& run) const override { return m_cache.events(run); }

    Result<RunProof> verify(const RunId& run) const override {
        const auto snapshot = m_cache.snapshot(run);
        if (!snapshot) {
            return unknown(run);
        }
        return proveSamples(*snapshot, m_cache.rows(run, std::nullopt, kAllRows));
    }

    Result<void> forget(const RunId& run) override {
        LONGSHIP_TRY(m_cache.forget(run, m_engine->isLeftBehind(run)));
        m_engine->noteChanged(run);
        return {};
    }

    ModelCopy modelCopy(const RunId& run) const override {
        const auto snapshot = m_cache.snapshot(run);
        return snapshot ? m_engine->modelCopy(*snapshot) : ModelCopy();
    }

    Result<RunId> submit(const JobSpec& job) override {
        if (const auto problems = checkJob(job); !problems.empty()) {
            return failure(ErrorKind::BadInput, problems.front().text);
        }
        return m_engine->command(SubmitRun{toYaml(job)});
    }

    Result<void> stop(const RunId& run) override { return command(StopRun{run}); }
    Result<void> pause(const RunId& run) override { return command(PauseRun{run}); }
    Result<void> resume(const RunId& run) override { return command(ResumeRun{run}); }
    Result<void> moveTask(const RunId& run, const TaskId& task, const NodeId& node) override {
        return command(MoveTask{run, task, node});
    }
    Result<void> drain(const NodeId& node) override { return command(DrainNode{node}); }
    Result<void> undrain(const NodeId& node) override { return command(UndrainNode{node}); }
    Result<void> drill(const RunId& run, const NodeId& node, Fault fault,
                       std::chrono::milliseconds heal) override {
        return command(Drill{run, node, fault, static_cast<std::uint32_t>(heal.count())});
    }

    Result<TakeoverOutlook> takeoverOutlook() override {
        LONGSHIP_ASSIGN(AgentTalk talk, openTalk());
        return talk.outlook(BootClock::now() + kOutlookPatience);
    }
    Result<void> takeOver(const NodeId& founder) override {
        LONGSHIP_ASSIGN(AgentTalk talk, openTalk());
        LONGSHIP_TRY(talk.outlook(BootClock::now() + kOutlookPatience));
        return talk.takeOver(founder, BootClock::now() + kLeaderPatience);
    }

    Result<void> saveModel(const RunId& run, const std::filesystem::path& path) const override;
    Result<TaskLog> taskLog(const RunId& run, const TaskPlace& place) override;

private:
    ClusterClient(std::unique_ptr<History> history, std::filesystem::path runsFolder)
        : m_history(std::move(history)), m_cache(*m_history, std::move(runsFolder)) {}

    Result<void> command(CommandBody body) {
        LONGSHIP_TRY(m_engine->command(std::move(body)));
        return {};
    }

    /// With every agent of the cluster: the leader, to whom commands go, is what is missing.
    Result<AgentTalk> openTalk() const {
        if (!m_options.cluster) {
            return failure(ErrorKind::Unavailable, "No cluster is open.");
        }
        LONGSHIP_ASSIGN(ClusterRecord record, readClusterRecord(*m_options.cluster));
        for (RosterEntry& entry : record.nodes) {
            entry = reachedBy(m_options.wayTo, std::move(entry));
        }
        return AgentTalk::open(m_options.keys, record.nodes, m_options.version);
    }

    static tl::unexpected<Error> unknown(const RunId& run) {
        return failure(ErrorKind::NotFound, fmt::format("There is no run {} in the history.", run.value));
    }

    std::unique_ptr<History> m_history;
    RunCache m_cache;
    Engine::Options m_options;
    std::unique_ptr<Engine> m_engine;  ///< Last: its thread uses the two above.
};

Result<void> ClusterClient::saveModel(const RunId& run, const std::filesystem::path& path) const {
    const auto snapshot = m_cache.snapshot(run);
    if (!snapshot) {
        return unknown(run);
    }
    if (!snapshot->model) {
        return failure(
            ErrorKind::NotFound,
            isTerminal(snapshot->state)
                ? fmt::format("The run {} ended as {} before it saved a model.", run.value,
                              toString(snapshot->state))
                : fmt::format("The run {} has no model yet: it is saved when the run ends.", run.value));
    }
    LONGSHIP_TRY(m_engine->waitForModel(run));
    std::error_code code;
    const bool folder = std::filesystem::is_directory(path, code);
    const std::filesystem::path target = folder ? path / kModelFileName : path;
    std::filesystem::path part = target;
    part += "." + randomHex(4) + ".part";
    std::filesystem::copy_file(m_cache.runFolder(run) / kModelFileName, part,
                               std::filesystem::copy_options::overwrite_existing, code);
    if (!code) {
        using std::filesystem::perms;
        std::filesystem::permissions(
            part, perms::owner_read | perms::owner_write | perms::group_read | perms::others_read, code);
    }
    if (!code) {
        std::filesystem::rename(part, target, code);
    }
    if (code) {
        std::error_code ignored;
        std::filesystem::remove(part, ignored);
        const bool full = code == std::errc::no_space_on_device;
        return failure(full ? ErrorKind::Exhausted : ErrorKind::Io,
                       fmt::format("Could not write the model to {}: {}.", target.string(), code.message()));
    }
    return {};
}

Result<TaskLog> ClusterClient::taskLog(const RunId& run, const TaskPlace& place) {
    if (!m_cache.snapshot(run)) {
        return unknown(run);
    }
    const std::vector<TaskPlace> places = placesOf(m_cache.events(run));
    if (std::find(places.begin(), places.end(), place) == places.end()) {
        return failure(ErrorKind::NotFound, fmt::format("The run {} had no task {} on {}.", run.value,
                                                        place.task.value, place.node.value));
    }
    // Its own node has all of it. One that is not known to answer is asked last, for it may take seconds.
    std::vector<NodeId> sources = m_engine->readyNodes();
    const auto own = std::find(sources.begin(), sources.end(), place.node);
    if (own != sources.end()) {
        std::rotate(sources.begin(), own, own + 1);
    } else {
        sources.push_back(place.node);
    }
    std::optional<Error> problem;
    for (const NodeId& source : sources) {
        const bool isCopy = source != place.node;
        auto text = m_engine->fetchFile(source, run,
                                        place.task.value + (isCopy ? "@" + place.node.value : "") + ".log");
        if (text) {
            return TaskLog{std::move(*text), isCopy, source};
        }
        // What its own node said tells more than that somebody else has no copy.
        if (!problem || !isCopy) {
            problem = text.error();
        }
    }
    return failure(*problem);
}

}  // namespace

Result<std::unique_ptr<Client>> openClient(const HomeFolders& home, const ClusterFiles& cluster,
                                           WayTo wayTo) {
    LONGSHIP_ASSIGN(KeyPair keys, loadClientKey(cluster));
    return ClusterClient::open(home, {cluster, std::move(keys), LONGSHIP_VERSION, std::move(wayTo)});
}

Result<std::unique_ptr<Client>> openHistoryClient(const HomeFolders& home) {
    return ClusterClient::open(home, {std::nullopt, KeyPair::generate(), LONGSHIP_VERSION, {}});
}

}  // namespace longship
