#include "agent/supervision/worker_config.h"

#include <gtest/gtest.h>

namespace longship {
namespace {

TEST(WorkerConfig, IsReadBack) {
    WorkerConfig config;
    config.key = {RunId("r"), TaskId("worker-0"), 3};
    config.node = NodeId("node-a");
    config.keys = {"public", "secret"};
    config.agentEndpoint = "ipc:///x";
    config.agentKey = "agent";
    config.dataEndpoint = "tcp://127.0.0.1:*";
    config.jobYaml = "name: \"a\\b\"\nmodel: mlp\n";
    config.folder = "/home/x/runs/r";
    config.dataFolder = "/home/x/data";
    config.threads = 5;
    config.checkpoints = {{400, "ab"}, {200, "cd"}};
    config.lastRow = RowKey{3, 77};
    config.checkpointBudget = 1'000'000;
    const auto read = workerConfigFrom(toJson(config));
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(toJson(*read), toJson(config));
    EXPECT_EQ(read->key, config.key);
    EXPECT_EQ(read->jobYaml, config.jobYaml);
    EXPECT_EQ(read->keys.secretKey, "secret");
    EXPECT_EQ(read->dataFolder, config.dataFolder);
    EXPECT_EQ(read->threads, 5u);
    EXPECT_EQ(read->checkpoints, config.checkpoints);
    EXPECT_EQ(read->lastRow, config.lastRow);
    EXPECT_EQ(read->checkpointBudget, config.checkpointBudget);
}

TEST(WorkerConfig, AnythingElseIsRefusedInWords) {
    for (const char* text : {"", "hello", "{}", "[1]", "{\"run\": 7}"}) {
        const auto read = workerConfigFrom(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().kind, ErrorKind::Corrupt);
    }
}

}  // namespace
}  // namespace longship
