#pragma once

#include <optional>

#include "app/studio/viewmodels/client_bridge.h"
#include "app/studio/viewmodels/machine_draft.h"
#include "app/studio/viewmodels/run_table_model.h"

namespace longship {

/// What a person would do next, seen from the home page.
struct NextStep {
    enum class Kind {
        StartAgain,  ///< The cluster could not be started.
        SetUp,       ///< Longship is not on the cluster's machines yet.
        Watch,       ///< `run` goes on.
        Wait,        ///< The nodes turn ready.
        Try,         ///< Nothing has been trained yet.
        Look         ///< `run` was the last one.
    };

    Kind kind = Kind::Wait;
    std::optional<RunSummary> run = {};

    bool operator==(const NextStep&) const = default;
};

/// `known` is the cluster's entry when its machines are
/// reached over SSH, else null.
NextStep nextStep(ClientBridge::State bridge, const ClusterView& cluster, const KnownCluster* known,
                  const RunTableModel& runs);

}  // namespace longship
