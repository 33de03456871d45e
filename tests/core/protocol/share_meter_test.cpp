#include "core/protocol/share_meter.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "core/domain/sample_plan.h"

namespace longship {
namespace {

using std::chrono::seconds;

/// Members that need so many milliseconds for a micro-batch, and what their rows say.
struct Team {
    std::vector<double> msEach;
    std::vector<std::uint32_t> shares;
    std::uint64_t microBatches = 60;
    MembershipNumber membership = 1;
    Step step = 0;

    StepRow row() {
        StepRow row;
        row.key = {membership, step++};
        const auto owned = divideMicroBatches(microBatches, shares);
        for (std::size_t rank = 0; rank < msEach.size(); ++rank) {
            const double ms = msEach[rank] * static_cast<double>(owned[rank].size());
            row.members.push_back({.rank = static_cast<Rank>(rank), .computeMs = ms, .totalMs = ms});
            row.durationMs = std::max(row.durationMs, ms + 1);
        }
        return row;
    }
    double stepMs() { return row().durationMs; }
};

class Sharing : public testing::Test {
protected:
    void begin(Team& team) { meter.begin(team.membership, team.shares, team.microBatches, now); }
    /// Trains for so long; the first answer, if any.
    std::optional<std::vector<std::uint32_t>> train(Team& team, Duration time) {
        for (const TimePoint end = now + time; now < end; now += std::chrono::milliseconds(100)) {
            meter.add(team.row());
            if (auto better = meter.better(now)) {
                return better;
            }
        }
        return std::nullopt;
    }

    ShareMeter meter;
    TimePoint now{};
};

TEST_F(Sharing, givesWhoIsFasterMoreAndNotBeforeTenSeconds) {
    Team team{{1, 1, 4}, {1, 1, 1}};
    begin(team);
    EXPECT_FALSE(train(team, seconds(10)).has_value());
    const auto better = train(team, seconds(1));
    ASSERT_TRUE(better.has_value());
    EXPECT_EQ(*better, (std::vector<std::uint32_t>{27, 27, 6}));
}

TEST_F(Sharing, leavesEqualsAlone) {
    Team team{{1, 1.02, 0.98}, {1, 1, 1}};
    begin(team);
    EXPECT_FALSE(train(team, seconds(60)).has_value());
}

TEST_F(Sharing, asksForFivePercentOfAStepAndNotOfTheComputation) {
    Team team{{1, 1, 1.5}, {1, 1, 1}};
    begin(team);
    for (int i = 0; i < 200; ++i) {
        StepRow row = team.row();
        row.durationMs = 1000;  // The wire takes nearly all of it.
        meter.add(row);
        now += std::chrono::milliseconds(100);
        EXPECT_FALSE(meter.better(now).has_value());
    }
}

TEST_F(Sharing, oneSlowStepIsNoReason) {
    Team team{{1, 1, 1}, {1, 1, 1}};
    begin(team);
    for (int i = 0; i < 200; ++i) {
        StepRow row = team.row();
        row.members[1].computeMs *= i % 10 == 0 ? 50 : 1;
        meter.add(row);
        now += std::chrono::milliseconds(100);
        EXPECT_FALSE(meter.better(now).has_value());
    }
}

TEST_F(Sharing, hasLessHasteWhenAChangeDidNotPay) {
    Team team{{1, 1, 4}, {1, 1, 1}};
    begin(team);
    std::vector<double> waited;
    for (int i = 0; i < 4; ++i) {
        const TimePoint began = now;
        const auto better = train(team, seconds(1000));
        ASSERT_TRUE(better.has_value());
        waited.push_back(toSeconds(now - began));
        ++team.membership;  // Whoever got more is slow now: the shares stay as bad as they were.
        begin(team);
    }
    EXPECT_NEAR(waited[0], 10, 1);
    EXPECT_NEAR(waited[1], 20, 1);
    EXPECT_NEAR(waited[2], 40, 1);
}

TEST_F(Sharing, rowsOfAnotherMembershipSayNothing) {
    Team team{{1, 1, 4}, {1, 1, 1}};
    begin(team);
    team.membership = 7;
    EXPECT_FALSE(train(team, seconds(60)).has_value());
}

RC_GTEST_PROP(Shares, coverEverythingAndNoOtherMoveEndsTheStepEarlier, ()) {
    const auto members = *rc::gen::inRange<std::size_t>(1, 9);
    const auto total = *rc::gen::inRange<std::uint64_t>(1, 300);
    std::vector<double> speeds;
    for (std::size_t i = 0; i < members; ++i) {
        speeds.push_back(*rc::gen::inRange(1, 1000) / 100.0);
    }
    const std::vector<std::uint32_t> counts = divideBySpeed(total, speeds);
    RC_ASSERT(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}) == total);
    RC_ASSERT(total < members || *std::min_element(counts.begin(), counts.end()) >= 1U);
    const auto endOf = [&](std::size_t i, std::uint32_t count) { return count / speeds[i]; };
    std::size_t last = 0;
    for (std::size_t i = 0; i < members; ++i) {
        last = endOf(i, counts[i]) > endOf(last, counts[last]) ? i : last;
    }
    if (counts[last] > 1) {
        for (std::size_t i = 0; i < members; ++i) {
            RC_ASSERT(i == last || endOf(i, counts[i] + 1) >= endOf(last, counts[last]) * (1 - 1e-9));
        }
    }
    // Exactly what the members will own of a full step.
    const std::vector<Range> owned = divideMicroBatches(total, counts);
    for (std::size_t i = 0; i < members; ++i) {
        RC_ASSERT(owned[i].size() == counts[i]);
    }
}

// Members whose speeds nobody knows beforehand: the shares come to rest, near the best there is.
RC_GTEST_PROP(Shares, comeToRest, ()) {
    Team team{{}, {}, *rc::gen::inRange<std::uint64_t>(30, 200)};
    const auto members = *rc::gen::inRange<std::size_t>(2, 6);
    double speed = 0;
    for (std::size_t i = 0; i < members; ++i) {
        team.msEach.push_back(*rc::gen::inRange(10, 100) / 10.0);
        team.shares.push_back(1);
        speed += 1 / team.msEach.back();
    }
    ShareMeter meter;
    TimePoint now{};
    meter.begin(1, team.shares, team.microBatches, now);
    int changes = 0;
    for (int i = 0; i < 5000; ++i) {
        now += std::chrono::milliseconds(100);
        meter.add(team.row());
        if (auto better = meter.better(now)) {
            team.shares = *better;
            ++team.membership;
            ++changes;
            meter.begin(team.membership, team.shares, team.microBatches, now);
        }
    }
    RC_ASSERT(changes <= 2);
    const double best = static_cast<double>(team.microBatches) / speed;
    const double slowest = *std::max_element(team.msEach.begin(), team.msEach.end());
    RC_ASSERT(team.stepMs() <= best / (1 - ShareMeter::kGainMin) + slowest + 1);
}

}  // namespace
}  // namespace longship
