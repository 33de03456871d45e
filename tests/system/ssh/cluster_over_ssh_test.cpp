// A cluster over SSH from the command line: real servers on loopback, real agents, a worker that follows a
// script.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "tests/core/deploy/ssh/test_sshd.h"
#include "tests/system/cli/cli_program.h"

namespace longship::test {
namespace {

class ClusterOverSsh : public ::testing::Test {
protected:
    void SetUp() override {
        if (const std::string why = whyNoSshd(); !why.empty()) {
            GTEST_SKIP() << why;
        }
        home.write("table.csv", "height,weight,kind\n1.5,2,a\n2.5,3,b\n3.5,4,a\n4.5,5,b\n");
        EXPECT_EQ(home.run({"cluster", "create", "lab"}).exitCode, 0);
    }
    CliResult add(const std::string& name, const TestSshd& server,
                  const std::vector<std::string>& more = {}) {
        std::vector<std::string> words{"node",       "add",
                                       "--cluster",  "lab",
                                       name,         server.address().text(),
                                       "--identity", server.userKey().string(),
                                       "--host-key", server.fingerprint(),
                                       "--json"};
        words.insert(words.end(), more.begin(), more.end());
        return home.run(words);
    }

    CliHome home{SCRIPTED_WORKER};
};

/// Agents outlive their servers: made after these, it ends them before.
class EndOfAgents {
public:
    explicit EndOfAgents(CliHome& home) : m_home(home) {}
    ~EndOfAgents() { m_home.run({"cluster", "undeploy", "lab"}); }
    EndOfAgents(const EndOfAgents&) = delete;
    EndOfAgents& operator=(const EndOfAgents&) = delete;

private:
    CliHome& m_home;
};

TEST_F(ClusterOverSsh, IsCheckedDeployedTrainedOnAndLeavesNothing) {
    std::vector<std::unique_ptr<TestSshd>> servers;
    for (const std::string name : {"n1", "n2", "n3"}) {
        servers.push_back(std::make_unique<TestSshd>());
        const auto added = add(name, *servers.back());
        ASSERT_EQ(added.exitCode, 0) << added.error;
        EXPECT_EQ(added.events("node_added").size(), 1u);
    }
    const EndOfAgents end(home);
    const auto checked = home.run({"cluster", "check", "lab", "--json"});
    EXPECT_EQ(checked.exitCode, 0) << checked.out;
    EXPECT_EQ(checked.events("checked").at(0)["bad"], 0);
    unsigned pairs = 0;
    for (const auto& check : checked.events("check")) {
        EXPECT_TRUE(check["ok"].get<bool>()) << check;
        pairs += check["peer"].is_null() ? 0 : 1;
    }
    EXPECT_EQ(pairs, 6u);
    EXPECT_TRUE(std::filesystem::is_empty(servers[0]->home()));

    const auto deployed = home.run({"cluster", "deploy", "lab", "--json"});
    ASSERT_EQ(deployed.exitCode, 0) << deployed.out << deployed.error;
    ASSERT_EQ(deployed.events("deployed").size(), 3u);
    EXPECT_GT(deployed.events("deployed")[0]["bytes"], 1'000'000);
    EXPECT_LT(deployed.events("deployed")[0]["bytes"], 25'000'000)
        << "the agent and the server, whatever build they are from";
    const auto again = home.run({"cluster", "deploy", "lab", "--json"});
    ASSERT_EQ(again.exitCode, 0) << again.out << again.error;
    for (const auto& node : again.events("deployed")) {
        EXPECT_TRUE(node["skipped"].get<bool>()) << node;
        EXPECT_EQ(node["bytes"], 0) << node;
    }

    std::map<std::string, unsigned> links;
    const auto measured = home.run({"cluster", "check", "lab", "--json"});
    for (const auto& check : measured.events("check")) {
        // What a loaded machine's loopback carries is not for this test to say.
        if (check["check"] != "bandwidth" && check["check"] != "latency") {
            EXPECT_TRUE(check["ok"].get<bool>()) << check;
        }
        links[check["check"]] += check["peer"].is_null() ? 0 : 1;
    }
    for (const char* check : {"reach", "data-port", "route", "bandwidth", "latency"}) {
        EXPECT_EQ(links[check], 6u) << check << ": " << measured.out << measured.error;
    }

    const auto job = home.write("job.yaml",
                                "name: short\ndataset:\n  csv: table.csv\n  label: kind\nepochs: 3\n"
                                "global_batch: 100\n");
    const auto run = home.run({"run", job, "--cluster", "lab", "--json"});
    EXPECT_EQ(run.exitCode, 0) << run.error;
    EXPECT_EQ(run.lines().back()["state"], "completed");

    EXPECT_EQ(home.run({"cluster", "forget", "lab"}).exitCode, 2) << "agents are there";
    const auto undeployed = home.run({"cluster", "undeploy", "lab", "--json"});
    EXPECT_EQ(undeployed.exitCode, 0) << undeployed.out << undeployed.error;
    for (const auto& node : undeployed.events("undeployed")) {
        EXPECT_GT(node["bytes_freed"], 1'000'000) << node;
    }
    for (const auto& server : servers) {
        EXPECT_FALSE(std::filesystem::exists(server->home() / ".local/share/longship"));
    }
    EXPECT_EQ(home.run({"cluster", "forget", "lab"}).exitCode, 0);
}

TEST_F(ClusterOverSsh, ADamagedRecordIsNamedBeforeARun) {
    home.write("home/data/clusters/lab/cluster.json", "{\"name\": \"la");
    const auto job = home.write("job.yaml", "name: short\ndataset:\n  csv: table.csv\n  label: kind\n");
    const auto run = home.run({"run", job, "--cluster", "lab", "--json"});
    EXPECT_NE(run.exitCode, 0);
    EXPECT_TRUE(run.events("data_ready").empty());
    EXPECT_NE(run.error.find("cluster.json"), std::string::npos) << run.out << run.error;
}

TEST_F(ClusterOverSsh, ANodeBehindAnotherIsReachedAndAnUnknownKeyOnTheWayIsNot) {
    const TestSshd gate;
    const TestSshd node;
    gate.authorize(node.userKey().string() + ".pub");
    // The key of the gate is not given, and nobody sits at a terminal.
    const auto file =
        home.write("list", fmt::format("name,address,identity,jump\nn1,{},{},{}\n", node.address().text(),
                                       node.userKey().string(), gate.address().text()));
    EXPECT_EQ(home.run({"node", "add", "--cluster", "lab", "--from-file", file}).exitCode, 0);
    const auto checked = home.run({"cluster", "check", "lab", "--json"});
    EXPECT_EQ(checked.exitCode, 3);
    bool told = false;
    for (const auto& check : checked.events("check")) {
        told = told || (check["check"] == "host-key" && !check["ok"].get<bool>() &&
                        check["detail"].get<std::string>().find(gate.fingerprint()) != std::string::npos);
    }
    EXPECT_TRUE(told) << checked.out;
    EXPECT_EQ(gate.log().find("Accepted"), std::string::npos);
}

TEST_F(ClusterOverSsh, OneDeadNodeIsNamedAndTheRestIsKeptForTheNextTry) {
    const TestSshd good;
    auto dead = std::make_unique<TestSshd>();
    add("n1", good);
    add("n2", *dead);
    const auto port = dead->port();
    dead->kill();
    const EndOfAgents end(home);
    const auto first = home.run({"cluster", "deploy", "lab", "--json"});
    EXPECT_EQ(first.exitCode, 3) << first.out;
    ASSERT_EQ(first.events("deploy_failed").size(), 1u);
    EXPECT_EQ(first.events("deploy_failed")[0]["node"], "n2");
    EXPECT_NE(first.events("deploy_failed")[0]["error"].get<std::string>().find(std::to_string(port)),
              std::string::npos);
    EXPECT_EQ(first.events("deployed").size(), 1u);
    const auto second = home.run({"cluster", "deploy", "lab", "--json"});
    EXPECT_TRUE(second.events("deployed").at(0)["skipped"].get<bool>());
}

TEST_F(ClusterOverSsh, BadInputIsToldWithWhatWasExpected) {
    EXPECT_EQ(home.run({"cluster", "create", "lab"}).exitCode, 2);
    EXPECT_EQ(home.run({"cluster", "check", "elsewhere"}).exitCode, 2);
    EXPECT_EQ(home.run({"cluster", "deploy", "lab"}).exitCode, 2) << "no nodes yet";
    EXPECT_EQ(home.run({"node", "add", "--cluster", "lab", "n1", "-oProxyCommand=x"}).exitCode, 2);
    EXPECT_EQ(home.run({"node", "add", "--cluster", "lab"}).exitCode, 2);
    const auto file = home.write("list", "a ada@ok\nb ada@\nc d e\n");
    const auto list = home.run({"node", "add", "--cluster", "lab", "--from-file", file});
    EXPECT_EQ(list.exitCode, 2);
    EXPECT_NE(list.error.find("line 2"), std::string::npos) << list.error;
    EXPECT_NE(list.error.find("line 3"), std::string::npos) << list.error;
    EXPECT_EQ(home.run({"node", "remove", "--cluster", "lab", "n1"}).exitCode, 2);
}

}  // namespace
}  // namespace longship::test
