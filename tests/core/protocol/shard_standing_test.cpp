#include "core/protocol/shard_standing.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace longship {
namespace {

const TaskId kA("server-0");
const TaskId kB("server-1");

using Shards = std::vector<std::uint32_t>;

MembershipCommitted membership(MembershipNumber number, Step base, std::vector<TaskId> tasks,
                               bool fromCheckpoint = false) {
    MembershipCommitted committed{number, 1, base, {}, "", fromCheckpoint};
    for (const TaskId& task : tasks) {
        committed.members.push_back({0, task, 1, NodeId("n"), 1});
    }
    return committed;
}

ShardStandings judge(std::vector<ShardClaim> claims, Step base,
                     const std::vector<MembershipCommitted>& memberships, std::uint32_t shards = 2) {
    return judgeShards(shards, base, claims, memberships);
}

TEST(ShardStanding, allShardsAreHeldByThoseWhoEnteredTheLastMembership) {
    const std::vector one = {membership(1, 0, {kA, kB})};
    const ShardClaim a{kA, 1, 1, {{0, 7, false}}};
    const ShardClaim b{kB, 1, 1, {{1, 6, true}}};
    EXPECT_EQ(judge({a, b}, 7, one).missing, Shards());
    EXPECT_EQ(judge({a, b}, 6, one).missing, Shards{0}) << "the step before is gone";
    EXPECT_EQ(judge({a}, 7, one).missing, Shards{1});
    EXPECT_EQ(judge({}, 7, one).missing, (Shards{0, 1}));
    EXPECT_EQ(shardsText(judge({}, 7, one).missing), "shards 0, 1");
}

TEST(ShardStanding, whoIsNoMemberHasNothingWhateverItClaims) {
    const std::vector two = {membership(1, 0, {kA, kB}), membership(2, 5, {kA})};
    const ShardClaim left{kB, 1, 1, {{1, 5, false}}};
    EXPECT_EQ(judge({left}, 5, two).counts, std::vector{false});
    EXPECT_EQ(judge({{kA, 2, 2, {{0, 5, false}}}}, 5, two).missing, (Shards{0, 1})) << "another generation";
    EXPECT_EQ(judge({{kA, 1, 9, {{0, 5, false}}}}, 5, two).missing, (Shards{0, 1}))
        << "nobody committed that";
    EXPECT_EQ(judge({{kA, 1, 2, {{7, 5, false}}}}, 5, two).missing, (Shards{0, 1})) << "no such shard";
}

TEST(ShardStanding, aMembershipThatItDidNotEnterTakesNothingAwayThatStandsAtItsBase) {
    const std::vector two = {membership(1, 0, {kA, kB}), membership(2, 5, {kA, kB})};
    EXPECT_EQ(judge({{kA, 1, 1, {{0, 5, false}, {1, 4, true}}}}, 5, two).missing, Shards());
    // The others made step 5 without it: what it has of step 6 is of a course that was given up.
    EXPECT_EQ(judge({{kA, 1, 1, {{0, 5, true}, {1, 5, true}}}}, 6, two).counts, std::vector{false});
}

TEST(ShardStanding, theInitialStateThatWasCopiedCountsBeforeAnybodyEntered) {
    const std::vector one = {membership(1, 0, {kA, kB})};
    EXPECT_EQ(judge({{kA, 1, 0, {{0, 0, false}, {1, 0, false}}}}, 0, one).missing, Shards());
}

TEST(ShardStanding, whoIsAheadOfAMembershipThatBeginsBelowStillCounts) {
    // The only worker at step 6 died before anybody entered membership 2: the next one begins at 5 again.
    const std::vector two = {membership(1, 0, {kA}), membership(2, 6, {kA})};
    EXPECT_EQ(judge({{kA, 1, 1, {{0, 5, true}, {1, 5, true}}}}, 5, two).missing, Shards());
}

TEST(ShardStanding, afterAReturnToACheckpointNothingOlderCounts) {
    const std::vector two = {membership(1, 0, {kA}), membership(2, 5, {kA}, true)};
    EXPECT_EQ(judge({{kA, 1, 1, {{0, 5, false}, {1, 5, false}}}}, 5, two).counts, std::vector{false});
    EXPECT_EQ(judge({{kA, 1, 2, {{0, 5, false}, {1, 5, false}}}}, 5, two).missing, Shards());
}

/// A shard's host through memberships that begin where the run stands, with steps made in those that it
/// entered: whatever counts at the base has the state that the run has there.
RC_GTEST_PROP(ShardStanding, whatCountsIsOfTheCourseThatWasKept, ()) {
    std::vector<MembershipCommitted> all;
    std::vector<MembershipNumber> course;  ///< Which membership made each step of the run.
    std::vector<MembershipNumber> mine;    ///< The same of what the host has applied.
    ShardClaim host{kA, 1, 0, {{0, 0, false}}};
    Step base = 0;
    const auto count = *rc::gen::inRange<MembershipNumber>(1, 8);
    for (MembershipNumber number = 1; number <= count; ++number) {
        const bool member = *rc::gen::inRange(0, 4) != 0;
        const bool enters = member && *rc::gen::arbitrary<bool>();  // It is given what it lacks.
        all.push_back(membership(number, base, member ? std::vector{kA, kB} : std::vector{kB}));
        course.resize(base);
        const auto steps = *rc::gen::inRange<Step>(0, 3);
        course.insert(course.end(), steps, number);
        if (enters) {
            host.entered = number;
            mine = course;
            const bool keeps = !mine.empty() && mine.size() > base && *rc::gen::arbitrary<bool>();
            host.shards = {{0, mine.size() - (keeps ? 1 : 0), keeps}};
        }
        // What was applied last may be lost with those who saw it.
        const Step lost = course.size() > base ? *rc::gen::inRange<Step>(0, 2) : 0;
        base = course.size() - lost;
    }
    course.resize(base);
    const ShardStandings standings = judgeShards(1, base, {host}, all);
    if (standings.missing.empty()) {
        RC_ASSERT(mine.size() >= base);
        mine.resize(base);
        RC_ASSERT(mine == course);
    }
}

}  // namespace
}  // namespace longship
