#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "core/base/ids.h"

namespace longship {

/// The agent's command line.
struct AgentOptions {
    std::filesystem::path home;
    std::string listen = "127.0.0.1:0";  ///< Numeric address and port; 0: any free one.
    std::string ownerKey;                ///< Public key of the person who may command this agent.
    NodeId node;
    std::filesystem::path workerProgram;
    std::filesystem::path serverProgram;
    std::filesystem::path dataFolder;     ///< Where data is brought to; empty: nowhere.
    std::uint64_t checkpointBudget = 0;   ///< Bytes that checkpoints may take on this node; 0: any.
    std::chrono::seconds idleExit{0};     ///< 0: stays until it is ended.
    std::filesystem::path runtimeFolder;  ///< For the workers' socket; empty: /tmp.
    std::string version;
};

}  // namespace longship
