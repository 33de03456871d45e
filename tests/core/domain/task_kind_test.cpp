#include "core/domain/task_kind.h"

#include <gtest/gtest.h>

#include "core/domain/checkpoint.h"

namespace longship {
namespace {

TEST(TaskKind, isToldByTheName) {
    EXPECT_EQ(serverNumber(serverTask(12)), 12u);
    EXPECT_EQ(workerTask(3), TaskId("worker-3"));
    for (const char* other : {"worker-0", "server-", "server-x", "server-1x", "server-01", "server--1", ""}) {
        EXPECT_FALSE(isServer(TaskId(other))) << other;
    }
}

TEST(TaskKind, serversWriteNoCheckpoints) {
    const std::vector<Member> members = {{0, workerTask(0), 1, NodeId("a"), 1},
                                         {1, serverTask(0), 1, NodeId("b"), 0},
                                         {2, serverTask(1), 1, NodeId("c"), 0}};
    EXPECT_EQ(checkpointWriters(members, 3), std::vector<TaskId>{workerTask(0)});
}

}  // namespace
}  // namespace longship
