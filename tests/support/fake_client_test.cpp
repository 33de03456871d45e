#include "tests/support/fake_client.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace longship::test {
namespace {

struct CountingObserver : ClientObserver {
    void clusterChanged() override { ++clusterChanges; }
    void runChanged(const RunId& run) override { runs.push_back(run); }

    int clusterChanges = 0;
    std::vector<RunId> runs;
};

JobSpec smallJob() {
    JobSpec job = demoJob();
    job.globalBatch = 1000;
    job.epochs = 2;
    return job;
}

TEST(FakeClient, AFinishedRunIsProvenAndSummarized) {
    FakeClient client;
    client.setCluster(demoClusterView());
    FakeRun run(client, smallJob());
    run.prepare();
    run.finish();

    const auto summaries = client.runs();
    ASSERT_EQ(summaries.size(), 1u);
    EXPECT_EQ(summaries[0].state, RunState::Completed);
    EXPECT_EQ(summaries[0].samples, 12'000u);
    EXPECT_EQ(summaries[0].model, "cnn");
    EXPECT_TRUE(summaries[0].accuracy.has_value());
    EXPECT_TRUE(client.modelCopy(run.id()).complete);
    const auto proof = client.verify(run.id());
    ASSERT_TRUE(proof) << proof.error().text;
    EXPECT_TRUE(proof->exact());
    EXPECT_EQ(proof->samplesRead, 12'000u);
}

TEST(FakeClient, RowsArePulledFromACursorWithoutGapOrDouble) {
    FakeClient client;
    client.setCluster(demoClusterView());
    FakeRun run(client, smallJob());
    run.prepare();
    run.steps(5);
    const auto first = client.rows(run.id(), std::nullopt, 3);
    ASSERT_EQ(first.size(), 3u);
    const auto rest = client.rows(run.id(), first.back().key, 100);
    ASSERT_EQ(rest.size(), 2u);
    EXPECT_EQ(rest.front().key.step, 3u);
}

TEST(FakeClient, ARemovedObserverIsNotTold) {
    FakeClient client;
    CountingObserver observer;
    client.addObserver(&observer);
    client.setCluster(demoClusterView());
    EXPECT_EQ(observer.clusterChanges, 1);
    const RunId run = client.submit(smallJob()).value();
    EXPECT_EQ(observer.runs, std::vector<RunId>{run});
    client.removeObserver(&observer);
    client.setConnected(false, "gone");
    EXPECT_EQ(observer.clusterChanges, 1);
}

TEST(FakeClient, TheNextCommandFailsWhenToldTo) {
    FakeClient client;
    client.failNextCommand({ErrorKind::Unavailable, "No node answers."});
    EXPECT_EQ(client.submit(smallJob()).error().kind, ErrorKind::Unavailable);
    EXPECT_TRUE(client.submit(smallJob()));
    EXPECT_EQ(client.submitted().size(), 1u);
}

}  // namespace
}  // namespace longship::test
