#include <gtest/gtest.h>

#include "core/deploy/ssh/session.h"
#include "tests/core/deploy/ssh/scripted_server.h"
#include "tests/core/deploy/ssh/test_sshd.h"

namespace longship::test {
namespace {

class LoginTest : public ::testing::Test {
protected:
    void SetUp() override {
        if (const std::string why = whyNoSshd(); !why.empty()) {
            GTEST_SKIP() << why;
        }
        observer.loggedIn = [this](const SshHop&, std::string_view method) { methods.emplace_back(method); };
    }
    Result<SshSession> open(const SshHop& hop) {
        return SshSession::open({{hop}}, settings, questions, {}, observer);
    }
    SshHop hopTo(const SshAddress& address) const {
        SshHop hop;
        hop.address = address;
        return hop;
    }
    /// A key with a passphrase that the server lets in; OpenSSH's and the older PEM form.
    std::filesystem::path lockedKey(const TestSshd& server, bool pem = false) const {
        const auto file = folder.path() / "locked";
        makeKey(file, "rsa", "open sesame");
        if (pem) {
            runProgram({"ssh-keygen", "-q", "-p", "-m", "PEM", "-P", "open sesame", "-N", "open sesame", "-f",
                        file.string()});
        }
        server.authorize(file.string() + ".pub");
        return file;
    }

