#include "core/protocol/placement.h"

#include <gtest/gtest.h>

namespace longship {
namespace {

SlotView slot(const char* node, NodeState state, bool taken = false) {
    return {NodeId(node), state, taken};
}

std::vector<NodeId> ids(std::initializer_list<const char*> names) {
    std::vector<NodeId> nodes;
    for (const char* name : names) {
        nodes.push_back(NodeId(name));
    }
    return nodes;
}

TEST(Placement, takesEveryFreeNodeInRosterOrder) {
    const auto placement =
        choosePlacement({0, 0}, {slot("c", NodeState::Ready), slot("a", NodeState::Ready)});
    EXPECT_EQ(placement.nodes, ids({"c", "a"}));
}

TEST(Placement, leavesBusyTakenAndLostNodesAlone) {
    const auto placement =
        choosePlacement({0, 0}, {slot("a", NodeState::Busy), slot("b", NodeState::Ready, true),
                                 slot("c", NodeState::Lost), slot("d", NodeState::Ready)});
    EXPECT_EQ(placement.nodes, ids({"d"}));
}

TEST(Placement, waitsForAnUndecidedNodeUnlessANumberIsGiven) {
    for (const NodeState undecided : {NodeState::Connecting, NodeState::Silent}) {
        const std::vector<SlotView> slots = {slot("a", NodeState::Ready), slot("b", undecided)};
        EXPECT_EQ(choosePlacement({0, 0}, slots), (Placement{{}, {}, "waiting for b to answer"}));
        EXPECT_EQ(choosePlacement({1, 0}, slots).nodes, ids({"a"}));
    }
}

TEST(Placement, takesNoMoreThanAskedFor) {
    const std::vector<SlotView> slots = {slot("a", NodeState::Ready), slot("b", NodeState::Ready),
                                         slot("c", NodeState::Ready)};
    EXPECT_EQ(choosePlacement({2, 0}, slots).nodes, ids({"a", "b"}));
}

TEST(Placement, saysWhatIsMissing) {
    const auto placement = choosePlacement({2, 0}, {slot("a", NodeState::Ready), slot("b", NodeState::Lost)});
    EXPECT_EQ(placement, (Placement{{}, {}, "waiting for 2 free nodes: 1 of 2 are free"}));
    EXPECT_TRUE(choosePlacement({0, 0}, {slot("a", NodeState::Lost)}).nodes.empty());
}

TEST(Placement, serversGoWhereNoWorkerIsThenToTheOwnNodesFromTheLast) {
    const std::vector<SlotView> slots = {slot("a", NodeState::Ready), slot("b", NodeState::Ready),
                                         slot("c", NodeState::Busy), slot("d", NodeState::Ready)};
    EXPECT_EQ(choosePlacement({2, 1}, slots).servers, ids({"d"}));
    EXPECT_EQ(choosePlacement({2, 4}, slots).servers, ids({"d", "b", "a", "c"}));
    EXPECT_EQ(choosePlacement({0, 2}, slots).servers, ids({"d", "b"}));
    EXPECT_EQ(choosePlacement({2, 4}, slots).nodes, ids({"a", "b"}));
    EXPECT_TRUE(choosePlacement({2, 0}, slots).servers.empty());
}

TEST(Placement, waitsForOneNodeForEachServer) {
    const std::vector<SlotView> slots = {slot("a", NodeState::Ready), slot("b", NodeState::Lost)};
    EXPECT_EQ(choosePlacement({1, 2}, slots),
              (Placement{{}, {}, "waiting for 2 nodes, one for each server: 1 of 2 are there"}));
    EXPECT_EQ(choosePlacement({1, 1}, slots).servers, ids({"a"}));
}

}  // namespace
}  // namespace longship
