#include "agent/supervision/peer_rules.h"

#include <gtest/gtest.h>

namespace longship {
namespace {

const TaskKey kOwnTask{RunId("r"), TaskId("worker-0"), 1};
const TaskKey kOtherTask{RunId("r"), TaskId("worker-1"), 1};

const Peer kClient{.role = Role::Client, .node = {}, .leader = false, .task = {}};
const Peer kFollower{.role = Role::Agent, .node = NodeId("node-b"), .leader = false, .task = {}};
const Peer kLeader{.role = Role::Agent, .node = NodeId("node-a"), .leader = true, .task = {}};
const Peer kWorker{.role = Role::Worker, .node = {}, .leader = false, .task = kOwnTask};

bool may(const Peer& peer, const Message& message) {
    return !refusalOf(peer, message);
}

Heartbeat heartbeatOf(const char* node) {
    Heartbeat heartbeat;
    heartbeat.node = NodeId(node);
    return heartbeat;
}
WorkerReady readyOf(const TaskKey& key) {
    WorkerReady ready;
    ready.key = key;
    return ready;
}

TEST(PeerRules, AClientCommandsAndReads) {
    EXPECT_TRUE(may(kClient, Command{}));
    EXPECT_TRUE(may(kClient, PullRequest{}));
    EXPECT_TRUE(may(kClient, WatchCluster{}));
    EXPECT_TRUE(may(kClient, FetchRequest{}));
    EXPECT_TRUE(may(kClient, Roster{}));
    EXPECT_TRUE(may(kClient, Shutdown{}));
    EXPECT_FALSE(may(kClient, heartbeatOf("node-b")));
    EXPECT_FALSE(may(kClient, StartTask{}));
    EXPECT_FALSE(may(kClient, StepsDone{}));
}

TEST(PeerRules, AnAgentSpeaksForItselfAndOwnsNothing) {
    EXPECT_TRUE(may(kFollower, heartbeatOf("node-b")));
    EXPECT_FALSE(may(kFollower, heartbeatOf("node-c")));
    EXPECT_TRUE(may(kFollower, readyOf(kOtherTask)));
    EXPECT_TRUE(may(kFollower, PullRequest{}));
    EXPECT_FALSE(may(kFollower, Shutdown{}));
    EXPECT_FALSE(may(kFollower, Roster{}));
    EXPECT_FALSE(may(kFollower, Command{}));
}

TEST(PeerRules, OnlyTheLeaderGivesOrders) {
    for (const Message& order : {Message(StartTask{}), Message(KillTask{}), Message(AssignMembership{}),
                                 Message(StopWork{}), Message(Freeze{}), Message(HeartbeatAck{})}) {
        EXPECT_TRUE(may(kLeader, order)) << nameOf(order);
        EXPECT_FALSE(may(kFollower, order)) << nameOf(order);
        EXPECT_FALSE(may(kWorker, order)) << nameOf(order);
    }
}

TEST(PeerRules, AWorkerSpeaksForItsOwnTask) {
    EXPECT_TRUE(may(kWorker, readyOf(kOwnTask)));
    EXPECT_FALSE(may(kWorker, readyOf(kOtherTask)));
    EXPECT_TRUE(may(kWorker, Pong{}));
    Frozen frozen;
    EXPECT_FALSE(may(kWorker, frozen)) << "of no task";
    frozen.key = kOwnTask;
    EXPECT_TRUE(may(kWorker, frozen));
    EXPECT_TRUE(may(kFollower, frozen)) << "hands it on";
    EXPECT_FALSE(may(kWorker, PullRequest{}));
    EXPECT_FALSE(may(kWorker, Shutdown{}));
}

TEST(PeerRules, TheRefusalSaysWhoAndWhat) {
    EXPECT_EQ(refusalOf(kClient, heartbeatOf("x")), "A client may not send Heartbeat here.");
    EXPECT_EQ(refusalOf(kFollower, Shutdown{}), "The agent of node-b may not send Shutdown here.");
}

TEST(PeerRules, RequestsHaveNumbers) {
    PullRequest pull;
    pull.request = 7;
    Command command;
    command.sequence = 9;
    EXPECT_EQ(requestOf(pull), 7u);
    EXPECT_EQ(requestOf(command), 9u);
    EXPECT_EQ(requestOf(Ping{3}), 0u);
}

}  // namespace
}  // namespace longship
