#include "core/deploy/ssh_cluster.h"

#include <gtest/gtest.h>

#include "core/deploy/preflight.h"
#include "core/deploy/remembering_questions.h"
#include "tests/core/deploy/ssh/test_sshd.h"

namespace longship::test {
namespace {

class SshClusterTest : public ::testing::Test {
protected:
    static SshNode nodeAt(const std::string& name, const std::string& address) {
        SshNode node{NodeId(name), {}};
        SshHop gate;
        gate.address = {"gate", "gate.example", 2222};
        gate.keyName = "the-gate";
        SshHop hop;
        hop.address = *parseSshAddress(address);
        hop.identities = {"/keys/a", "/keys/b"};
        hop.identitiesOnly = true;
        hop.expectedHostKey = "SHA256:abc";
        node.route.hops = {gate, hop};
        return node;
    }

    TempFolder folder;
    HomeFolders home{folder.path() / "data", folder.path() / "config"};
};

TEST_F(SshClusterTest, KeepsTheWaysToItsMachines) {
    const auto cluster = createSshCluster(home, "lab");
    ASSERT_TRUE(cluster.has_value()) << cluster.error().text;
    EXPECT_TRUE(readSshNodes(*cluster)->empty());
    const std::vector<SshNode> nodes{nodeAt("n1", "ada@10.0.0.1:23"), nodeAt("n2", "ada@fe80::2")};
    ASSERT_TRUE(addSshNodes(*cluster, nodes).has_value());
    EXPECT_EQ(*readSshNodes(*findSshCluster(home, "lab")), nodes);
    EXPECT_EQ(readClusterRecord(*cluster)->nodes.size(), 2u);
    EXPECT_FALSE(readClusterRecord(*cluster)->complete());
    EXPECT_EQ(knownClusters(home), std::vector<std::string>{"lab"});

    ASSERT_TRUE(removeSshNode(*cluster, NodeId("n1")).has_value());
    EXPECT_EQ(*readSshNodes(*cluster), std::vector<SshNode>{nodes[1]});
    EXPECT_EQ(removeSshNode(*cluster, NodeId("n1")).error().kind, ErrorKind::NotFound);
}

TEST_F(SshClusterTest, RefusesWhatIsThereAndNamesWhatIsNot) {
    EXPECT_EQ(createSshCluster(home, "../x").error().kind, ErrorKind::BadInput);
    EXPECT_EQ(findSshCluster(home, "lab").error().kind, ErrorKind::NotFound);
    const auto cluster = createSshCluster(home, "lab");
    EXPECT_EQ(createSshCluster(home, "lab").error().kind, ErrorKind::Refused);
    ASSERT_TRUE(addSshNodes(*cluster, {nodeAt("n1", "a@b")}).has_value());
    EXPECT_EQ(addSshNodes(*cluster, {nodeAt("n2", "a@b"), nodeAt("n1", "a@c")}).error().kind,
              ErrorKind::Refused);
    EXPECT_EQ(readSshNodes(*cluster)->size(), 1u) << "all or none";
    EXPECT_EQ(addSshNodes(*cluster, {nodeAt("a b", "a@b")}).error().kind, ErrorKind::BadInput);
    ASSERT_TRUE(
        writeFileAtomically(cluster->folder / "ssh.json", "{\"format\": 1, \"nodes\": [{}]}").has_value());
    EXPECT_EQ(readSshNodes(*cluster).error().kind, ErrorKind::Corrupt);
}

TEST_F(SshClusterTest, ALocalClusterIsNoneOfThese) {
    const ClusterFiles demo{"demo", home.data / "clusters" / "demo"};
    ASSERT_TRUE(makePrivateFolder(demo.folder).has_value());
    ASSERT_TRUE(writeClusterRecord(demo, {"demo", true, {}}).has_value());
    EXPECT_EQ(findSshCluster(home, "demo").error().kind, ErrorKind::Refused);
}

TEST_F(SshClusterTest, IsForgottenOnlyWithoutAgents) {
    const auto cluster = createSshCluster(home, "lab");
    ASSERT_TRUE(addSshNodes(*cluster, {nodeAt("n1", "a@b")}).has_value());
    ASSERT_TRUE(writeClusterRecord(*cluster, {"lab", false, {{NodeId("n1"), "tcp://127.0.0.1:1", "key"}}})
                    .has_value());
    EXPECT_EQ(forgetCluster(*cluster).error().kind, ErrorKind::Refused);
    ASSERT_TRUE(forgetAgents(*cluster, {NodeId("n1")}).has_value());
    EXPECT_TRUE(readClusterRecord(*cluster)->nodes[0].endpoint.empty());
    ASSERT_TRUE(forgetCluster(*cluster).has_value());
    EXPECT_TRUE(knownClusters(home).empty());
}

TEST(RememberingQuestions, PutEachQuestionOnce) {
    ScriptedQuestions person;
    person.answers = {"one", "two", "three", "code", "code2"};
    RememberingQuestions questions(person);
    const SshAddress host{"ada", "n1", 22};
    const SshAddress other{"ada", "n2", 22};
    EXPECT_TRUE(questions.acceptHostKey({host, "ssh-ed25519", "SHA256:a"}));
    EXPECT_TRUE(questions.acceptHostKey({host, "ssh-ed25519", "SHA256:a"}));
    EXPECT_EQ(person.keys.size(), 1u);
    questions.acceptHostKey({host, "ssh-ed25519", "SHA256:b"});
    EXPECT_EQ(person.keys.size(), 2u);

    const auto ask = [&](SecretKind kind, const SshAddress& address, unsigned attempt = 1) {
        return std::string(questions.secret({kind, address, "/keys/a", false, attempt})->c_str());
    };
    EXPECT_EQ(ask(SecretKind::Passphrase, host), "one");
    EXPECT_EQ(ask(SecretKind::Passphrase, other), "one") << "the key is the same";
    EXPECT_EQ(ask(SecretKind::Passphrase, other, 2), "two") << "it was wrong";
    EXPECT_EQ(ask(SecretKind::Passphrase, host), "two");
    EXPECT_EQ(ask(SecretKind::Password, host), "three");
    EXPECT_EQ(ask(SecretKind::Password, host), "three");
    EXPECT_EQ(ask(SecretKind::Challenge, host), "code");
    EXPECT_EQ(ask(SecretKind::Challenge, host), "code2");
    EXPECT_FALSE(questions.secret({SecretKind::Password, other, "", false, 1}).has_value())
        << "a password is for one machine";
}

const CheckResult* find(const std::vector<CheckResult>& results, std::string_view check) {
    for (const CheckResult& result : results) {
        if (result.check == check) {
            return &result;
        }
    }
    return nullptr;
}

TEST(Preflight, JudgesWhatANodeSays) {
    const std::string good =
        "kernel=Linux\nmachine=x86_64\nhome=/"
        "h\nwritable=yes\nexecutable=yes\nfree_kib=9000000\nmemory_kib=9000000\n"
        "open_files=1024\nlinger=no\nkill_user_processes=b false\n";
    const auto judge = [&](const std::string& more, double offset = 0) {
        return judgeFacts(NodeId("n1"), parseFacts(good + more), "x86_64", offset);
    };
    for (const CheckResult& result : judge("")) {
        EXPECT_TRUE(result.ok) << result.check << ": " << result.detail;
        EXPECT_TRUE(result.remedy.empty());
    }
    const std::pair<const char*, const char*> cases[] = {
        {"machine=aarch64\n", "machine"}, {"writable=no\n", "home"},
        {"executable=no\n", "home"},      {"free_kib=1000\n", "disk"},
        {"memory_kib=1000\n", "memory"},  {"open_files=64\n", "limits"},
        {"missing_tool=tar\n", "tools"},  {"kill_user_processes=b true\n", "stays"}};
    for (const auto& [facts, check] : cases) {
        for (const CheckResult& result : judge(facts)) {
            EXPECT_EQ(result.ok, result.check != check) << facts << result.check;
            EXPECT_EQ(result.remedy.empty(), result.ok) << facts << result.check;
        }
    }
    EXPECT_TRUE(find(judge("kill_user_processes=b true\nlinger=yes\n"), "stays")->ok);
    EXPECT_TRUE(find(judge("open_files=unlimited\n"), "limits")->ok);
    EXPECT_FALSE(find(judge("", 3600), "clock")->ok);
    EXPECT_FALSE(find(judge("", -3600), "clock")->ok);
    EXPECT_NE(find(judge("", 3600), "clock")->detail.find("3600 s ahead"), std::string::npos);
}

TEST(Preflight, TellsAllProblemsOfAllMachinesAndPairs) {
    if (const std::string why = whyNoSshd(); !why.empty()) {
        GTEST_SKIP() << why;
    }
    const TempFolder folder;
    const SshSettings settings = settingsIn(folder.path());
    ScriptedQuestions questions;
    const TestSshd a;
    const TestSshd b;
    TestSshd dead;
    dead.kill();
    SshHop stranger = b.hop();
    makeKey(folder.path() / "stranger");
    stranger.identities = {folder.path() / "stranger"};
    SshHop nameless = a.hop();
    nameless.address.host = "no-such-host.invalid";
    const std::vector<SshNode> nodes{{NodeId("a"), {{a.hop()}}},
                                     {NodeId("b"), {{b.hop()}}},
                                     {NodeId("dead"), {{dead.hop()}}},
                                     {NodeId("locked"), {{stranger}}},
                                     {NodeId("nameless"), {{nameless}}}};
    RememberingQuestions once(questions);
    std::vector<CheckResult> results;
    const std::string machine = runProgram({"uname", "-m"});
    checkNodes(nodes, {{NodeId("b"), "tcp://127.0.0.1:1", ""}}, machine.substr(0, machine.size() - 1),
               {settings, once}, {}, [&](const CheckResult& result) { results.push_back(result); });
    const auto of = [&](const std::string& node, const std::string& check,
                        const std::string& peer = {}) -> const CheckResult* {
        for (const CheckResult& result : results) {
            if (result.node.value == node && result.check == check &&
                (result.peer ? result.peer->value : std::string()) == peer) {
                return &result;
            }
        }
        return nullptr;
    };
    for (const char* check : {"resolve", "connect", "host-key", "login", "shell", "machine", "home"}) {
        ASSERT_NE(of("a", check), nullptr) << check;
        EXPECT_TRUE(of("a", check)->ok) << check << ": " << of("a", check)->detail;
    }
    EXPECT_FALSE(of("dead", "connect")->ok);
    EXPECT_TRUE(of("dead", "resolve")->ok);
    EXPECT_EQ(of("dead", "login"), nullptr);
    EXPECT_FALSE(of("locked", "login")->ok);
    EXPECT_TRUE(of("locked", "host-key")->ok);
    EXPECT_FALSE(of("nameless", "resolve")->ok);
    EXPECT_EQ(of("nameless", "connect"), nullptr);
    EXPECT_TRUE(of("b", "reach", "a")->ok) << of("b", "reach", "a")->detail;
    EXPECT_FALSE(of("a", "reach", "b")->ok) << "nothing listens where b's agent is said to";
    EXPECT_EQ(of("a", "reach", "dead"), nullptr);
    for (const CheckResult& result : results) {
        EXPECT_EQ(result.remedy.empty(), result.ok) << result.check;
        EXPECT_FALSE(result.detail.empty()) << result.check;
    }
}

}  // namespace
}  // namespace longship::test
