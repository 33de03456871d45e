#include "core/deploy/node_leave.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "core/client/cluster_client.h"
#include "core/deploy/ssh_detours.h"

namespace longship {
namespace {

using std::chrono::seconds;

constexpr seconds kExplorePatience{20};
constexpr seconds kCatchUpPatience{18};
// A node's work is moved within seconds, but a large model takes longer.
constexpr seconds kDrainPatience{60};
constexpr seconds kReadyPatience{15};

/// Waits for what a client tells.
class Watching : public ClientObserver {
public:
    Watching(Client& client, const std::stop_token& stop)
        : m_client(client), m_stop(stop, [this] { note(); }) {
        m_client.addObserver(this);
    }
    ~Watching() override { m_client.removeObserver(this); }
    Watching(const Watching&) = delete;
    Watching& operator=(const Watching&) = delete;

    void clusterChanged() override { note(); }
    void runChanged(const RunId&) override { note(); }

    template <typename Done>
    bool waitFor(seconds patience, const std::stop_token& stop, Done done) {
        std::unique_lock lock(m_mutex);
        const auto over = [&] { return stop.stop_requested() || done(m_client.cluster()); };
        return m_changed.wait_for(lock, patience, over) && !stop.stop_requested();
    }

private:
    void note() {
        const std::lock_guard lock(m_mutex);
        m_changed.notify_all();
    }

    Client& m_client;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::stop_callback<std::function<void()>> m_stop;  // Last: it uses the two above.
};

tl::unexpected<Error> interrupted() {
    return failure(ErrorKind::Interrupted, "Interrupted before anything was changed.");
}

/// Refused while a run needs the nodes as they are.
Result<void> noRunGoesOn(const Client& client, const ClusterFiles& cluster) {
    for (const RunSummary& run : client.runs()) {
        if (run.cluster == cluster.name && !isTerminal(run.state) && !run.leftBehind) {
            return failure(
                ErrorKind::Refused,
                fmt::format("{} is busy with run {}, and its nodes can only be changed while it has no "
                            "run: wait for it, or stop it: longship stop {}",
                            cluster.name, run.run.value, run.run.value));
        }
    }
    return {};
}

/// Its vote goes to the others before it does: what they decide then never depends on it.
Result<void> handOver(const HomeFolders& home, const ClusterFiles& cluster, const NodeId& node,
                      const WayTo& wayTo, const std::stop_token& stop) {
    LONGSHIP_ASSIGN(const auto client, openClient(home, cluster, wayTo));
    Watching watching(*client, stop);
    if (!watching.waitFor(kCatchUpPatience, stop, [](const ClusterView& view) { return view.caughtUp; })) {
        return stop.stop_requested() ? interrupted()
                                     : failure(ErrorKind::Unavailable, client->cluster().detail);
    }
    LONGSHIP_TRY(noRunGoesOn(*client, cluster));
    LONGSHIP_TRY(client->drain(node));
    const auto drained = [&](const ClusterView& view) {
        return std::all_of(view.nodes.begin(), view.nodes.end(), [&](const NodeView& other) {
            return other.node != node || (other.drained && other.tasks.empty());
        });
    };
    if (watching.waitFor(kDrainPatience, stop, drained)) {
        return {};
    }
    return stop.stop_requested() ? interrupted()
                                 : failure(ErrorKind::Unavailable,
                                           fmt::format("{} was asked to leave and has not done so yet. {}",
                                                       node.value, client->cluster().detail));
}

/// Until those that stay have a leader again: there is nothing to stop any more.
Result<void> goOnWithout(const HomeFolders& home, const ClusterFiles& cluster, const WayTo& wayTo) {
    LONGSHIP_ASSIGN(const auto client, openClient(home, cluster, wayTo));
    Watching watching(*client, {});
    const auto ready = [](const ClusterView& view) {
        return view.caughtUp && std::all_of(view.nodes.begin(), view.nodes.end(), [](const NodeView& node) {
                   return node.state == NodeState::Ready || node.state == NodeState::Busy;
               });
    };
    if (watching.waitFor(kReadyPatience, {}, ready)) {
        return {};
    }
    return failure(
        ErrorKind::Unavailable,
        fmt::format("The node is out, but the others are not ready yet. {}", client->cluster().detail));
}

}  // namespace

Result<NodeLeave> takeNodeOut(const HomeFolders& home, const ClusterFiles& cluster, const NodeId& node,
                              const SshAccess& access, const std::stop_token& stop) {
    LONGSHIP_ASSIGN(const ClusterRecord record, readClusterRecord(cluster));
    LONGSHIP_ASSIGN(const std::vector<SshNode> nodes, readSshNodes(cluster));
    const auto hasAgent = [](const RosterEntry& entry) { return !entry.endpoint.empty(); };
    const auto entry = std::find_if(record.nodes.begin(), record.nodes.end(),
                                    [&](const RosterEntry& one) { return one.node == node; });
    NodeLeave leave;
    if (entry == record.nodes.end() || !hasAgent(*entry)) {
        LONGSHIP_TRY(removeSshNode(cluster, node));
        return leave;
    }
    const bool othersStay = std::count_if(record.nodes.begin(), record.nodes.end(), hasAgent) > 1;
    LONGSHIP_ASSIGN(const auto detours, detoursOf(cluster, access.settings));
    const WayTo wayTo = wayThrough(detours);
    if (othersStay) {
        if (detours) {
            std::vector<RosterEntry> others = record.nodes;
            std::erase_if(others, [&](const RosterEntry& one) { return one.node == node; });
            detours->explore(others, SshDetours::Until::AllKnown, BootClock::now() + kExplorePatience);
        }
        LONGSHIP_TRY(handOver(home, cluster, node, wayTo, stop));
    }
    LONGSHIP_TRY(leaveNode(cluster, node, wayTo));
    for (const SshNode& machine : nodes) {
        if (machine.node == node) {
            leave.cleaned = removeFromNodes({machine}, cluster.name, access, stop).front();
        }
    }
    if (othersStay) {
        LONGSHIP_TRY(goOnWithout(home, cluster, wayTo));
    }
    return leave;
}

}  // namespace longship
