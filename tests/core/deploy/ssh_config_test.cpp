#include "core/deploy/ssh_config.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/files.h"
#include "tests/support/temp_folder.h"

namespace longship::test {
namespace {

class SshConfigTest : public ::testing::Test {
protected:
    void write(const std::string& name, const std::string& text) const {
        const auto file = folder.path() / ".ssh" / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }
    SshConfig read() const {
        auto config = SshConfig::read(folder.path() / ".ssh" / "config", folder.path());
        EXPECT_TRUE(config.has_value()) << config.error().text;
        return std::move(*config);
    }
    SshHop hopTo(const std::string& name) const {
        const auto route = read().routeTo(*parseSshAddress(name));
        EXPECT_TRUE(route.has_value()) << route.error().text;
        return route->hops.back();
    }

    TempFolder folder;
};

TEST_F(SshConfigTest, ListsHostsThatAreNamedInFullThroughIncludes) {
    write("config",
          "Include lab/*.conf\n"
          "Host gate gate.example\n"
          "  User ada\n"
          "Host *.example !secret.example\n"
          "Host *\n  Port 2222\n");
    write("lab/a.conf", "Host node1 node2\n  HostName 10.0.0.%%\n");
    write("lab/b.conf", "Host node3\nHost node1\n");
    EXPECT_EQ(read().hostNames(),
              (std::vector<std::string>{"node1", "node2", "node3", "gate", "gate.example"}));
    EXPECT_EQ(read().hostNames("node*"), (std::vector<std::string>{"node1", "node2", "node3"}));
    EXPECT_EQ(read().hostNames("node?"), (std::vector<std::string>{"node1", "node2", "node3"}));
    EXPECT_TRUE(read().hostNames("x*").empty());
}

TEST_F(SshConfigTest, TheFirstValueWinsAndIdentitiesAddUp) {
    write("config",
          "Host node1\n"
          "  HostName = 10.0.0.1\n"
          "  User \"ada\"\n"
          "  IdentityFile ~/.ssh/lab\n"
          "  IdentitiesOnly yes\n"
          "  HostKeyAlias lab-node\n"
          "Host node* !node2\n"
          "  user bob\n"
          "  PORT 2200\n"
          "Host *\n"
          "  IdentityFile %d/keys/%h-%r\n"
          "  Port 22\n");
    const SshHop hop = hopTo("node1");
    EXPECT_EQ(hop.address, (SshAddress{"ada", "10.0.0.1", 2200}));
    EXPECT_EQ(hop.identities, (std::vector<std::filesystem::path>{folder.path() / ".ssh/lab",
                                                                  folder.path() / "keys/10.0.0.1-ada"}));
    EXPECT_TRUE(hop.identitiesOnly);
    EXPECT_EQ(hop.keyName, "lab-node");
    EXPECT_EQ(hopTo("node2").address, (SshAddress{"", "node2", 22}));
    EXPECT_EQ(hopTo("eve@node3:99").address, (SshAddress{"eve", "node3", 99}));
}

TEST_F(SshConfigTest, AHostThatTheFileDoesNotKnowIsItsOwnAddress) {
    EXPECT_EQ(hopTo("ada@elsewhere").address, (SshAddress{"ada", "elsewhere", 22}));
    EXPECT_TRUE(read().hostNames().empty());
}

TEST_F(SshConfigTest, JumpsAreFollowedEachWithItsOwnLines) {
    write("config",
          "Host inner\n  ProxyJump middle,bob@last:23\n"
          "Host middle\n  ProxyJump outer\n  User ada\n  HostName 10.1.0.1\n"
          "Host outer\n  Port 2022\n"
          "Host last\n  ProxyJump never-through-here\n"
          "Host direct\n  ProxyJump none\n"
          "Host *\n  User all\n");
    const auto route = read().routeTo(*parseSshAddress("inner"));
    ASSERT_TRUE(route.has_value()) << route.error().text;
    std::vector<std::string> hops;
    for (const SshHop& hop : route->hops) {
        hops.push_back(hop.address.text());
    }
    EXPECT_EQ(hops, (std::vector<std::string>{"all@outer:2022", "ada@10.1.0.1", "bob@last:23", "all@inner"}));
    EXPECT_EQ(read().routeTo(*parseSshAddress("direct"))->hops.size(), 1u);
    const auto byHand = read().routeTo(*parseSshAddress("inner"), {*parseSshAddress("outer")});
    EXPECT_EQ(byHand->hops.size(), 2u);
}

TEST_F(SshConfigTest, JumpsInACircleAreToldNotFollowed) {
    write("config", "Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n");
    const auto route = read().routeTo(*parseSshAddress("a"));
    ASSERT_FALSE(route.has_value());
    EXPECT_EQ(route.error().kind, ErrorKind::BadInput);
}

TEST_F(SshConfigTest, NoProgramIsEverRun) {
    const auto proof = folder.path() / "ran";
    write("config", "Match exec \"touch " + proof.string() +
                        "\"\n  User evil\n"
                        "Host behind\n  ProxyCommand touch " +
                        proof.string() +
                        "\n"
                        "Host hidden\n  HostName -oProxyCommand=x\n");
    EXPECT_EQ(hopTo("node1").address.user, "");
    const auto behind = read().routeTo(*parseSshAddress("behind"));
    ASSERT_FALSE(behind.has_value());
    EXPECT_NE(behind.error().text.find("--jump"), std::string::npos) << behind.error().text;
    EXPECT_FALSE(read().routeTo(*parseSshAddress("hidden")).has_value());
    EXPECT_FALSE(std::filesystem::exists(proof));
}

TEST_F(SshConfigTest, MatchesOfHostsCount) {
    write("config",
          "Match originalhost node*,!node2\n  User ada\n"
          "Match host other user bob\n  User never\n"
          "Match all\n  Port 2222\n");
    EXPECT_EQ(hopTo("node1").address, (SshAddress{"ada", "node1", 2222}));
    EXPECT_EQ(hopTo("node2").address, (SshAddress{"", "node2", 2222}));
    EXPECT_EQ(hopTo("other").address, (SshAddress{"", "other", 2222}));
}

TEST_F(SshConfigTest, AnIncludeInsideAHostCountsForThatHostOnly) {
    write("config", "Host node1\n  Include common\nHost *\n  Include ~/.ssh/all\n");
    write("common", "User ada\nHost node2\n  User never\n");
    write("all", "Port 2222\n");
    EXPECT_EQ(hopTo("node1").address, (SshAddress{"ada", "node1", 2222}));
    EXPECT_EQ(hopTo("node2").address, (SshAddress{"", "node2", 2222}));
}

TEST_F(SshConfigTest, WhatCannotBeReadIsToldWithItsPlace) {
    write("config", "Host a\n  User \"ada\n");
    auto config = SshConfig::read(folder.path() / ".ssh/config", folder.path());
    ASSERT_FALSE(config.has_value());
    EXPECT_NE(config.error().text.find("config:2"), std::string::npos) << config.error().text;
    write("config", "Include config\n");
    EXPECT_FALSE(SshConfig::read(folder.path() / ".ssh/config", folder.path()).has_value());
    write("config", "Host a\n  Port none\n");
    EXPECT_FALSE(read().routeTo(*parseSshAddress("a")).has_value());
}

}  // namespace
}  // namespace longship::test
