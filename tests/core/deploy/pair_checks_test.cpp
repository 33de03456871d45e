#include "core/deploy/pair_checks.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "tests/core/deploy/ssh/test_sshd.h"

namespace longship::test {
namespace {

TEST(PairChecks, EverybodyMeetsEverybodyOnceAndNobodyTwoAtATime) {
    for (std::size_t count = 0; count <= 51; ++count) {
        std::set<std::pair<std::size_t, std::size_t>> met;
        const auto rounds = disjointRounds(count);
        EXPECT_LE(rounds.size(), count + count % 2) << count;
        for (const auto& round : rounds) {
            std::set<std::size_t> busy;
            for (const auto& [a, b] : round) {
                EXPECT_LT(a, b);
                EXPECT_LT(b, count);
                EXPECT_TRUE(busy.insert(a).second && busy.insert(b).second) << count;
                EXPECT_TRUE(met.emplace(a, b).second) << count;
            }
        }
        EXPECT_EQ(met.size(), count == 0 ? 0 : count * (count - 1) / 2);
    }
    EXPECT_EQ(disjointRounds(8).size(), 7u);
}

const CheckResult* find(const std::vector<CheckResult>& results, std::string_view check) {
    for (const CheckResult& result : results) {
        if (result.check == check) {
            return &result;
        }
    }
    return nullptr;
}

TEST(PairChecks, JudgesALink) {
    const NodeId a("a");
    const NodeId b("b");
    const LinkMeasure good{"10.0.0.1", "eth0", 1'000'000'000, 0.0004, 0.0003, 117.5e6};
    auto results = judgeLink(a, b, "10.0.0.2 port 4711", good);
    ASSERT_EQ(results.size(), 4u);
    for (const CheckResult& result : results) {
        EXPECT_TRUE(result.ok) << result.check;
        EXPECT_TRUE(result.remedy.empty()) << result.check;
        EXPECT_EQ(result.node, a);
        EXPECT_EQ(result.peer, b);
    }
    EXPECT_EQ(find(results, "data-port")->detail, "10.0.0.2 port 4711 in 0.4 ms");
    EXPECT_EQ(find(results, "route")->detail,
              "from 10.0.0.1 to 10.0.0.2 port 4711 by eth0, which is set to 1.00 Gbit/s");
    EXPECT_EQ(find(results, "bandwidth")->detail, "940.0 Mbit/s");
    EXPECT_EQ(find(results, "latency")->detail, "0.30 ms there and back");

    LinkMeasure slow = good;
    slow.bytesPerSecond = 1e6;
    slow.roundTripSeconds = 0.2;
    results = judgeLink(a, b, "10.0.0.2 port 4711", slow);
    for (const char* check : {"bandwidth", "latency"}) {
        EXPECT_FALSE(find(results, check)->ok) << check;
        EXPECT_FALSE(find(results, check)->remedy.empty()) << check;
    }
    EXPECT_TRUE(find(results, "data-port")->ok);

    results = judgeLink(a, b, "10.0.0.2 port 4711", failure(ErrorKind::Unavailable, "no route"));
    ASSERT_EQ(results.size(), 1u);
    EXPECT_EQ(results[0].check, "data-port");
    EXPECT_FALSE(results[0].ok);
    EXPECT_FALSE(results[0].remedy.empty());
    EXPECT_EQ(results[0].detail, "no route");
}

/// Nodes whose probe is a script.
class PairMeasurements : public ::testing::Test {
protected:
    void SetUp() override {
        if (const std::string why = whyNoSshd(); !why.empty()) {
            GTEST_SKIP() << why;
        }
    }
    static void install(const TestSshd& server, const std::string& probe) {
        const auto base = server.home() / ".local/share/longship";
        const auto program = base / "versions/v1/bin/longship-agent";
        std::filesystem::create_directories(program.parent_path());
        std::ofstream(base / "current") << "v1\n";
        std::ofstream(program) << "#!/bin/sh\n" << probe;
        std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    }
    std::vector<CheckResult> measure(const std::vector<const TestSshd*>& servers, bool deployed = true) {
        std::vector<SshSession> sessions;
        for (const TestSshd* server : servers) {
            auto session = SshSession::open({{server->hop()}}, settings, questions);
            EXPECT_TRUE(session.has_value()) << session.error().text;
            sessions.push_back(std::move(*session));
        }
        std::vector<PairEnd> ends;
        for (std::size_t index = 0; index < servers.size(); ++index) {
            ends.push_back({NodeId(std::string(1, static_cast<char>('a' + index))), &sessions[index],
                            "127.0.0.1", deployed});
        }
        std::vector<CheckResult> results;
        measurePairs(ends, {}, [&](const CheckResult& result) { results.push_back(result); });
        return results;
    }

    TempFolder folder;
    SshSettings settings = settingsIn(folder.path());
    ScriptedQuestions questions;
};

// Says what it was asked, so that a test sees it: the token, then each peer.
constexpr const char* kProbe =
    "[ \"$1\" = --measure-links ] || exit 9\n"
    "read -r token address\n"
    "echo \"$token\" > \"$HOME/token\"\n"
    "echo listening 4711\n"
    "while read -r host port; do echo \"measured $host eth0 0 0.001 0.002 $port\"; done\n"
    "echo over > \"$HOME/over\"\n";

TEST_F(PairMeasurements, GoBothWaysAndEnd) {
    const TestSshd a;
    const TestSshd b;
    const TestSshd c;
    for (const TestSshd* server : {&a, &b, &c}) {
        install(*server, kProbe);
    }
    const auto results = measure({&a, &b, &c});
    std::set<std::pair<std::string, std::string>> measured;
    for (const CheckResult& result : results) {
        if (result.check == "data-port") {
            EXPECT_TRUE(result.ok) << result.detail;
            measured.emplace(result.node.value, result.peer->value);
        }
    }
    EXPECT_EQ(measured.size(), 6u);
    const std::string token = readFile(a.home() / "token").value_or("");
    EXPECT_EQ(token.size(), 33u);
    for (const TestSshd* server : {&b, &c}) {
        EXPECT_EQ(readFile(server->home() / "token").value_or(""), token);
        EXPECT_EQ(readFile(server->home() / "over").value_or(""), "over\n") << "it ended in order";
    }
}

TEST_F(PairMeasurements, TellWhoCannotAndGoOnWithTheOthers) {
    const TestSshd old;
    const TestSshd mute;
    const TestSshd a;
    const TestSshd b;
    install(old, "echo unknown option >&2; exit 2\n");
    install(mute, "echo listening at the moon\n");
    install(a, kProbe);
    install(
        b, "read -r token address; echo listening 1; read -r line; echo 'failed no way there.'; read -r end");
    const auto results = measure({&old, &mute, &a, &b});
    unsigned bad = 0;
    for (const CheckResult& result : results) {
        bad += result.ok ? 0 : 1;
        EXPECT_EQ(result.remedy.empty(), result.ok) << result.check;
        if (result.check == "probe") {
            EXPECT_EQ(result.ok, result.node.value == "c" || result.node.value == "d") << result.detail;
        } else if (result.check == "data-port") {
            EXPECT_EQ(result.ok, result.node.value == "c") << result.detail;
        }
    }
    EXPECT_EQ(bad, 4u) << "two probes, the way back, and a bandwidth of one byte a second";
    for (const CheckResult& result : measure({&old, &mute}, false)) {
        EXPECT_TRUE(result.ok && result.check == "probe") << result.check;
    }
}

}  // namespace
}  // namespace longship::test
