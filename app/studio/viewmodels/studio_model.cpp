#include "app/studio/viewmodels/studio_model.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace longship {

namespace {

using namespace std::chrono_literals;

// The list changes with the states of runs, not with their steps.
constexpr auto kRunsInterval = 500ms;
// How long a fault lasts that heals by itself.
constexpr auto kDrillHeal = 10s;

}  // namespace

StudioModel::StudioModel(StudioSettings& settings, QObject* parent)
    : QObject(parent), m_settings(settings), m_run(m_bridge) {
    m_run.setSmoothing(settings.smoothing());
    connect(&m_bridge, &ClientBridge::clusterChanged, this, &StudioModel::refreshCluster);
    connect(&m_bridge, &ClientBridge::stateChanged, this, &StudioModel::refreshCluster);
    connect(&m_bridge, &ClientBridge::stateChanged, this, &StudioModel::refreshRuns);
    connect(&m_machines.data(), &DataWork::provided, this,
            [this](const QString& cluster, const JobSpec& job) {
                if (cluster.toStdString() == m_cluster.name) {
                    send(job);
                } else {
                    setTrainState(TrainState::Idle);  // The window shows another one by now.
                }
            });
    connect(&m_machines.data(), &DataWork::gaveUp, this, [this] { setTrainState(TrainState::Idle); });
    m_runsTimer.setSingleShot(true);
    m_runsTimer.setInterval(kRunsInterval);
    connect(&m_runsTimer, &QTimer::timeout, this, &StudioModel::refreshRuns);
    connect(&m_bridge, &ClientBridge::runsChanged, this, [this] {
        if (!m_runsTimer.isActive()) {
            m_runsTimer.start();
        }
    });
}

void StudioModel::train() {
    if (m_trainState != TrainState::Idle || !m_draft.isValid()) {
        return;
    }
    if (nodesReady()) {
        submit();
    } else {
        setTrainState(TrainState::WaitingForNodes);
    }
}

void StudioModel::cancelTrain() {
    if (m_trainState == TrainState::WaitingForNodes) {
        setTrainState(TrainState::Idle);
    }
}

bool StudioModel::nodesReady() const {
    const auto& nodes = m_cluster.nodes;
    const bool someStart = std::any_of(nodes.begin(), nodes.end(), [](const NodeView& node) {
        return node.state == NodeState::Unknown || node.state == NodeState::Connecting;
    });
    return m_cluster.connected && m_nodes.readyCount() > 0 && !someStart;
}

void StudioModel::setTrainState(TrainState state) {
    if (std::exchange(m_trainState, state) != state) {
        Q_EMIT trainStateChanged();
    }
}

void StudioModel::submit() {
    const QString cluster = QString::fromStdString(m_cluster.name);
    if (m_machines.overSsh(cluster) != nullptr) {
        setTrainState(TrainState::BringingData);
        m_machines.data().start(cluster, m_draft.job());
    } else {
        send(m_draft.job());
    }
}

void StudioModel::send(const JobSpec& job) {
    setTrainState(TrainState::Submitting);
    m_bridge.run<RunId>(
        this, [job](Client& client) { return client.submit(job); },
        [this](Result<RunId> run) {
            setTrainState(TrainState::Idle);
            if (!run) {
                Q_EMIT commandFailed(run.error());
                return;
            }
            m_run.show(*run);
            Q_EMIT runStarted(*run);
        });
}

void StudioModel::command(std::function<Result<void>(Client&)> work) {
    m_bridge.run<void>(this, std::move(work), [this](Result<void> done) {
        if (!done) {
            Q_EMIT commandFailed(done.error());
        }
    });
}

void StudioModel::stop(const RunId& run) {
    command([run](Client& client) { return client.stop(run); });
}

void StudioModel::pause(const RunId& run) {
    command([run](Client& client) { return client.pause(run); });
}

void StudioModel::resume(const RunId& run) {
    command([run](Client& client) { return client.resume(run); });
}

std::vector<PlacedTask> StudioModel::workOn(const NodeId& node) const {
    std::vector<RunSnapshot> active;
    if (m_bridge.client() == nullptr) {
        return {};
    }
    for (const RunSummary& summary : m_bridge.client()->runs()) {
        if (!isTerminal(summary.state) && !summary.leftBehind) {
            if (auto run = m_bridge.client()->run(summary.run)) {
                active.push_back(*std::move(run));
            }
        }
    }
    return longship::workOn(node, active);
}

