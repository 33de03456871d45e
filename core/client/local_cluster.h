#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"

namespace longship {

/// Where a cluster's files are: keys, roster, and for a local one the homes of its agents.
struct ClusterFiles {
    std::string name;
    std::filesystem::path folder;  ///< <data>/clusters/<name>
};

/// A cluster of agents on this machine, 127.0.0.1 only. The agents are children of small supervising parents
/// of their own, so they outlive the program that started them.
struct LocalClusterOptions {
    std::string name = "demo";
    unsigned nodes = 3;
    std::filesystem::path agentProgram;  ///< Normally beside the running program.
    std::filesystem::path workerProgram;
    std::chrono::seconds idleExit{
        600};  ///< Agents end this long after their last run when no client is there.
};

/// Starts what is not running yet: makes keys (files 0600), starts agents, waits until each has published its
/// endpoint, sends them the roster. Calling it for a running cluster just finds it.
Result<ClusterFiles> ensureLocalCluster(const HomeFolders& home, const LocalClusterOptions& options);

/// Ends the agents and waits until they are gone. Their history stays.
Result<void> stopLocalCluster(const ClusterFiles& cluster);

/// Names of the clusters known here.
std::vector<std::string> knownClusters(const HomeFolders& home);

}  // namespace longship