    TempFolder folder;
    SshSettings settings = settingsIn(folder.path());
    ScriptedQuestions questions;
    SshObserver observer;
    std::vector<std::string> methods;
};

TEST_F(LoginTest, AKeyFileWithoutPassphraseAsksNothing) {
    const TestSshd server;
    const auto session = open(server.hop());
    ASSERT_TRUE(session.has_value()) << session.error().text;
    EXPECT_EQ(methods, std::vector<std::string>{"key"});
    EXPECT_TRUE(questions.secrets.empty());
}

TEST_F(LoginTest, APassphraseIsAskedForAgainWhenItWasWrong) {
    for (const bool pem : {false, true}) {
        const TestSshd server;
        SshHop hop = hopTo(server.address());
        std::filesystem::remove(folder.path() / "locked");
        hop.identities = {lockedKey(server, pem)};
        questions.secrets.clear();
        questions.answers = {"open barley", "open sesame"};
        const auto session = open(hop);
        ASSERT_TRUE(session.has_value()) << session.error().text;
        ASSERT_EQ(questions.secrets.size(), 2u);
        EXPECT_EQ(questions.secrets[0].kind, SecretKind::Passphrase);
        EXPECT_EQ(questions.secrets[0].prompt, hop.identities[0].string());
        EXPECT_EQ(questions.secrets[1].attempt, 2u);
    }
}

TEST_F(LoginTest, AWrongPassphraseIsSaidSo) {
    const TestSshd server;
    SshHop hop = hopTo(server.address());
    hop.identities = {lockedKey(server)};
    questions.answers = {"a", "b", "c", "d"};
    const auto session = open(hop);
    ASSERT_FALSE(session.has_value());
    EXPECT_EQ(session.error().kind, ErrorKind::Refused);
    EXPECT_NE(session.error().text.find("wrong passphrase"), std::string::npos) << session.error().text;
    EXPECT_EQ(questions.secrets.size(), 3u);
}

TEST_F(LoginTest, NoPassphraseIsAskedForAKeyThatTheServerDoesNotTake) {
    const TestSshd server;
    SshHop hop = hopTo(server.address());
    makeKey(folder.path() / "stranger", "ed25519", "secret");
    hop.identities = {folder.path() / "stranger"};
    const auto session = open(hop);
    ASSERT_FALSE(session.has_value());
    EXPECT_TRUE(questions.secrets.empty());
    EXPECT_NE(session.error().text.find("stranger (not accepted)"), std::string::npos)
        << session.error().text;
    EXPECT_NE(session.error().text.find("ssh-copy-id"), std::string::npos) << session.error().text;
}

TEST_F(LoginTest, TheAgentIsAskedUnlessOnlyGivenKeysCount) {
    const TestSshd server;
    const TestAgent agent;
    agent.add(server.userKey());
    settings.agentSocket = agent.socket();
    SshHop hop = hopTo(server.address());
    ASSERT_TRUE(open(hop).has_value());
    EXPECT_EQ(methods, std::vector<std::string>{"agent"});
    hop.identitiesOnly = true;
    EXPECT_FALSE(open(hop).has_value());
}

TEST_F(LoginTest, ADeadAgentIsNoReasonToGiveUp) {
    const TestSshd server;
    settings.agentSocket = folder.path() / "nobody";
    settings.usualKeys = {folder.path() / "absent", server.userKey()};
    const auto session = open(hopTo(server.address()));
    ASSERT_TRUE(session.has_value()) << session.error().text;
    EXPECT_EQ(methods, std::vector<std::string>{"key"});
}

TEST_F(LoginTest, AKeyFileThatWasGivenMustBeThere) {
    const TestSshd server;
    SshHop hop = hopTo(server.address());
    hop.identities = {folder.path() / "absent"};
    const auto session = open(hop);
    ASSERT_FALSE(session.has_value());
    EXPECT_EQ(session.error().kind, ErrorKind::BadInput);
}

TEST_F(LoginTest, APasswordIsAskedForUpToThreeTimes) {
    ScriptedServer server({.password = "swordfish"});
    questions.answers = {"herring", "swordfish"};
    auto session = open(hopTo(server.address()));
    ASSERT_TRUE(session.has_value()) << session.error().text;
    EXPECT_EQ(methods, std::vector<std::string>{"password"});
    EXPECT_EQ(session->run("anything")->output, "ran: anything\n");
    ASSERT_EQ(questions.secrets.size(), 2u);
    EXPECT_EQ(questions.secrets[1].kind, SecretKind::Password);
    EXPECT_EQ(questions.secrets[1].attempt, 2u);
}

TEST_F(LoginTest, AWrongPasswordIsSaidSo) {
    ScriptedServer server({.password = "swordfish"});
    questions.answers = {"a", "b", "c", "d"};
    const auto session = open(hopTo(server.address()));
    ASSERT_FALSE(session.has_value());
    EXPECT_EQ(session.error().kind, ErrorKind::Refused);
    EXPECT_NE(session.error().text.find("password (wrong)"), std::string::npos) << session.error().text;
    EXPECT_EQ(questions.secrets.size(), 3u);
}

TEST_F(LoginTest, KeyboardInteractivePutsTheServersQuestions) {
    ScriptedServer server({.challenges = {{"Password: ", "swordfish"}, {"Code\x1b[2J: ", "123456"}}});
    questions.answers = {"swordfish", "123456"};
    const auto session = open(hopTo(server.address()));
    ASSERT_TRUE(session.has_value()) << session.error().text;
    EXPECT_EQ(methods, std::vector<std::string>{"keyboard-interactive"});
    ASSERT_EQ(questions.secrets.size(), 2u);
    EXPECT_EQ(questions.secrets[0].kind, SecretKind::Password);
    EXPECT_EQ(questions.secrets[1].kind, SecretKind::Challenge);
    EXPECT_EQ(questions.secrets[1].prompt, "Code?[2J: ");
}

TEST_F(LoginTest, TwoProofsAreGivenOneAfterAnother) {
    ScriptedServer server({.password = "swordfish", .challenges = {{"Code: ", "123456"}}, .wantsBoth = true});
    questions.answers = {"123456", "swordfish"};
    const auto session = open(hopTo(server.address()));
    ASSERT_TRUE(session.has_value()) << session.error().text;
    EXPECT_EQ(methods, std::vector<std::string>{"password"});
}

TEST_F(LoginTest, WithoutAPersonNobodyIsAsked) {
    ScriptedServer server({.password = "swordfish"});
    SshHop hop = hopTo(server.address());
    hop.expectedHostKey = server.fingerprint();
    NoQuestions nobody;
    const auto session = SshSession::open({{hop}}, settings, nobody);
    ASSERT_FALSE(session.has_value());
    EXPECT_NE(session.error().text.find("password (none given)"), std::string::npos) << session.error().text;
}

}  // namespace
}  // namespace longship::test
