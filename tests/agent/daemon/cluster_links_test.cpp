#include "agent/daemon/cluster_links.h"

#include <gtest/gtest.h>

#include "core/transport/keys.h"

namespace longship {
namespace {

RosterEntry entryOf(const char* node, const std::string& key) {
    return {NodeId(node), "tcp://127.0.0.1:4100", key};
}

TEST(ClusterLinks, ARosterIsCheckedBeforeItIsUsed) {
    const std::string own = KeyPair::generate().publicKey;
    const std::string other = KeyPair::generate().publicKey;
    const NodeId self("node-a");
    const auto check = [&](const Roster& roster) { return ClusterLinks::check(roster, self, own); };
    EXPECT_TRUE(check({"demo", {entryOf("node-a", own), entryOf("node-b", other)}}));
    EXPECT_TRUE(check({"demo", {entryOf("node-b", other), entryOf("node-a", own)}}));
    EXPECT_FALSE(check({"demo", {}}));
    EXPECT_FALSE(check({"", {entryOf("node-a", own)}}));
    EXPECT_FALSE(check({"../demo", {entryOf("node-a", own)}}));
    EXPECT_FALSE(check({"demo", {entryOf("node-b", other)}})) << "we are not in it";
    EXPECT_FALSE(check({"demo", {entryOf("node-a", other)}})) << "somebody else has our name";
    EXPECT_FALSE(check({"demo", {entryOf("node-a", own), entryOf("node-a", other)}})) << "one name twice";
    EXPECT_FALSE(check({"demo", {entryOf("node-a", own), entryOf("node-b", "short")}}));
    EXPECT_FALSE(check({"demo", {{self, "127.0.0.1:1", own}}})) << "no endpoint";
    Roster crowd{"demo", {entryOf("node-a", own)}};
    for (int i = 0; i < 100; ++i) {
        crowd.nodes.push_back(entryOf(("node-" + std::to_string(i)).c_str(), other));
    }
    EXPECT_FALSE(check(crowd));
}

TEST(ClusterLinks, OnlyTheLeaderConnectsToEverybody) {
    ControlHub::Options options;
    options.keys = KeyPair::generate();
    const auto hub = ControlHub::create(options).value();
    const Roster roster{
        "demo",
        {entryOf("node-a", KeyPair::generate().publicKey), entryOf("node-b", options.keys.publicKey),
         entryOf("node-c", KeyPair::generate().publicKey)}};
    ClusterLinks follower(*hub, NodeId("node-b"));
    follower.setRoster(roster);
    EXPECT_FALSE(follower.leads());
    EXPECT_EQ(follower.leader(), NodeId("node-a"));
    EXPECT_FALSE(follower.send(NodeId("node-a"), "early")) << "nothing may overtake Hello";
    follower.markConnected(NodeId("node-a"));
    EXPECT_TRUE(follower.send(NodeId("node-a"), "now"));
    follower.markDisconnected(NodeId("node-a"));
    EXPECT_FALSE(follower.send(NodeId("node-a"), "late"));
    follower.markConnected(NodeId("node-c"));
    EXPECT_FALSE(follower.send(NodeId("node-c"), "it has no link to another follower"));
    EXPECT_EQ(follower.nodeWithKey(roster.nodes[2].publicKey), NodeId("node-c"));

    ClusterLinks leader(*hub, NodeId("node-a"));
    leader.setRoster(roster);
    EXPECT_TRUE(leader.leads());
    for (const char* node : {"node-b", "node-c"}) {
        leader.markConnected(NodeId(node));
        EXPECT_TRUE(leader.send(NodeId(node), "now"));
    }
}

TEST(ClusterLinks, ARefusalCountsOnlyAfterAConnection) {
    ControlHub::Options options;
    options.keys = KeyPair::generate();
    const auto hub = ControlHub::create(options).value();
    ClusterLinks links(*hub, NodeId("node-a"));
    links.setRoster(
        {"demo",
         {entryOf("node-a", options.keys.publicKey), entryOf("node-b", KeyPair::generate().publicKey)}});
    EXPECT_FALSE(links.takeWasConnected(NodeId("node-b")));
    links.markConnected(NodeId("node-b"));
    EXPECT_TRUE(links.takeWasConnected(NodeId("node-b")));
    EXPECT_FALSE(links.takeWasConnected(NodeId("node-b"))) << "each connection counts once";
}

}  // namespace
}  // namespace longship
