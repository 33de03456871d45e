#include "app/cli/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "app/cli/ssh_access.h"
#include "core/client/cluster_record.h"

namespace longship::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kReadyPatience{15};
// A local agent answers within milliseconds; somebody who only looks should not wait for one that is gone.
constexpr seconds kLookPatience{3};
// Who answers is about to tell all it knows; what was kept here before may be old.
constexpr seconds kCatchUpPatience{15};
constexpr std::size_t kNearMax = 5;

ClusterFiles filesOf(const Context& context, const std::string& cluster) {
    return {cluster, context.home.data / "clusters" / cluster};
}

bool isKnown(const Context& context, const std::string& cluster) {
    const auto known = knownClusters(context.home);
    return std::find(known.begin(), known.end(), cluster) != known.end();
}

/// True when it is certain that no node will answer now.
bool isHopeless(const ClusterView& view) {
    return !view.connected && std::all_of(view.nodes.begin(), view.nodes.end(),
                                          [](const NodeView& node) { return node.state == NodeState::Lost; });
}

class ChangeWaiter : public ClientObserver {
public:
    explicit ChangeWaiter(Client& client) : m_client(client) { m_client.addObserver(this); }
    ~ChangeWaiter() override { m_client.removeObserver(this); }

    void clusterChanged() override { note(); }
    void runChanged(const RunId&) override {}

    template <typename Done>
    void waitFor(Done done, milliseconds patience) {
        std::unique_lock lock(m_mutex);
        m_changed.wait_for(lock, patience, [&] { return done(m_client.cluster()); });
    }

private:
    void note() {
        const std::lock_guard lock(m_mutex);
        m_changed.notify_all();
    }

    Client& m_client;
    std::mutex m_mutex;
    std::condition_variable m_changed;
};

