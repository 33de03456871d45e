// What a node knew of a run is still there when the node is not: real agents, one of them destroyed with its
// disk while nobody watches.
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>

#include "core/base/files.h"
#include "core/history/history.h"
#include "tests/system/test_cluster.h"

namespace longship::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kLastWords = "the last words of this node\n";

class Mirrors : public ::testing::Test {
protected:
    std::string copyAt(unsigned index, const RunId& run, const std::string& name) {
        return readFile(m_cluster.nodeFolder(index) / "runs" / run.value / name).value_or(std::string());
    }

    TestCluster m_cluster{SCRIPTED_WORKER};
};

TEST_F(Mirrors, ADestroyedNodeLeavesItsLogsAndRows) {
    m_cluster.start();
    const RunId run = m_cluster.submit(scriptedJob("mirrored", 200));
    ASSERT_TRUE(m_cluster.waitForTraining(run));
    const auto log = m_cluster.nodeFolder(2) / "runs" / run.value / "worker-2.log";
    std::ofstream(log, std::ios::app) << kLastWords;
    const TimePoint written = BootClock::now();
    const auto isEverywhere = [&] {
        return copyAt(0, run, "worker-2@node-c.log").ends_with(kLastWords) &&
               copyAt(1, run, "worker-2@node-c.log").ends_with(kLastWords);
    };
    ASSERT_TRUE(waitUntil(isEverywhere));
    RecordProperty("milliseconds",
                   std::to_string(static_cast<int>(1e3 * toSeconds(BootClock::now() - written))));

    m_cluster.agent(2).kill();
    ASSERT_TRUE(waitUntil([&] { return isGone(m_cluster.agent(2).id()); }));
    std::filesystem::remove_all(m_cluster.nodeFolder(2));
    ASSERT_TRUE(waitUntil([&] {
        const auto snapshot = m_cluster.run(run);
        return snapshot && snapshot->memberships.size() > 1;
    }));
    const auto read = m_cluster.client().taskLog(run, {TaskId("worker-2"), m_cluster.node(2)});
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_TRUE(read->isCopy);
    EXPECT_TRUE(read->text.ends_with(kLastWords)) << read->text;
    EXPECT_TRUE(m_cluster.client().stop(run));
    ASSERT_TRUE(m_cluster.waitForEnd(run, 20s));
    const Step steps = m_cluster.run(run)->finished->steps;

    // Also the node that leads nothing holds every row, whoever reported it.
    const auto rowsAt = [&](unsigned index) {
        const auto history = History::open(m_cluster.nodeFolder(index) / "history.db");
        return history ? (*history)->rowKeys(run).size() : 0u;
    };
    EXPECT_TRUE(waitUntil([&] { return rowsAt(0) == steps && rowsAt(1) == steps; }))
        << rowsAt(0) << " and " << rowsAt(1) << " of " << steps;
}

TEST_F(Mirrors, ANodeThatWasAwayGetsWhatItMissed) {
    m_cluster.start();
    const RunId run = m_cluster.submit(scriptedJob("mirrored", 300));
    ASSERT_TRUE(m_cluster.waitForTraining(run));
    m_cluster.agent(2).kill();
    ASSERT_TRUE(waitUntil([&] {
        const auto snapshot = m_cluster.run(run);
        return snapshot && snapshot->memberships.size() > 1 &&
               m_cluster.client().rows(run, RowKey{snapshot->memberships.back().number, 0}, 20).size() == 20;
    }));
    const auto log = m_cluster.nodeFolder(1) / "runs" / run.value / "worker-1.log";
    std::ofstream(log, std::ios::app) << kLastWords;
    m_cluster.startAgent(2);
    EXPECT_TRUE(waitUntil([&] { return copyAt(2, run, "worker-1@node-b.log").ends_with(kLastWords); }));
    EXPECT_TRUE(m_cluster.client().stop(run));
    ASSERT_TRUE(m_cluster.waitForEnd(run, 20s));
    const Step steps = m_cluster.run(run)->finished->steps;
    EXPECT_TRUE(waitUntil([&] {
        const auto history = History::open(m_cluster.nodeFolder(2) / "history.db");
        return history && (*history)->rowKeys(run).size() == steps;
    }));
}

}  // namespace
}  // namespace longship::test
