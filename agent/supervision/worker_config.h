#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/protocol/messages.h"
#include "core/transport/keys.h"

namespace longship {

/// All that a worker is told before it can talk: it reads this from its standard input, because a command
/// line and an environment can be read by others.
struct WorkerConfig {
    TaskKey key;
    NodeId node;
    KeyPair keys;               ///< Made by the agent for this one process.
    std::string agentEndpoint;  ///< "ipc:///run/user/1000/longship-…/agent.sock"
    std::string agentKey;       ///< Public.
    std::string dataEndpoint;   ///< Where to bind the data plane, "tcp://127.0.0.1:*".
    std::string jobYaml;
    std::filesystem::path folder;  ///< Of the run, on this node.
    std::filesystem::path
        dataFolder;  ///< Holds a folder for each content that was brought here; may be empty.
    unsigned threads = 1;
    std::vector<CheckpointRef> checkpoints;  ///< That it may begin with, newest first.
    std::optional<RowKey> lastRow;           ///< Of the run, in its node's history.
    std::uint64_t checkpointBudget = 0;      ///< Bytes of all checkpoints of this node; 0: any.
};

std::string toJson(const WorkerConfig& config);

/// Corrupt when the text is no such configuration.
Result<WorkerConfig> workerConfigFrom(const std::string& json);

}  // namespace longship
