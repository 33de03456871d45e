#include <gtest/gtest.h>

#include "tests/core/training/faulty_mesh.h"
#include "tests/core/training/team.h"

// Servers that die under a real model: under `numerics: reproducible` the parameters have the SHA-256 of a
// run of one worker without servers. (Workers that die: membership_test.cpp, checkpoint_test.cpp.)
namespace longship {
namespace {

using test::Fault;
using test::Team;

constexpr Step kSteps = 10;
constexpr Step kCutAt = 4;

JobSpec jobOf(std::uint32_t servers, bool backup = true) {
    JobSpec job;
    job.dataset.name = "fashion-mnist";  // Replaced by data in memory; named so that the job is valid.
    job.model.name = "resnet";           // With BatchNorm, whose statistics no server sees.
    job.optimizer.kind = OptimizerKind::Adam;
    job.optimizer.learningRate = 0.005;
    job.numerics = Numerics::Reproducible;
    job.globalBatch = 24;
    job.microBatch = 4;
    job.epochs = 2;
    if (servers > 0) {
        job.strategy = {.kind = StrategyKind::ParameterServer, .servers = servers, .backup = backup};
    }
    return job;
}

Team teamOf(const JobSpec& job, std::size_t workers) {
    return {job, {.hashEverySteps = 3}, test::shared(test::syntheticData({1, 8, 8}, 3, 100, 300), workers)};
}

const std::string& undisturbed() {
    static const std::string hash = [] {
        Team alone = teamOf(jobOf(0), 1);
        alone.enterAs({0});
        alone.finish();
        return alone.hash();
    }();
    return hash;
}

TEST(Served, AnyNumberOfWorkersAndServersLearnsTheSame) {
    for (const std::uint32_t workers : {1U, 3U}) {
        for (const std::uint32_t servers : {1U, 2U, 3U}) {
            SCOPED_TRACE(std::to_string(workers) + " workers, " + std::to_string(servers) + " servers");
            Team team = teamOf(jobOf(servers), workers);
            team.enter(std::vector<std::uint32_t>(workers, 1));
            team.finish();
            EXPECT_EQ(team.hash(), undisturbed());
        }
    }
}

/// One after the other, each at another moment of a step: the one that comes back has nothing, and the next
/// one can only be done without because the first has been filled again.
TEST(Served, EveryServerDiesOnceAndNothingIsLost) {
    for (const int moment : {0, 1, 3, 6}) {
        SCOPED_TRACE(moment);
        Team team = teamOf(jobOf(3), 2);
        for (std::uint32_t server = 0; server < 3; ++server) {
            const auto fault = std::make_shared<Fault>();
            team.enter({1, 1}, [&](Rank rank, std::unique_ptr<Mesh> mesh) -> std::unique_ptr<Mesh> {
                return rank == 2 + server ? std::make_unique<test::FaultyMesh>(std::move(mesh), fault)
                                          : std::move(mesh);
            });
            team.runTo(kCutAt + server);
            ASSERT_FALSE(team.anyFailed()) << team[0].error.text;
            fault->sendsLeft = moment;
            team.runTo(kSteps);
            ASSERT_TRUE(team.anyFailed());
            team.leave();
            team.servers().restart(server);
        }
        team.enter({1, 1});
        team.finish();
        EXPECT_EQ(team.hash(), undisturbed());
    }
}

TEST(Served, WithoutABackupALostServerTakesItsPartWithIt) {
    Team team = teamOf(jobOf(2, false), 2);
    team.enter({1, 1});
    team.runTo(kCutAt);
    team.leave();
    EXPECT_TRUE(team.servers().holdsAll(kCutAt));
    team.servers().restart(1);
    EXPECT_FALSE(team.servers().holdsAll(kCutAt));
    // Nobody has the optimizer's state of its shard: the members do not go on with zeros instead.
    auto meshes = makeMemoryMeshes(2, 9);
    ShardServer<float> server({1, false, {}, GradientSums::FixedPoint});
    auto worker = std::move(meshes[0]);
    const auto plan = encode(ShardPlan{1, sizeof(float), GradientSums::FixedPoint, false, {{0, 10}}});
    ASSERT_TRUE(worker->send(1, shardKey(9, ShardMessage::Plan, 0), std::as_bytes(std::span(plan))));
    const auto entered =
        server.enter(std::move(meshes[1]), {9, kCutAt, 1, {{0, NodeId("a"), true}}, {true, false}});
    ASSERT_FALSE(entered);
    EXPECT_EQ(entered.error().kind, ErrorKind::Refused) << entered.error().text;
}

TEST(Served, AJobWithServersNeedsOne) {
    Team team = teamOf(jobOf(1), 1);
    const auto entered = team[0].trainer->enter({.membership = 1, .shares = {1}, .hasState = {}}, nullptr);
    ASSERT_FALSE(entered);
    EXPECT_EQ(entered.error().kind, ErrorKind::Refused);
}

}  // namespace
}  // namespace longship
