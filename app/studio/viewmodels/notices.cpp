#include "app/studio/viewmodels/notices.h"

namespace longship {

Notices::Notices(StudioModel& studio, QObject* parent) : QObject(parent), m_studio(studio) {
    const auto runs = [this] { lookAtRuns(); };
    connect(&studio.runs(), &QAbstractItemModel::rowsInserted, this, runs);
    connect(&studio.runs(), &QAbstractItemModel::dataChanged, this, runs);
    connect(&studio.runs(), &QAbstractItemModel::modelReset, this, runs);
    connect(&studio, &StudioModel::clusterChanged, this, &Notices::lookAtNodes);
    lookAtRuns();
    lookAtNodes();
}

void Notices::lookAtRuns() {
    for (int row = 0; row < m_studio.runs().rowCount(); ++row) {
        const RunSummary& run = m_studio.runs().at(row);
        const bool over = isTerminal(run.state);
        const auto [seen, isNew] = m_over.try_emplace(run.run, over);
        if (isNew || seen->second == over) {
            continue;
        }
        seen->second = over;
        // A run that a person stopped has ended as they wished: they know.
        if (run.state == RunState::Failed) {
            tell(NoticeKind::Failed, run.name, run.cause);
        } else if (run.state == RunState::Completed) {
            tell(NoticeKind::Finished, run.name, {});
        }
    }
}

void Notices::lookAtNodes() {
    for (const NodeView& node : m_studio.cluster().nodes) {
        const auto [seen, isNew] = m_nodes.try_emplace(node.node, node.state);
        const NodeState before = std::exchange(seen->second, node.state);
        if (!isNew && before != NodeState::Lost && node.state == NodeState::Lost) {
            tell(NoticeKind::NodeLost, node.node.value, node.detail);
        }
    }
}

void Notices::tell(NoticeKind kind, const std::string& subject, const std::string& cause) {
    if (m_studio.settings().notifies(kind)) {
        Q_EMIT noticed(kind, QString::fromStdString(subject), QString::fromStdString(cause));
    }
}

}  // namespace longship
