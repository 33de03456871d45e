#include "core/protocol/standing.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <set>
#include <string>

#include "core/protocol/freeze_round.h"
#include "core/protocol/link_record.h"
#include "core/protocol/loss_record.h"

namespace longship {
namespace {

using std::chrono::seconds;

const TaskId kA("a");
const TaskId kB("b");
const TaskId kC("c");

MembershipCommitted membership(MembershipNumber number, Step base, std::vector<TaskId> tasks) {
    MembershipCommitted committed{number, 1, base, {}, ""};
    for (const TaskId& task : tasks) {
        committed.members.push_back({0, task, 1, NodeId("n"), 1});
    }
    return committed;
}

TEST(Standing, beforeTheFirstMembershipAllStandAtZero) {
    const Standings all = judgeStandings({{kA, 1, 0, 0}, {kB, 1, 0, 9}}, {});
    EXPECT_EQ(all.baseStep, Step{0});
    EXPECT_EQ(all.of, (std::vector{Standing::Counts, Standing::Counts}));
}

TEST(Standing, theHighestOfThoseWhoEnteredIsTheBase) {
    const Standings all = judgeStandings({{kA, 1, 1, 7}, {kB, 1, 1, 8}}, {membership(1, 0, {kA, kB})});
    EXPECT_EQ(all.baseStep, Step{8});
    EXPECT_EQ(all.of, (std::vector{Standing::Behind, Standing::Counts}));
}

TEST(Standing, whoIsNoMemberHasNothingWhateverItClaims) {
    const auto one = membership(1, 0, {kA});
    EXPECT_EQ(judgeStandings({{kA, 1, 1, 3}, {kB, 1, 1, 99}}, {one}).baseStep, Step{3});
    EXPECT_EQ(judgeStandings({{kA, 1, 1, 3}, {kA, 2, 1, 99}}, {one}).baseStep, Step{3});
    EXPECT_EQ(judgeStandings({{kA, 1, 1, 3}, {kB, 1, 7, 99}}, {one}).baseStep, Step{3});
    EXPECT_FALSE(judgeStandings({{kB, 1, 0, 0}}, {one}).baseStep.has_value());
}

TEST(Standing, aMembershipThatNobodyEnteredTakesNothingAway) {
    const std::vector all = {membership(1, 0, {kA, kB}), membership(2, 7, {kA, kB, kC})};
    const Standings standings = judgeStandings({{kA, 1, 1, 7}, {kB, 1, 1, 6}, {kC, 1, 0, 0}}, all);
    EXPECT_EQ(standings.baseStep, Step{7});
    EXPECT_EQ(standings.of, (std::vector{Standing::Counts, Standing::Nothing, Standing::Nothing}));
}

TEST(Standing, whoWasLeftOutOnceHasNothing) {
    const std::vector all = {membership(1, 0, {kA, kB}), membership(2, 7, {kA}), membership(3, 7, {kA, kB})};
    const Standings standings = judgeStandings({{kA, 1, 2, 7}, {kB, 1, 1, 7}}, all);
    EXPECT_EQ(standings.of, (std::vector{Standing::Counts, Standing::Nothing}));
}

TEST(Standing, theInitialStateCountsWhereNobodyEnteredTheFirstMembership) {
    const std::vector all = {membership(1, 0, {kA, kB})};
    EXPECT_EQ(judgeStandings({{kA, 1, 0, 0}}, all).baseStep, Step{0});
    EXPECT_FALSE(judgeStandings({{kC, 1, 0, 0}}, all).baseStep.has_value());
}

TEST(Standing, whoIsBehindGoesOnWhenTheOneAheadIsGoneBeforeAnybodyEntered) {
    const std::vector all = {membership(1, 0, {kA, kB}), membership(2, 7, {kA, kB, kC})};
    const Standings standings = judgeStandings({{kB, 1, 1, 6}, {kC, 1, 0, 0}}, all);
    EXPECT_EQ(standings.baseStep, Step{6});
    EXPECT_EQ(standings.of, (std::vector{Standing::Counts, Standing::Nothing}));
    const std::vector without = {membership(1, 0, {kA, kB}), membership(2, 7, {kA, kC})};
    EXPECT_FALSE(judgeStandings({{kB, 1, 1, 6}}, without).baseStep) << "they may have made steps without it";
}

TEST(Standing, whoIsBehindCountsForNothingAfterAReturnToACheckpoint) {
    std::vector all = {membership(1, 0, {kA, kB}), membership(2, 4, {kA, kB})};
    all.back().fromCheckpoint = true;
    EXPECT_FALSE(judgeStandings({{kB, 1, 1, 3}}, all).baseStep);
}

TEST(FreezeRound, isCompleteWhenAllWhoAreStillThereHaveAnswered) {
    const TaskKey a{RunId("r"), kA, 1};
    const TaskKey b{RunId("r"), kB, 1};
    FreezeRound round(3, "why", TimePoint(), seconds(3));
    round.await(a);
    round.await(b);
    EXPECT_FALSE(round.answer({a, 2, 1, 5, "", ""}));
    EXPECT_TRUE(round.answer({a, 3, 1, 5, "", ""}));
    EXPECT_FALSE(round.isComplete());
    round.drop(b);
    EXPECT_TRUE(round.isComplete());
    EXPECT_EQ(round.answerOf(a)->stepsApplied, Step{5});
    round.drop(a);
    EXPECT_EQ(round.answerOf(a), nullptr);
}

TEST(LossRecord, threeDeathsInAMinuteAreTooMany) {
    LossRecord record;
    const TimePoint start{};
    EXPECT_FALSE(record.died(kA, std::nullopt, start));
    EXPECT_FALSE(record.died(kA, std::nullopt, start + seconds(50)));
    EXPECT_FALSE(record.died(kB, std::nullopt, start + seconds(51)));
    EXPECT_FALSE(record.died(kA, std::nullopt, start + seconds(61)));
    EXPECT_TRUE(record.died(kA, std::nullopt, start + seconds(62)));
    record.forgive(kA);
    EXPECT_FALSE(record.died(kA, std::nullopt, start + seconds(63)));
}

TEST(LossRecord, aFailureIsSharedWhenAllSaidOne) {
    LossRecord record;
    record.died(kA, "no data", TimePoint());
    EXPECT_FALSE(record.sharedFailure({kA, kB}).has_value());
    record.died(kB, "no data here either", TimePoint());
    EXPECT_EQ(record.sharedFailure({kA, kB}), "no data");
    record.works(kA);
    EXPECT_FALSE(record.sharedFailure({kA, kB}).has_value());
}

TEST(LossRecord, aStepIsSuspectTheSecondTimeInAnotherMembership) {
    LossRecord record;
    EXPECT_FALSE(record.lostAt(5, 1));
    EXPECT_FALSE(record.lostAt(5, 1));
    EXPECT_TRUE(record.lostAt(5, 2));
    EXPECT_FALSE(record.lostAt(6, 3));
}

TEST(LinkRecord, keepsTheLargestPartTogetherAndDoublesItsPatience) {
    LinkRecord record;
    const TimePoint start{};
    const std::vector<TaskId> all = {kA, kB, kC};
    record.complain(kC, kA, 1);
    record.complain(kC, kB, 1);
    EXPECT_TRUE(record.keepApart(all, start).empty());
    record.complain(kA, kC, 2);
    record.complain(kB, kC, 2);
    EXPECT_EQ(record.keepApart(all, start), std::set{kC});
    EXPECT_TRUE(record.isApart(kC, start + seconds(4)));
    EXPECT_EQ(record.nextTry(start), start + seconds(5));
    EXPECT_EQ(record.keepApart(all, start + seconds(6)), std::set{kC});
    EXPECT_TRUE(record.isApart(kC, start + seconds(15)));
    record.forget(kC);
    EXPECT_TRUE(record.keepApart(all, start + seconds(15)).empty());
}

TEST(LinkRecord, aSilentLinkCountsAtOnceAndAClosedOneDoesNot) {
    LinkRecord record;
    const std::vector<TaskId> all = {kA, kB, kC};
    record.complain(kB, kA, 1);  // A gave up and closed its links, because
    record.complain(kA, kC, 1, true);
    record.complain(kC, kA, 1, true);
    EXPECT_EQ(record.brokenAmong(all, TimePoint()), (std::vector<LinkRecord::Pair>{{kA, kC}}));
    EXPECT_EQ(record.keepApart(all, TimePoint()), std::set{kC});
    EXPECT_TRUE(record.brokenAmong({kA, kB}, TimePoint()).empty());
    EXPECT_TRUE(record.keepApart({kA, kB}, TimePoint()).empty()) << "who is not there leaves nobody out";
}

// Whatever links are silent: those who stay can all reach each other, and nobody stays out who could be let
// in. For few, no choice of fewer would do.
RC_GTEST_PROP(LinkRecord, theOthersReachEachOtherAndNobodyIsLeftOutForNothing, ()) {
    const auto count = *rc::gen::inRange<std::size_t>(2, 16);
    std::vector<TaskId> tasks;
    for (std::size_t i = 0; i < count; ++i) {
        tasks.emplace_back("worker-" + std::to_string(i));
    }
    std::set<std::pair<std::size_t, std::size_t>> silent;
    for (auto left = *rc::gen::inRange(0, 12); left > 0; --left) {
        const auto one = *rc::gen::inRange<std::size_t>(0, count);
        const auto other = *rc::gen::inRange<std::size_t>(0, count);
        if (one != other) {
            silent.insert(std::minmax(one, other));
        }
    }
    LinkRecord record;
    for (const auto& [one, other] : silent) {
        record.complain(tasks[one], tasks[other], 1, true);
    }
    const std::set<TaskId> out = record.keepApart(tasks, TimePoint());
    const auto stays = [&](std::size_t i) { return !out.contains(tasks[i]); };
    for (const auto& [one, other] : silent) {
        RC_ASSERT(!stays(one) || !stays(other));
    }
    for (std::size_t i = 0; i < count; ++i) {
        const bool needed = std::ranges::any_of(silent, [&](const auto& pair) {
            return (pair.first == i && stays(pair.second)) || (pair.second == i && stays(pair.first));
        });
        RC_ASSERT(stays(i) || needed);
    }
    std::size_t fewest = count;
    for (unsigned cover = 0; count <= 10 && cover < (1U << count); ++cover) {
        const bool covers = std::ranges::all_of(silent, [&](const auto& pair) {
            return ((cover >> pair.first | cover >> pair.second) & 1U) != 0;
        });
        fewest = covers ? std::min<std::size_t>(fewest, std::popcount(cover)) : fewest;
    }
    RC_ASSERT(count > 10 || out.size() == fewest);
}

}  // namespace
}  // namespace longship
