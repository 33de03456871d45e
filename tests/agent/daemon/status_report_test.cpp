#include "agent/daemon/status_report.h"

#include <gtest/gtest.h>

namespace longship {
namespace {

Roster threeNodes() {
    return {"demo",
            {{NodeId("a"), "tcp://127.0.0.1:1", ""},
             {NodeId("b"), "tcp://127.0.0.1:2", ""},
             {NodeId("c"), "tcp://10.0.0.3:1", ""}}};
}

FollowerView followerB() {
    FollowerView view;
    view.self = NodeId("b");
    view.inCluster = true;
    view.leader = NodeId("a");
    view.leaderHeard = true;
    view.version = "1";
    return view;
}

TEST(StatusReport, AFollowerKnowsItselfAndItsLeader) {
    FollowerView view = followerB();
    view.tasks = {{RunId("r"), TaskId("worker-1"), 1}};
    const auto nodes = nodesSeenBy(view, threeNodes());
    ASSERT_EQ(nodes.size(), 3u);
    EXPECT_EQ(nodes[0].state, NodeState::Ready);
    EXPECT_TRUE(nodes[0].leader);
    EXPECT_EQ(nodes[1].state, NodeState::Busy);
    EXPECT_EQ(nodes[1].tasks, std::vector<std::string>{"worker-1"});
    EXPECT_EQ(nodes[2].state, NodeState::Unknown);
    EXPECT_FALSE(nodes[2].detail.empty());
}

TEST(StatusReport, ALostLeaderIsSaid) {
    FollowerView view = followerB();
    view.leaderHeard = false;
    const auto nodes = nodesSeenBy(view, threeNodes());
    EXPECT_EQ(nodes[0].state, NodeState::Lost);
    EXPECT_EQ(nodes[0].detail, "b does not hear it.");
    EXPECT_EQ(nodes[1].state, NodeState::Connecting);
}

TEST(StatusReport, BetweenTwoLeadersNobodyIsSaidToLead) {
    FollowerView view = followerB();
    view.leader = NodeId();
    view.leaderHeard = false;
    const auto nodes = nodesSeenBy(view, threeNodes());
    ASSERT_EQ(nodes.size(), 3u);
    for (const NodeView& node : nodes) {
        EXPECT_FALSE(node.leader);
        EXPECT_FALSE(node.detail.empty());
    }
    EXPECT_EQ(nodes[0].state, NodeState::Unknown);
    EXPECT_EQ(nodes[1].state, NodeState::Connecting);
}

TEST(StatusReport, WhatIsWrongWithANodeIsSaid) {
    FollowerView view = followerB();
    view.problem = "The disk does not answer.";
    const auto nodes = nodesSeenBy(view, threeNodes());
    EXPECT_EQ(nodes[1].detail, "The disk does not answer.");
}

TEST(StatusReport, BeforeThereIsARosterThereIsOnlyOneself) {
    FollowerView view;
    view.self = NodeId("b");
    const auto nodes = nodesSeenBy(view, {});
    ASSERT_EQ(nodes.size(), 1u);
    EXPECT_EQ(nodes[0].state, NodeState::Connecting);
    EXPECT_EQ(nodes[0].detail, "It belongs to no cluster yet.");
}

TEST(StatusReport, TheRosterTellsPlaces) {
    auto nodes = nodesSeenBy(followerB(), threeNodes());
    addPlaces(nodes, threeNodes());
    EXPECT_EQ(nodes[0].address, "127.0.0.1:1");
    EXPECT_TRUE(nodes[0].sharesMachine);
    EXPECT_TRUE(nodes[1].sharesMachine);
    EXPECT_FALSE(nodes[2].sharesMachine);
}

}  // namespace
}  // namespace longship