std::size_t editDistance(const std::string& a, const std::string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        row[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0u : 1u)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

std::string nearMatches(const std::vector<RunSummary>& runs, const std::string& name) {
    std::vector<std::pair<std::size_t, std::string>> near;
    for (const RunSummary& run : runs) {
        const bool contains = run.run.value.find(name) != std::string::npos;
        near.emplace_back(contains ? 0 : editDistance(run.run.value, name), run.run.value);
    }
    std::stable_sort(near.begin(), near.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::string text;
    for (std::size_t i = 0; i < std::min(near.size(), kNearMax); ++i) {
        text += (i == 0 ? "" : ", ") + near[i].second;
    }
    return text;
}

}  // namespace

LocalClusterOptions localClusterOptions(const Context& context, const std::string& name, unsigned nodes) {
    LocalClusterOptions options;
    options.name = name;
    options.nodes = nodes;
    options.agentProgram = context.programFolder / "longship-agent";
    options.workerProgram = context.programFolder / "longship-worker";
    return options;
}

Result<std::unique_ptr<Client>> openClientOf(Context& context, const ClusterFiles& cluster) {
    WayTo wayTo;
    // Whatever is wrong with the record, the client says it.
    if (const auto record = readClusterRecord(cluster); record && !record->local) {
        LONGSHIP_ASSIGN(wayTo, waysOf(context, cluster, record->nodes));
    }
    return openClient(context.home, cluster, wayTo);
}

Result<std::unique_ptr<Client>> openStarted(Context& context, const std::string& cluster,
                                            std::optional<unsigned> nodes) {
    const auto record = readClusterRecord(filesOf(context, cluster));
    if (!record && cluster != kDemoCluster) {
        return failure(ErrorKind::NotFound, fmt::format("There is no cluster {}. Known: {}.", cluster,
                                                        fmt::join(knownClusters(context.home), ", ")));
    }
    if (!record || record->local) {
        const unsigned before = record ? static_cast<unsigned>(record->nodes.size()) : kDemoNodes;
        LONGSHIP_TRY(
            ensureLocalCluster(context.home, localClusterOptions(context, cluster, nodes.value_or(before))));
    }
    return openClientOf(context, filesOf(context, cluster));
}

Result<std::unique_ptr<Client>> openForReading(Context& context, const std::string& cluster) {
    const std::string name = cluster.empty() ? std::string(kDemoCluster) : cluster;
    if (!isKnown(context, name)) {
        return openHistoryClient(context.home);
    }
    LONGSHIP_ASSIGN(auto client, openClientOf(context, filesOf(context, name)));
    ChangeWaiter waiter(*client);
    waiter.waitFor([](const ClusterView& view) { return view.connected || isHopeless(view); }, kLookPatience);
    waiter.waitFor([](const ClusterView& view) { return view.caughtUp || !view.connected; },
                   kCatchUpPatience);
    return client;
}

Result<void> stopCluster(const Context& context, const std::string& cluster) {
    if (!isKnown(context, cluster)) {
        return failure(ErrorKind::NotFound, fmt::format("There is no cluster {}. Known: {}.", cluster,
                                                        fmt::join(knownClusters(context.home), ", ")));
    }
    return stopLocalCluster(filesOf(context, cluster));
}

Result<void> waitUntilReady(Client& client, Waiter& waiter) {
    const TimePoint deadline = BootClock::now() + kReadyPatience;
    for (;;) {
        const ClusterView view = client.cluster();
        const auto notReady = std::find_if(view.nodes.begin(), view.nodes.end(), [](const NodeView& node) {
            return node.state != NodeState::Ready && node.state != NodeState::Busy;
        });
        // Up to date means: it is the cluster that says so, not only our own connections.
        if (view.caughtUp && notReady == view.nodes.end()) {
            return {};
        }
        if (BootClock::now() >= deadline) {
            const bool nodeMissing = view.connected && notReady != view.nodes.end();
            return failure(ErrorKind::Unavailable,
                           nodeMissing ? fmt::format("{} is not ready ({}). {}", notReady->node.value,
                                                     toString(notReady->state), notReady->detail)
                                       : view.detail);
        }
        if (waiter.wait(deadline) == Waiter::Woken::Interrupted) {
            return failure(ErrorKind::Interrupted, "Interrupted before the run was sent.");
        }
    }
}

Result<RunId> findRun(const Client& client, const std::string& name) {
    const auto runs = client.runs();
    if (runs.empty()) {
        return failure(ErrorKind::NotFound, "There are no runs yet. Start one: longship demo");
    }
    if (name == "last") {
        return runs.front().run;
    }
    std::vector<RunId> matches;
    for (const RunSummary& run : runs) {
        if (run.run.value == name) {
            return run.run;
        }
        if (run.run.value.starts_with(name)) {
            matches.push_back(run.run);
        }
    }
    if (matches.size() == 1) {
        return matches.front();
    }
    if (matches.size() > 1) {
        return failure(ErrorKind::BadInput, fmt::format("{} runs begin with \"{}\": {}. Give more of the id.",
                                                        matches.size(), name, nearMatches(runs, name)));
    }
    return failure(ErrorKind::NotFound, fmt::format("There is no run \"{}\". Near it: {}. All: longship runs",
                                                    name, nearMatches(runs, name)));
}

Result<OpenRun> openRun(Context& context, const std::string& name) {
    OpenRun open;
    LONGSHIP_ASSIGN(open.client, openForReading(context));
    LONGSHIP_ASSIGN(open.run, findRun(*open.client, name));
    const auto snapshot = open.client->run(open.run);
    if (snapshot && snapshot->cluster != kDemoCluster && isKnown(context, snapshot->cluster)) {
        LONGSHIP_ASSIGN(open.client, openForReading(context, snapshot->cluster));
    }
    return open;
}

void addRunArgument(CLI::App& verb, std::string& run) {
    verb.add_option("RUN", run, "Id of a run, the beginning of one, or \"last\"")->required();
}

}  // namespace longship::cli
