#include "app/studio/viewmodels/home_view.h"

#include <algorithm>

namespace longship {

NextStep nextStep(ClientBridge::State bridge, const ClusterView& cluster, const KnownCluster* known,
                  const RunTableModel& runs) {
    using Kind = NextStep::Kind;
    if (bridge == ClientBridge::State::Failed) {
        return {Kind::StartAgain};
    }
    if (known != nullptr && !known->deployed && !cluster.connected) {
        return {Kind::SetUp};
    }
    for (int row = 0; row < runs.rowCount(); ++row) {
        if (!isTerminal(runs.at(row).state) && !runs.at(row).leftBehind) {
            return {Kind::Watch, runs.at(row)};
        }
    }
    const bool allAnswer = !cluster.nodes.empty() &&
                           std::all_of(cluster.nodes.begin(), cluster.nodes.end(), [](const auto& node) {
                               return node.state == NodeState::Ready || node.state == NodeState::Busy;
                           });
    if (!cluster.connected || !allAnswer) {
        return {Kind::Wait};
    }
    return runs.rowCount() == 0 ? NextStep{Kind::Try} : NextStep{Kind::Look, runs.at(0)};
}

}  // namespace longship