void StudioModel::moveWork(const std::vector<PlacedTask>& work, const NodeId& to) {
    command([work, to](Client& client) -> Result<void> {
        for (const PlacedTask& placed : work) {
            LONGSHIP_TRY(client.moveTask(placed.run, placed.task.task, to));
        }
        return {};
    });
}

void StudioModel::drain(const NodeId& node) {
    command([node](Client& client) { return client.drain(node); });
}

void StudioModel::undrain(const NodeId& node) {
    command([node](Client& client) { return client.undrain(node); });
}

void StudioModel::drill(const RunId& run, const NodeId& node, Fault fault) {
    command([run, node, fault](Client& client) { return client.drill(run, node, fault, kDrillHeal); });
}

void StudioModel::takeOver(const NodeId& founder) {
    if (std::exchange(m_takingOver, true)) {
        return;
    }
    Q_EMIT clusterChanged();
    m_bridge.run<void>(
        this, [founder](Client& client) { return client.takeOver(founder); },
        [this, founder](Result<void> done) {
            m_takingOver = false;
            Q_EMIT clusterChanged();
            if (done) {
                Q_EMIT takenOver(founder);
            } else {
                Q_EMIT commandFailed(done.error());
            }
        });
}

void StudioModel::saveModel(const RunId& run, const QString& path) {
    m_bridge.run<void>(
        this,
        [run, file = std::filesystem::path(path.toStdString())](Client& client) {
            return client.saveModel(run, file);
        },
        [this, run, path](Result<void> done) {
            if (done) {
                Q_EMIT modelSaved(run, path);
            } else {
                Q_EMIT commandFailed(done.error());
            }
        });
}

void StudioModel::exportTo(const std::vector<RunId>& runs, ExportFormat format, const QString& path) {
    m_bridge.run<void>(
        this,
        [runs, format, file = std::filesystem::path(path.toStdString())](Client& client) -> Result<void> {
            std::vector<ExportedRun> all;
            for (const RunId& run : runs) {
                // A run that was deleted meanwhile is not worth failing for.
                if (auto snapshot = client.run(run)) {
                    all.push_back({std::move(*snapshot), client.events(run),
                                   client.rows(run, std::nullopt, std::numeric_limits<std::size_t>::max()),
                                   client.cluster().nodes});
                }
            }
            return exportRuns(format, all, file);
        },
        [this, path](Result<void> done) {
            if (done) {
                Q_EMIT exported(path);
            } else {
                Q_EMIT commandFailed(done.error());
            }
        });
}

void StudioModel::hide(const RunId& run) {
    m_runs.setHidden(run, true);
    if (m_run.isShown() && m_run.snapshot().run == run) {
        m_run.clear();
    }
}

void StudioModel::unhide() {
    for (const RunId& run : std::set<RunId>(m_runs.hidden())) {
        m_runs.setHidden(run, false);
    }
}

void StudioModel::forgetHidden() {
    for (const RunId& run : m_runs.hidden()) {
        m_bridge.run<void>(
            this, [run](Client& client) { return client.forget(run); },
            [this, run](Result<void> done) {
                // Forgotten or not: what the client still lists is shown again.
                refreshRuns();
                m_runs.setHidden(run, false);
                if (!done) {
                    Q_EMIT commandFailed(done.error());
                }
            });
    }
}

void StudioModel::refreshCluster() {
    m_cluster = m_bridge.client() != nullptr ? m_bridge.client()->cluster() : ClusterView();
    m_nodes.setNodes(m_cluster.nodes);
    Q_EMIT clusterChanged();
    if (m_trainState == TrainState::WaitingForNodes && nodesReady()) {
        submit();
    }
}

void StudioModel::refreshRuns() {
    if (m_bridge.client() == nullptr) {
        return;
    }
    std::vector<RunSummary> runs = m_bridge.client()->runs();
    const auto active = std::find_if(runs.begin(), runs.end(), [](const RunSummary& run) {
        return !isTerminal(run.state) && !run.leftBehind;
    });
    if (!m_run.isShown() && active != runs.end()) {
        // A run that goes on is what a person opens the window for.
        m_run.show(active->run);
    }
    m_runs.setRuns(std::move(runs));
}

}  // namespace longship
