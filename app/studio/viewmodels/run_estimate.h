#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/domain/job.h"
#include "core/domain/node.h"
#include "core/domain/run_snapshot.h"

namespace longship {

/// How long a job will take, from a run that did the same.
struct RunEstimate {
    RunId from;
    std::string fromName;
    bool sameNodes = false;  ///< It ran on the very nodes; else on as many others.
    double samplesPerSecond = 0;
    double seconds = 0;
};

/// From the newest run of the cluster that was completed with the same model, data, strategy, numerics,
/// traffic and batch on as many workers, those on the same nodes first; none while there is no such run.
/// `ready` are the nodes that would train.
std::optional<RunEstimate> estimateRun(const JobSpec& job, const std::string& cluster,
                                       const std::set<NodeId>& ready, const std::vector<RunSnapshot>& runs);

}  // namespace longship
