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

TEST(ClusterLinks, EveryAgentConnectsToEveryOther) {
    ControlHub::Options options;
    options.keys = KeyPair::generate();
    const auto hub = ControlHub::create(options).value();
    const Roster roster{
        "demo",
        {entryOf("node-a", KeyPair::generate().publicKey), entryOf("node-b", options.keys.publicKey),
         entryOf("node-c", KeyPair::generate().publicKey)}};
    ClusterLinks links(*hub, NodeId("node-b"));
    EXPECT_TRUE(links.setRoster(roster).empty());
    for (const char* node : {"node-a", "node-c"}) {
        EXPECT_FALSE(links.send(NodeId(node), "early")) << "nothing may overtake Hello";
        links.markConnected(NodeId(node));
        EXPECT_TRUE(links.send(NodeId(node), "now"));
        links.markDisconnected(NodeId(node));
        EXPECT_FALSE(links.send(NodeId(node), "late"));
    }
    links.markConnected(NodeId("node-b"));
    EXPECT_FALSE(links.send(NodeId("node-b"), "it needs no link to itself"));
    EXPECT_EQ(links.nodeWithKey(roster.nodes[2].publicKey), NodeId("node-c"));
}

TEST(ClusterLinks, ANewAddressIsANewConnection) {
    ControlHub::Options options;
    options.keys = KeyPair::generate();
    const auto hub = ControlHub::create(options).value();
    Roster roster{
        "demo",
        {entryOf("node-a", options.keys.publicKey), entryOf("node-b", KeyPair::generate().publicKey),
         entryOf("node-c", KeyPair::generate().publicKey)}};
    ClusterLinks links(*hub, NodeId("node-a"));
    links.setRoster(roster);
    links.markConnected(NodeId("node-b"));
    links.markConnected(NodeId("node-c"));
    EXPECT_TRUE(links.setRoster(roster).empty());
    roster.nodes[1].endpoint = "tcp://127.0.0.1:4200";
    EXPECT_EQ(links.setRoster(roster), std::vector<NodeId>{NodeId("node-b")});
    EXPECT_FALSE(links.send(NodeId("node-b"), "not connected yet"));
    EXPECT_TRUE(links.send(NodeId("node-c"), "as before"));
    roster.nodes.pop_back();
    EXPECT_EQ(links.setRoster(roster), std::vector<NodeId>{NodeId("node-c")});
    EXPECT_FALSE(links.nodeWithKey(entryOf("node-c", "").publicKey));
}

TEST(ClusterLinks, ANodeThatSpokeIsConnectedToAtOnce) {
    ControlHub::Options options;
    options.keys = KeyPair::generate();
    const auto hub = ControlHub::create(options).value();
    ClusterLinks links(*hub, NodeId("node-a"));
    const NodeId other("node-b");
    links.setRoster(
        {"demo",
         {entryOf("node-a", options.keys.publicKey), {other, "tcp://127.0.0.1:9", options.keys.publicKey}}});
    const auto connectionNow = [&] {
        for (ControlHub::ConnectionHandle handle = 1; handle < 10; ++handle) {
            if (links.nodeOf(handle) == other) {
                return handle;
            }
        }
        return 0;
    };
    const auto first = connectionNow();
    links.markConnected(other);
    links.retry(other);
    EXPECT_EQ(connectionNow(), first) << "it works";
    links.markDisconnected(other);
    links.retry(other);
    EXPECT_NE(connectionNow(), first);
    EXPECT_TRUE(links.takeWasConnected(other)) << "a refusal still means that it was there before";
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
