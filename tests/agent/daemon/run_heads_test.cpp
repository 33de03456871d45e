#include "agent/daemon/run_heads.h"

#include <gtest/gtest.h>

#include "tests/support/run_records.h"
#include "tests/support/temp_folder.h"

namespace longship {
namespace {

RunFinished failedRun() {
    RunFinished finished;
    finished.state = RunState::Failed;
    return finished;
}

TEST(RunHeads, FollowTheEvents) {
    RunHeads heads;
    EXPECT_FALSE(heads.anyActive());
    heads.apply(test::eventOf("r", 1, RunQueued{"job", "demo"}));
    heads.apply(test::eventOf("r", 2, StateChanged{RunState::Training}));
    EXPECT_TRUE(heads.anyActive());
    heads.apply(test::eventOf("r", 1, StateChanged{RunState::Preparing}));
    ASSERT_EQ(heads.newestFirst().size(), 1u);
    EXPECT_EQ(heads.newestFirst()[0], (RunHead{RunId("r"), RunState::Training, 2}));
    heads.apply(test::eventOf("r", 3, failedRun()));
    EXPECT_FALSE(heads.anyActive());
    EXPECT_EQ(heads.newestFirst()[0].state, RunState::Failed);
}

TEST(RunHeads, AreReadFromTheHistory) {
    const test::TempFolder folder;
    const auto history = History::open(folder.path() / "history.db").value();
    history->append({test::eventOf("r1", 1, RunQueued{"job", "demo"}), test::eventOf("r1", 2, failedRun()),
                     test::eventOf("r2", 1, RunQueued{"job", "demo"})},
                    {}, RunId());
    ASSERT_TRUE(history->sync());
    RunHeads heads;
    EXPECT_EQ(heads.load(*history).size(), 2u);
    const auto newest = heads.newestFirst();
    ASSERT_EQ(newest.size(), 2u);
    EXPECT_EQ(newest[0], (RunHead{RunId("r2"), RunState::Queued, 1}));
    EXPECT_EQ(newest[1], (RunHead{RunId("r1"), RunState::Failed, 2}));
}

TEST(RunHeads, AreBounded) {
    RunHeads heads;
    for (int i = 0; i < 300; ++i) {
        heads.apply(test::eventOf("r" + std::to_string(1000 + i), 1, RunQueued{"job", "demo"}));
    }
    EXPECT_EQ(heads.newestFirst().size(), RunHeads::kRunHeadsMax);
    EXPECT_EQ(heads.newestFirst().front().run, RunId("r1299"));
    EXPECT_FALSE(heads.contains(RunId("r1000")));
}

}  // namespace
}  // namespace longship
