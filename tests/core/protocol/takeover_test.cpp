#include <gtest/gtest.h>

#include "core/protocol/lineage.h"
#include "core/protocol/replicated_log.h"

namespace longship {
namespace {

using std::chrono::milliseconds;

const NodeId kA("node-a");
const NodeId kB("node-b");
const NodeId kC("node-c");
constexpr Lineage kBefore = newLineage(9);

TEST(Lineage, branchesAreOrderedAndKeepTheirLog) {
    const Lineage one = *branchOf(kBefore, 1, 77);
    const Lineage two = *branchOf(kBefore, 2, 77);
    const Lineage next = *branchOf(one, 0, 5);
    EXPECT_TRUE(supersedes(one, kBefore));
    EXPECT_TRUE(supersedes(two, one)) << "a tie is broken";
    EXPECT_TRUE(supersedes(next, two)) << "taken over more often";
    EXPECT_FALSE(supersedes(kBefore, one));
    EXPECT_FALSE(supersedes(newLineage(10), kBefore)) << "another cluster's log";
    EXPECT_EQ(takeoversOf(kBefore), 0U);
    EXPECT_EQ(takeoversOf(next), 2U);
}

TEST(Lineage, eachBranchHasTermsOfItsOwn) {
    const Lineage one = *branchOf(kBefore, 1, 77);
    const Lineage two = *branchOf(kBefore, 2, 77);
    constexpr Term kMostElections = (Term{1} << kBranchBits) - 1;
    EXPECT_EQ(firstTermOf(kBefore), 0U);
    EXPECT_GT(firstTermOf(one), firstTermOf(kBefore) + kMostElections);
    EXPECT_GT(firstTermOf(two), firstTermOf(one) + kMostElections);
    EXPECT_EQ(takeoversBefore(firstTermOf(one) + 5), 1U);
    EXPECT_EQ(takeoversBefore(5), 0U);
    EXPECT_LT(firstTermOf(*branchOf(two, 63, 0x3fff)), Term{1} << 53) << "exact in JSON";
}

TEST(Lineage, takeoversHaveAnEnd) {
    std::optional<Lineage> lineage = kBefore;
    std::uint64_t times = 0;
    for (; lineage; ++times) {
        EXPECT_TRUE(isSameLog(*lineage, kBefore));
        lineage = branchOf(*lineage, 3, times);
    }
    EXPECT_EQ(times, kTakeoversMax + 1);
}

/// One of three, which hears no leader, and what the test lets the others say.
class Left {
public:
    Left() : log({.self = kA, .nodes = {kA, kB, kC}, .seed = 5}, stored(), now) { settle(); }

    static StoredLog stored() {
        const VoterWeights three{{kA, {1, 1}}, {kB, {2, 1}}, {kC, {3, 1}}};
        return {kBefore, 1,
                4,       NodeId(),
                {},      {{1, 0, EntryKind::Voting, {}, {three, {}}}, {2, 4, EntryKind::Payload, "one", {}}}};
    }
    void settle() {
        while (const auto write = log.pollWrite()) {
            log.written(write->number, now);
        }
        while (log.pollTransmit()) {
        }
    }
    void wait(milliseconds duration) {
        for (const TimePoint end = now + duration; now < end; now += milliseconds(50)) {
            log.handleTimeout(now);
            settle();
        }
    }
    void answer(const NodeId& from, std::uint64_t incarnation, LogReach reach,
                const NodeId& leader = NodeId()) {
        log.handle(from, VoteAnswer{kBefore, 4, 0, true, false, incarnation, reach, leader}, now);
        settle();
    }
    std::string refusal() const {
        const auto may = log.mayTakeOver(now);
        return may ? "" : may.error().text;
    }

