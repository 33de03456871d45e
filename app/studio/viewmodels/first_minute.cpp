#include "app/studio/viewmodels/first_minute.h"

#include <algorithm>
#include <utility>

#include "app/studio/viewmodels/cluster_opener.h"

namespace longship {

namespace {

constexpr double kUndisturbedSeconds = 10;
// What is left must be enough to see training go on.
constexpr double kLeftSecondsMin = 5;
// Of three nodes two are a majority that goes on.
constexpr std::size_t kNodesMin = 3;

}  // namespace

FirstMinute::FirstMinute(StudioModel& studio, QObject* parent) : QObject(parent), m_studio(studio) {
    connect(&studio, &StudioModel::clusterChanged, this, &FirstMinute::refresh);
    for (const auto& signal : {&RunView::shownChanged, &RunView::changed, &RunView::rowsChanged}) {
        connect(&studio.run(), signal, this, &FirstMinute::refresh);
    }
    refresh();
}

void FirstMinute::pull() {
    if (m_victim && m_studio.run().isShown()) {
        m_studio.drill(m_studio.run().snapshot().run, *m_victim, Fault::KillAgent);
        decline();
    }
}

void FirstMinute::decline() {
    m_studio.settings().setPlugHintSeen();
    refresh();
}

void FirstMinute::refresh() {
    std::optional<NodeId> victim = findVictim();
    if (std::exchange(m_victim, victim) != victim) {
        Q_EMIT changed();
    }
}

std::optional<NodeId> FirstMinute::findVictim() const {
    const ClusterView& cluster = m_studio.cluster();
    const RunView& run = m_studio.run();
    if (m_studio.settings().plugHintSeen() || cluster.name != kDemoCluster || !cluster.connected ||
        cluster.nodes.size() < kNodesMin || !run.isActive()) {
        return std::nullopt;
    }
    const RunProgress progress = run.progress();
    if (run.snapshot().state != RunState::Training || !run.snapshot().incidents.empty() ||
        progress.elapsedSeconds.value_or(0) < kUndisturbedSeconds ||
        progress.remainingSeconds.value_or(kLeftSecondsMin) < kLeftSecondsMin) {
        return std::nullopt;
    }
    // Not the leader: that is a second lesson. node-b, the middle one, where it is free to be killed.
    std::vector<NodeId> working;
    for (const NodeView& node : cluster.nodes) {
        if (!node.leader && node.state == NodeState::Busy && !node.tasks.empty()) {
            working.push_back(node.node);
        }
    }
    if (working.empty()) {
        return std::nullopt;
    }
    const auto middle = std::find(working.begin(), working.end(), NodeId("node-b"));
    return middle == working.end() ? working.front() : *middle;
}

}  // namespace longship
