#include "core/domain/checkpoint.h"

#include <gtest/gtest.h>

#include "core/domain/run_snapshot.h"
#include "tests/support/run_records.h"

namespace longship {
namespace {

Member memberOf(Rank rank, const std::string& task, const std::string& node) {
    return {rank, TaskId(task), 1, NodeId(node), 1};
}

CheckpointCommitted committed(Step step) {
    return {step, step * 10, 100, "hash-" + std::to_string(step), {NodeId("a"), NodeId("b")}, 1};
}

TEST(Checkpoint, IsDueByTheStepAlone) {
    EXPECT_FALSE(isCheckpointStep(100, 0));
    EXPECT_FALSE(isCheckpointStep(100, 99));
    EXPECT_TRUE(isCheckpointStep(100, 100));
    EXPECT_FALSE(isCheckpointStep(100, 101));
    EXPECT_TRUE(isCheckpointStep(100, 200));
    EXPECT_FALSE(isCheckpointStep(0, 100));
}

TEST(Checkpoint, ComesAtTheEndOfAnEpochUnlessTheJobSaysHowOften) {
    EXPECT_EQ(checkpointInterval({}, 500), 500u);
    EXPECT_EQ(checkpointInterval({}, 10'000), 10'000u);
    EXPECT_EQ(checkpointInterval({}, 17), 510u) << "30 short epochs share one";
    EXPECT_EQ(checkpointInterval({}, 1), 500u);
    EXPECT_EQ(checkpointInterval({40, 2}, 17), 40u);
    EXPECT_EQ(checkpointInterval({0, 2}, 17), 0u);
}

TEST(Checkpoint, IsWrittenByTheLowestRanksOnDifferentNodes) {
    const std::vector<Member> members = {memberOf(2, "worker-2", "b"), memberOf(0, "worker-0", "a"),
                                         memberOf(3, "worker-3", "c"), memberOf(1, "worker-1", "a")};
    const auto names = [&](std::uint32_t replicas) {
        std::string text;
        for (const TaskId& task : checkpointWriters(members, replicas)) {
            text += task.value + " ";
        }
        return text;
    };
    EXPECT_EQ(names(1), "worker-0 ");
    EXPECT_EQ(names(2), "worker-0 worker-2 ");
    EXPECT_EQ(names(3), "worker-0 worker-2 worker-3 ");
    EXPECT_EQ(names(9), "worker-0 worker-2 worker-3 ");
}

TEST(Checkpoint, NamesItsFiles) {
    EXPECT_EQ(checkpointFileName(400), "checkpoint-400.safetensors");
    EXPECT_EQ(checkpointManifestName(400), "checkpoint-400.json");
    EXPECT_EQ(checkpointStepOf("checkpoint-400.safetensors"), std::optional<Step>(400));
    EXPECT_EQ(checkpointStepOf("checkpoint-400.json"), std::optional<Step>(400));
    for (const char* name :
         {"model.safetensors", "checkpoint-.json", "checkpoint-04.json", "checkpoint-4", "checkpoint-4x.json",
          "checkpoint-99999999999999999999999.json", "checkpoint--4.json", "x-checkpoint-4.json", ""}) {
        EXPECT_FALSE(checkpointStepOf(name).has_value()) << name;
    }
}

TEST(Checkpoint, TheNewestAreKeptAndVoidOnesAreForgotten) {
    RunSnapshot run;
    std::uint64_t sequence = 0;
    const auto add = [&](RunEventBody body) { apply(run, test::eventOf("r", ++sequence, std::move(body))); };
    add(test::membershipOf(1, 0));
    add(committed(100));
    add(committed(200));
    add(committed(300));
    add(EvaluationFinished{250, 0, 0.5, 8, 10});
    add(EvaluationFinished{310, 1, 0.4, 9, 10});
    EXPECT_EQ(checkpointRefs(run.checkpoints),
              (std::vector<CheckpointRef>{{300, "hash-300"}, {200, "hash-200"}}));
    add(test::membershipOf(2, 305));
    EXPECT_EQ(run.checkpoints.size(), 2u);
    EXPECT_EQ(run.evaluations.size(), 1u);
    add(test::membershipOf(3, 200));
    EXPECT_EQ(checkpointRefs(run.checkpoints), (std::vector<CheckpointRef>{{200, "hash-200"}}));
    EXPECT_TRUE(run.evaluations.empty());
}

}  // namespace
}  // namespace longship
