#include "agent/supervision/worker_config.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace longship {

std::string toJson(const WorkerConfig& config) {
    nlohmann::json checkpoints = nlohmann::json::array();
    for (const CheckpointRef& checkpoint : config.checkpoints) {
        checkpoints.push_back({{"step", checkpoint.step}, {"sha256", checkpoint.sha256}});
    }
    nlohmann::json lastRow;
    if (config.lastRow) {
        lastRow = {{"membership", config.lastRow->membership}, {"step", config.lastRow->step}};
    }
    return nlohmann::json{{"run", config.key.run.value},
                          {"task", config.key.task.value},
                          {"generation", config.key.generation},
                          {"node", config.node.value},
                          {"public_key", config.keys.publicKey},
                          {"secret_key", config.keys.secretKey},
                          {"agent_endpoint", config.agentEndpoint},
                          {"agent_key", config.agentKey},
                          {"data_endpoint", config.dataEndpoint},
                          {"job", config.jobYaml},
                          {"folder", config.folder.string()},
                          {"data_folder", config.dataFolder.string()},
                          {"threads", config.threads},
                          {"checkpoints", checkpoints},
                          {"last_row", lastRow},
                          {"checkpoint_budget", config.checkpointBudget}}
        .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<WorkerConfig> workerConfigFrom(const std::string& json) {
    try {
        const auto parsed = nlohmann::json::parse(json);
        WorkerConfig config;
        config.key.run = RunId(parsed.at("run").get<std::string>());
        config.key.task = TaskId(parsed.at("task").get<std::string>());
        config.key.generation = parsed.at("generation").get<Generation>();
        config.node = NodeId(parsed.at("node").get<std::string>());
        config.keys.publicKey = parsed.at("public_key").get<std::string>();
        config.keys.secretKey = parsed.at("secret_key").get<std::string>();
        config.agentEndpoint = parsed.at("agent_endpoint").get<std::string>();
        config.agentKey = parsed.at("agent_key").get<std::string>();
        config.dataEndpoint = parsed.at("data_endpoint").get<std::string>();
        config.jobYaml = parsed.at("job").get<std::string>();
        config.folder = parsed.at("folder").get<std::string>();
        config.dataFolder = parsed.at("data_folder").get<std::string>();
        config.threads = parsed.at("threads").get<unsigned>();
        for (const auto& checkpoint : parsed.at("checkpoints")) {
            config.checkpoints.push_back(
                {checkpoint.at("step").get<Step>(), checkpoint.at("sha256").get<std::string>()});
        }
        if (const auto& lastRow = parsed.at("last_row"); !lastRow.is_null()) {
            config.lastRow =
                RowKey{lastRow.at("membership").get<MembershipNumber>(), lastRow.at("step").get<Step>()};
        }
        config.checkpointBudget = parsed.at("checkpoint_budget").get<std::uint64_t>();
        return config;
    } catch (const nlohmann::json::exception& problem) {
        return failure(
            ErrorKind::Corrupt,
            fmt::format("The configuration on standard input cannot be read ({}). A worker is started "
                        "by its agent, not by hand.",
                        problem.what()));
    }
}

}  // namespace longship
