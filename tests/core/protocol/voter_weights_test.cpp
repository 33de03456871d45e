#include "core/protocol/voter_weights.h"

#include <gtest/gtest.h>

#include <set>

namespace longship {
namespace {

const NodeId kA("node-a");
const NodeId kB("node-b");
const NodeId kC("node-c");
const NodeId kD("node-d");

VoterCandidate level(const NodeId& node, std::uint64_t incarnation = 1) {
    return {node, incarnation, true, true, true, false};
}
VoterCandidate dead(const NodeId& node) {
    return {node, 1, false, false, true, false};
}
VoterTest among(std::set<NodeId> nodes) {
    return [nodes = std::move(nodes)](const NodeId& node, const Voter&) { return nodes.contains(node); };
}

TEST(VoterWeights, aMajorityIsMoreThanHalfOfTheWeights) {
    const VoterWeights two{{kA, {1, 2}}, {kB, {1, 1}}};
    EXPECT_TRUE(isMajority(two, among({kA})));
    EXPECT_FALSE(isMajority(two, among({kB})));
    const VoterWeights even{{kA, {1, 1}}, {kB, {1, 1}}};
    EXPECT_FALSE(isMajority(even, among({kA})));
    EXPECT_FALSE(isMajority(VoterWeights(), among({})));
}

TEST(VoterWeights, aChangeNeedsBothMajorities) {
    const VotingConfig change{{{kA, {1, 1}}, {kB, {1, 1}}, {kC, {1, 1}}}, {{kA, {1, 2}}, {kD, {1, 1}}}};
    EXPECT_FALSE(isMajority(change, among({kB, kC})));
    EXPECT_FALSE(isMajority(change, among({kA})));
    EXPECT_TRUE(isMajority(change, among({kA, kB})));
}

TEST(VoterWeights, anOddNumberHasOneVoteEachAndAnEvenOneATieBreaker) {
    const VoterWeights three = chooseVoters({{kA, {1, 1}}}, {level(kA), level(kB), level(kC)}, kA);
    EXPECT_EQ(three, (VoterWeights{{kA, {1, 1}}, {kB, {1, 1}}, {kC, {1, 1}}}));
    const VoterWeights two = chooseVoters(three, {dead(kA), level(kB), level(kC)}, kC);
    EXPECT_EQ(two, (VoterWeights{{kB, {1, 1}}, {kC, {1, 2}}})) << "the leader holds two of three";
    EXPECT_EQ(chooseVoters(two, {dead(kA), level(kB), level(kC)}, kB), two) << "it keeps them";
    EXPECT_EQ(chooseVoters(two, {dead(kA), dead(kB), level(kC)}, kC), (VoterWeights{{kC, {1, 1}}}));
}

TEST(VoterWeights, nothingChangesWhileOneOfThemIsSilent) {
    const VoterWeights three{{kA, {1, 1}}, {kB, {1, 1}}, {kC, {1, 1}}};
    VoterCandidate silent = level(kB);
    silent.heard = false;
    EXPECT_EQ(chooseVoters(three, {level(kA), silent, dead(kC)}, kA), three);
}

TEST(VoterWeights, aNewDiskVotesOnlyWhenItIsLevel) {
    const VoterWeights three{{kA, {1, 1}}, {kB, {1, 1}}, {kC, {1, 1}}};
    VoterCandidate behind = level(kC, 9);
    behind.level = false;
    EXPECT_EQ(chooseVoters(three, {level(kA), level(kB), behind}, kA),
              (VoterWeights{{kA, {1, 2}}, {kB, {1, 1}}}));
    EXPECT_EQ(chooseVoters(three, {level(kA), level(kB), level(kC, 9)}, kA).at(kC).incarnation, 9U);
}

TEST(VoterWeights, drainedNodesVoteOnlyWhenNobodyElseCan) {
    VoterCandidate drained = level(kA);
    drained.drained = true;
    const VoterWeights two{{kA, {1, 2}}, {kB, {1, 1}}};
    EXPECT_EQ(chooseVoters(two, {drained, level(kB)}, kA), (VoterWeights{{kB, {1, 1}}}));
    EXPECT_EQ(chooseVoters(two, {drained, dead(kB)}, kA), (VoterWeights{{kA, {1, 1}}}));
}

TEST(VoterWeights, betweenTwoADrainedNodeHasTheThirdVote) {
    VoterCandidate drained = level(kC);
    drained.drained = true;
    const VoterWeights three{{kA, {1, 1}}, {kB, {1, 1}}, {kC, {1, 1}}};
    EXPECT_EQ(chooseVoters(three, {level(kA), level(kB), drained}, kC), three);
    VoterCandidate gone = dead(kC);
    gone.drained = true;
    EXPECT_EQ(chooseVoters(three, {level(kA), level(kB), gone}, kA),
              (VoterWeights{{kA, {1, 2}}, {kB, {1, 1}}}));
}

}  // namespace
}  // namespace longship
