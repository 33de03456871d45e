#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "core/base/random.h"
#include "tests/system/test_cluster.h"

// A whole cluster with real workers: what the issue promises about a run, asked of a real client.
namespace longship::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kTrainingPatience = 180s;  // Loading libtorch three times takes its time on a busy machine.

/// Three clouds of points with a label each, as a table.
void writeTable(const std::filesystem::path& path, int rows) {
    std::ofstream file(path);
    SeededRandom random(7);
    file << "x,y,kind\n";
    for (int i = 0; i < rows; ++i) {
        const auto kind = random.below(3);
        const double angle = 2.1 * static_cast<double>(kind);
        file << std::cos(angle) + 0.4 * random.unit() << "," << std::sin(angle) + 0.4 * random.unit() << ","
             << (kind == 0   ? "red"
                 : kind == 1 ? "green"
                             : "blue")
             << "\n";
    }
}

class Training : public ::testing::Test {
protected:
    JobSpec tableJob(std::uint64_t epochs) {
        const auto table = m_cluster.files().folder / "table.csv";
        writeTable(table, 1000);
        JobSpec job;
        job.name = "table";
        job.dataset.csv = table.string();
        job.dataset.label = "kind";
        job.model.name = "mlp";
        job.model.hidden = {16};
        job.optimizer.learningRate = 0.1;
        job.globalBatch = 50;
        job.epochs = epochs;
        return job;
    }

    TestCluster m_cluster{LONGSHIP_WORKER_PROGRAM};
};

TEST_F(Training, ATableIsLearntAndEverySampleIsUsedOnce) {
    m_cluster.start();
    const RunId run = m_cluster.submit(tableJob(5));
    ASSERT_TRUE(m_cluster.waitForEnd(run, kTrainingPatience));
    const auto snapshot = m_cluster.run(run);
    ASSERT_EQ(snapshot->state, RunState::Completed) << snapshot->finished->cause;
    ASSERT_TRUE(snapshot->prepared);
    EXPECT_EQ(snapshot->prepared->trainingSamples + snapshot->prepared->testSamples, 1000u);
    EXPECT_EQ(snapshot->finished->samples, 5 * snapshot->prepared->trainingSamples);
    ASSERT_TRUE(snapshot->finished->accuracy);
    EXPECT_GT(*snapshot->finished->accuracy, 0.95);
    EXPECT_EQ(snapshot->evaluations.size(), 5u);

    const std::size_t steps = snapshot->finished->steps;
    ASSERT_TRUE(
        waitUntil([&] { return m_cluster.client().rows(run, std::nullopt, 10'000).size() == steps; }));
    const auto proof = m_cluster.client().verify(run);
    ASSERT_TRUE(proof) << proof.error().text;
    EXPECT_TRUE(proof->exact()) << proof->summary();

    const auto model = m_cluster.files().folder / "copy.safetensors";
    const auto saved = m_cluster.client().saveModel(run, model);
    ASSERT_TRUE(saved) << saved.error().text;
    EXPECT_EQ(std::filesystem::file_size(model), snapshot->model->bytes);
    EXPECT_TRUE(waitUntil([&] { return m_cluster.allWorkers().empty(); }));
}

TEST_F(Training, AStoppedRunKeepsItsModel) {
    m_cluster.start();
    const RunId run = m_cluster.submit(tableJob(100'000));
    ASSERT_TRUE(
        waitUntil([&] { return !m_cluster.client().rows(run, std::nullopt, 5).empty(); }, kTrainingPatience));
    const auto stopped = m_cluster.client().stop(run);
    ASSERT_TRUE(stopped) << stopped.error().text;
    ASSERT_TRUE(m_cluster.waitForEnd(run, 30s));
    const auto snapshot = m_cluster.run(run);
    EXPECT_EQ(snapshot->state, RunState::Stopped) << snapshot->finished->cause;
    EXPECT_TRUE(snapshot->model);
}

TEST_F(Training, ATableThatIsNotThereIsNamed) {
    m_cluster.start();
    JobSpec job = tableJob(1);
    job.dataset.csv = "/nowhere/at-all.csv";
    const RunId run = m_cluster.submit(job);
    ASSERT_TRUE(m_cluster.waitForEnd(run, kTrainingPatience));
    const auto snapshot = m_cluster.run(run);
    EXPECT_EQ(snapshot->state, RunState::Failed);
    EXPECT_NE(snapshot->finished->cause.find("/nowhere/at-all.csv"), std::string::npos)
        << snapshot->finished->cause;
    EXPECT_TRUE(waitUntil([&] { return m_cluster.allWorkers().empty(); }));
}

}  // namespace
}  // namespace longship::test
