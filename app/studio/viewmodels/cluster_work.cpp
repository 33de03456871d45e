#include "app/studio/viewmodels/cluster_work.h"

#include <sys/utsname.h>

#include <algorithm>
#include <utility>

#include "core/client/cluster_record.h"
#include "core/deploy/node_leave.h"
#include "core/deploy/preflight.h"
#include "core/deploy/ssh_cluster.h"
#include "core/deploy/ssh_detours.h"

namespace longship {

namespace {

constexpr std::chrono::seconds kExplorePatience{20};

std::vector<NodeId> namesOf(const std::vector<SshNode>& nodes) {
    std::vector<NodeId> names;
    std::transform(nodes.begin(), nodes.end(), std::back_inserter(names),
                   [](const SshNode& node) { return node.node; });
    return names;
}

std::string thisKind() {
    utsname here{};
    ::uname(&here);
    return here.machine;
}

}  // namespace

ClusterWork::ClusterWork(QObject* parent)
    : QObject(parent), m_remembering(std::make_unique<RememberingQuestions>(m_questions)) {}

ClusterWork::~ClusterWork() {
    cancel();
}

void ClusterWork::show(const QString& cluster) {
    if (m_phase != Phase::Idle) {
        return;
    }
    if (cluster != m_cluster) {
        m_remembering = std::make_unique<RememberingQuestions>(m_questions);
        m_deployments.clear();
    }
    m_cluster = cluster;
    m_outcome = Outcome::None;
    m_error.reset();
    m_checks.begin({});
    m_nodes.begin({}, DeployState::Removed);
    Q_EMIT changed();
}

void ClusterWork::post(std::function<void()> action) {
    QMetaObject::invokeMethod(this, std::move(action), Qt::QueuedConnection);
}

void ClusterWork::start(Phase phase, Work work) {
    if (m_phase != Phase::Idle || m_cluster.isEmpty()) {
        return;
    }
    m_phase = phase;
    m_error.reset();
    m_questions.allow();
    Q_EMIT changed();
    m_thread = std::jthread([this, work = std::move(work), home = m_surroundings.home,
                             name = m_cluster.toStdString()](std::stop_token stop) {
        const auto read = [&]() -> Result<Machines> {
            LONGSHIP_ASSIGN(ClusterFiles cluster, findSshCluster(home, name));
            LONGSHIP_ASSIGN(std::vector<SshNode> nodes, readSshNodes(cluster));
            return Machines{std::move(cluster), std::move(nodes)};
        };
        if (auto machines = read()) {
            work(*machines, std::move(stop));
        } else {
            post([this, error = machines.error()] { finish(Outcome::Incomplete, error); });
        }
    });
}

void ClusterWork::finish(Outcome outcome, std::optional<Error> error) {
    m_phase = Phase::Idle;
    m_outcome = outcome;
    m_error = std::move(error);
    Q_EMIT changed();
    Q_EMIT finished();
}

void ClusterWork::cancel() {
    m_thread.request_stop();
    stopNodes();
    m_questions.withdraw();
}

void ClusterWork::stopNodes() {
    const std::lock_guard lock(m_stopsMutex);
    for (auto& [node, stop] : m_stops) {
        stop.request_stop();
    }
}

void ClusterWork::cancel(const NodeId& node) {
    const std::lock_guard lock(m_stopsMutex);
    if (const auto found = m_stops.find(node); found != m_stops.end()) {
        found->second.request_stop();
    }
}

void ClusterWork::check() {
    start(Phase::Checking,
          [this](const Machines& machines, std::stop_token stop) { runCheck(machines, std::move(stop)); });
}

void ClusterWork::runCheck(const Machines& machines, std::stop_token stop) {
    post([this, names = namesOf(machines.nodes)] { m_checks.begin(names); });
    const auto record = readClusterRecord(machines.cluster);
    checkNodes(machines.nodes, record ? record->nodes : std::vector<RosterEntry>(), thisKind(),
               {m_surroundings.ssh.settings, *m_remembering}, std::move(stop),
               [this](const CheckResult& result) { post([this, result] { m_checks.add(result); }); });
    post([this] {
        m_checks.end();
        finish(Outcome::Checked, std::nullopt);
    });
}

void ClusterWork::deploy() {
    start(Phase::Deploying,
          [this](const Machines& machines, std::stop_token stop) { runDeploy(machines, std::move(stop)); });
}

std::stop_token ClusterWork::tokenOf(const NodeId& node) {
    const std::lock_guard lock(m_stopsMutex);
    return m_stops[node].get_token();
}

void ClusterWork::runDeploy(const Machines& machines, std::stop_token stop) {
    post([this, names = namesOf(machines.nodes)] { m_nodes.begin(names, DeployState::Waiting); });
    {
        const std::lock_guard lock(m_stopsMutex);
        m_stops.clear();
    }
    auto done = deployAll(machines, std::move(stop));
    post([this, done] {
        finish(done ? Outcome::Deployed : Outcome::Incomplete,
               done || done.error().text.empty() ? std::optional<Error>() : done.error());
    });
}

/// An error without a text: some nodes are not ready, and their rows say why.
Result<void> ClusterWork::deployAll(const Machines& machines, std::stop_token stop) {
    const auto& programs = m_surroundings.programs;
    LONGSHIP_ASSIGN(const Bundle bundle, makeBundle(BundlePrograms::in(programs)));
    LONGSHIP_ASSIGN(const KeyPair keys, loadClientKey(machines.cluster));
    DeployRound round(bundle, static_cast<std::size_t>(std::count_if(
                                  machines.nodes.begin(), machines.nodes.end(), [this](const SshNode& node) {
                                      return !m_deployments.contains(node.node);
                                  })));
    std::mutex mutex;
    {
        std::vector<std::jthread> threads;
        for (const SshNode& node : machines.nodes) {
            if (m_deployments.contains(node.node)) {
                continue;
            }
            threads.emplace_back([&, token = tokenOf(node.node)] {
                const NodeDeployment result = deployNode(
                    node, {machines.cluster.name, keys.publicKey, bundle, &round},
                    {m_surroundings.ssh.settings, *m_remembering}, token, [this](const DeployProgress& now) {
                        post([this, now, time = BootClock::now()] { m_nodes.progress(now, time); });
                    });
                post([this, result] {
                    const bool cancelled = result.error && result.error->kind == ErrorKind::Interrupted;
                    m_nodes.set(result.node,
                                cancelled        ? DeployState::Cancelled
                                : result.error   ? DeployState::Failed
                                : result.skipped ? DeployState::WasReady
                                                 : DeployState::Ready,
                                result.bytes, result.error ? result.error->text : std::string());
                });
                if (!result.error) {
                    const std::lock_guard lock(mutex);
                    m_deployments.insert_or_assign(result.node, result);
                }
            });
        }
        if (stop.stop_requested()) {
            stopNodes();  // It was asked for before there was anything to stop.
        }
    }
    std::vector<NodeDeployment> all;
    for (const SshNode& node : machines.nodes) {
        const auto found = m_deployments.find(node.node);
        if (found == m_deployments.end()) {
            return failure(ErrorKind::Unavailable, std::string());
        }
        all.push_back(found->second);
    }
    post([this] {
        m_phase = Phase::Joining;
        Q_EMIT changed();
    });
    // The next deployment looks at all of them again.
    m_deployments.clear();
    const auto detours = detoursOf(machines.cluster, m_surroundings.ssh.settings);
    if (!detours) {
        return failure(detours.error());
    }
    std::vector<RosterEntry> agents;
    for (const NodeDeployment& deployment : all) {
        agents.push_back(deployment.entry);
    }
    if (*detours) {
        (*detours)->explore(agents, SshDetours::Until::AllKnown, BootClock::now() + kExplorePatience);
    }
    return joinNodes(machines.cluster, all, wayThrough(*detours));
}

void ClusterWork::undeploy() {
    start(Phase::Removing,
          [this](const Machines& machines, std::stop_token stop) { runRemoval(machines, std::move(stop)); });
}

void ClusterWork::runRemoval(const Machines& machines, std::stop_token stop) {
    m_deployments.clear();
    post([this, names = namesOf(machines.nodes)] { m_nodes.begin(names, DeployState::Working); });
    std::vector<NodeId> gone;
    for (const NodeRemoval& result : removeFromNodes(machines.nodes, machines.cluster.name,
                                                     {m_surroundings.ssh.settings, *m_remembering}, stop)) {
        if (!result.error) {
            gone.push_back(result.node);
        }
        post([this, result] {
            m_nodes.set(result.node, result.error ? DeployState::Failed : DeployState::Removed,
                        result.bytesFreed, result.error ? result.error->text : std::string());
        });
    }
    const auto forgotten = forgetAgents(machines.cluster, gone);
    const bool all = gone.size() == machines.nodes.size() && forgotten;
    post([this, all, error = forgotten ? std::optional<Error>() : forgotten.error()] {
        finish(all ? Outcome::Removed : Outcome::Incomplete, error);
    });
}

void ClusterWork::takeOut(const NodeId& node) {
    start(Phase::Removing, [this, node](const Machines& machines, std::stop_token stop) {
        runLeave(machines, node, std::move(stop));
    });
}

void ClusterWork::runLeave(const Machines& machines, const NodeId& node, std::stop_token stop) {
    m_deployments.erase(node);
    const auto left = takeNodeOut(m_surroundings.home, machines.cluster, node,
                                  {m_surroundings.ssh.settings, *m_remembering}, stop);
    if (!left) {
        post([this, error = left.error()] { finish(Outcome::Incomplete, error); });
        return;
    }
    std::vector<NodeId> stay = namesOf(machines.nodes);
    std::erase(stay, node);
    const bool clean = !left->cleaned || !left->cleaned->error;
    post([this, node, stay, leftOver = clean ? std::string() : left->cleaned->error->text] {
        m_nodeLeft = node;
        m_leftOver = leftOver;
        m_checks.begin(stay);
        m_checks.end();
        finish(Outcome::NodeLeft, std::nullopt);
    });
}

void ClusterWork::forget() {
    start(Phase::Removing, [this](const Machines& machines, std::stop_token) {
        const auto done = forgetCluster(machines.cluster);
        post([this, done] {
            finish(done ? Outcome::Forgotten : Outcome::Incomplete,
                   done ? std::optional<Error>() : done.error());
        });
    });
}

}  // namespace longship
