#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

#include "core/deploy/node_deployment.h"
#include "core/domain/job.h"

namespace longship {

/// The files that a job reads, from this machine: its table as "table.csv", or those of its dataset in a
/// folder of the dataset's name. NotFound when they are not here.
Result<Bundle> dataOf(const JobSpec& job);

/// What came of bringing data to one node.
struct DataDelivery {
    NodeId node;
    std::optional<Error> error;
    std::uint64_t bytes = 0;  ///< Sent.
    double seconds = 0;
    bool skipped = false;  ///< All was there already.
};

/// Brings the data to all nodes side by side, into the store that the programs are in, so that a file goes to
/// a machine once. `usual`: where a machine may have the files anyway; what has the right hash is copied
/// there. The callback is called by one thread at a time.
std::vector<DataDelivery> bringData(const std::vector<SshNode>& nodes, const Bundle& data,
                                    const std::filesystem::path& usual, const SshAccess& access,
                                    std::stop_token stop,
                                    const std::function<void(const DeployProgress&)>& progress);

/// Whether the machines have a dataset that is not here: one answer for each, NotFound for those that lack
/// it.
std::vector<DataDelivery> findDataset(const std::vector<SshNode>& nodes, const std::filesystem::path& usual,
                                      const SshAccess& access, std::stop_token stop);

/// What came of providing all nodes with what a job reads.
struct JobDelivery {
    JobSpec job;  ///< Names what was brought: every node reads these bytes.
    std::vector<DataDelivery> nodes;

    std::size_t failed() const;
    /// Unavailable in words when a node lacks the data: then the job must not be sent.
    Result<void> complete() const;
};

/// Brings the job's table or dataset to all nodes; a dataset that this machine lacks is looked for on them
/// instead. An error is one of this machine, where nothing was asked of any node; what a node said is in the
/// result.
Result<JobDelivery> provideData(const JobSpec& job, const std::vector<SshNode>& nodes,
                                const SshAccess& access, std::stop_token stop,
                                const std::function<void(const DeployProgress&)>& progress);

}  // namespace longship