    TimePoint now{std::chrono::hours(1)};
    ReplicatedLog log;
};

TEST(Takeover, waitsUntilTheLeaderIsGoneForAWhile) {
    Left left;
    EXPECT_NE(left.refusal(), "");
    left.wait(milliseconds(10'000));
    EXPECT_EQ(left.refusal(), "");
}

TEST(Takeover, isRefusedWhereAnotherKnowsALeader) {
    Left left;
    left.wait(milliseconds(10'000));
    left.answer(kB, 2, {2, 4, 2}, kC);
    EXPECT_NE(left.refusal().find("node-b hears the leader node-c"), std::string::npos) << left.refusal();
}

TEST(Takeover, isRefusedWhereAMajorityAnswers) {
    Left left;
    left.wait(milliseconds(10'000));
    left.answer(kB, 2, {2, 4, 2});
    EXPECT_NE(left.refusal().find("majority"), std::string::npos) << left.refusal();
    left.wait(milliseconds(4'000));
    EXPECT_EQ(left.refusal(), "") << "it was a while ago";
    left.answer(kB, 8, {2, 4, 2});
    EXPECT_EQ(left.refusal(), "") << "it lost its disk, and votes no more";
}

TEST(Takeover, isForTheOneWithTheFurthestLog) {
    Left left;
    left.wait(milliseconds(10'000));
    left.answer(kB, 8, {3, 4, 0});
    EXPECT_EQ(left.log.furthest(left.now), kB);
    EXPECT_NE(left.refusal().find("node-b has more"), std::string::npos) << left.refusal();
    left.answer(kB, 8, {1, 0, 0});
    EXPECT_EQ(left.log.furthest(left.now), kA);
    left.answer(kB, 8, {1, 3, 1});
    EXPECT_EQ(left.log.furthest(left.now), kB) << "what one knows to be committed counts first";
}

TEST(Takeover, keepsAllAndLeadsAlone) {
    Left left;
    left.wait(milliseconds(10'000));
    ASSERT_TRUE(left.log.takeOver(left.now));
    left.settle();
    EXPECT_TRUE(left.log.leads());
    EXPECT_TRUE(supersedes(left.log.lineage(), kBefore));
    EXPECT_GT(left.log.term(), firstTermOf(left.log.lineage()));
    left.settle();
    const auto committed = left.log.pollCommitted();
    ASSERT_TRUE(committed);
    EXPECT_EQ(std::get<LogEntry>(*committed).payload, "one") << "it was not certain before";
    EXPECT_EQ(left.log.voting().now.size(), 1U);
}

TEST(Takeover, oneOfTheBranchBeforeIsRefusedAndJoins) {
    Left left;
    left.wait(milliseconds(10'000));
    ASSERT_TRUE(left.log.takeOver(left.now));
    left.settle();
    const Lineage mine = left.log.lineage();
    left.log.handle(kB, AppendEntries{kBefore, 9, 1, 2, 4, 2, {}}, left.now);
    EXPECT_TRUE(left.log.leads());
    EXPECT_EQ(left.log.counters().otherBranch, 1U);

    // The other way round: it hears of a branch that supersedes its own, and drops what that lacks.
    const Lineage other = *branchOf(mine, 2, 1);
    left.log.handle(kC, AppendEntries{other, firstTermOf(other) + 1, 1, 1, 0, 1, {}}, left.now);
    EXPECT_FALSE(left.log.leads());
    EXPECT_EQ(left.log.lineage(), other);
    EXPECT_EQ(left.log.timesDiscarded(), 1U);
    left.settle();
    const auto committed = left.log.pollCommitted();
    ASSERT_TRUE(committed);
    EXPECT_EQ(std::get<LogSnapshot>(*committed), LogSnapshot{});
    EXPECT_EQ(left.log.entries().lastIndex(), 0U);
    left.wait(milliseconds(10'000));
    EXPECT_FALSE(left.log.leads());
    EXPECT_NE(left.refusal(), "") << "it has nothing to go on from";
}

}  // namespace
}  // namespace longship
