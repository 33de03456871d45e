#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/base/files.h"
#include "core/deploy/ssh/known_hosts.h"
#include "core/deploy/ssh/session.h"
#include "tests/core/deploy/ssh/test_sshd.h"

namespace longship::test {
namespace {

class HostKeyTest : public ::testing::Test {
protected:
    void SetUp() override {
        if (const std::string why = whyNoSshd(); !why.empty()) {
            GTEST_SKIP() << why;
        }
    }

    std::string known(const TestSshd& server, const std::filesystem::path& publicKey) const {
        return fmt::format("[127.0.0.1]:{} {}", server.port(), readFile(publicKey).value_or(""));
    }
    Result<SshSession> open(const TestSshd& server) {
        return SshSession::open({{server.hop()}}, settings, questions);
    }
    void expectRefusedBeforeLogin(const Result<SshSession>& session, const TestSshd& server) {
        ASSERT_FALSE(session.has_value());
        EXPECT_EQ(session.error().kind, ErrorKind::Refused) << session.error().text;
        // "Connection from" is all that the server may have heard of us.
        EXPECT_EQ(server.log().find("Accepted"), std::string::npos) << server.log();
        EXPECT_EQ(server.log().find("Failed"), std::string::npos) << server.log();
        EXPECT_EQ(server.log().find("authenticating user"), std::string::npos) << server.log();
    }

    TempFolder folder;
    SshSettings settings = settingsIn(folder.path());
    ScriptedQuestions questions;
    std::filesystem::path users = folder.path() / "known_hosts";
};

TEST_F(HostKeyTest, AnUnknownKeyIsAskedForOnceAndKeptInOurOwnFile) {
    const TestSshd server;
    std::ofstream(users) << "other.example ssh-ed25519 AAAA\n";
    settings.knownHosts = {users};

    ASSERT_TRUE(open(server).has_value());
    ASSERT_EQ(questions.keys.size(), 1u);
    EXPECT_EQ(questions.keys[0].type, "ssh-ed25519");
    EXPECT_EQ(questions.keys[0].fingerprint, server.fingerprint());

    const auto again = open(server);
    EXPECT_TRUE(again.has_value());
    EXPECT_EQ(questions.keys.size(), 1u);
    EXPECT_EQ(readFile(users).value_or(""), "other.example ssh-ed25519 AAAA\n");
    EXPECT_EQ(std::filesystem::status(settings.acceptedKeys).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    // OpenSSH finds the host in our file, too.
    EXPECT_NE(runProgram({"ssh-keygen", "-F", fmt::format("[127.0.0.1]:{}", server.port()), "-f",
                          settings.acceptedKeys.string()})
                  .find("ssh-ed25519"),
              std::string::npos);
}

TEST_F(HostKeyTest, AKeyThatNobodyAcceptsEndsItBeforeAnythingIsSaid) {
    const TestSshd server;
    questions.accepts = false;
    const auto session = open(server);
    expectRefusedBeforeLogin(session, server);
    EXPECT_NE(session.error().text.find(server.fingerprint()), std::string::npos) << session.error().text;
    EXPECT_FALSE(std::filesystem::exists(settings.acceptedKeys));
}

TEST_F(HostKeyTest, AChangedKeyStopsWithBothFingerprintsAndAsksNothing) {
    std::string before;
    std::uint16_t port = 0;
    {
        const TestSshd server;
        ASSERT_TRUE(open(server).has_value());
        before = server.fingerprint();
        port = server.port();
    }
    const TestSshd impostor({"ed25519"}, "", port);
    const auto session = open(impostor);
    expectRefusedBeforeLogin(session, impostor);
    EXPECT_NE(session.error().text.find(before), std::string::npos) << session.error().text;
    EXPECT_NE(session.error().text.find(impostor.fingerprint()), std::string::npos) << session.error().text;
    EXPECT_EQ(questions.keys.size(), 1u) << "asked for the impostor's key";
}

TEST_F(HostKeyTest, ThePersonsWordDoesNotOverruleAChangedKey) {
    const TestSshd server;
    makeKey(folder.path() / "old");
    std::ofstream(users) << known(server, folder.path() / "old.pub");
    settings.knownHosts = {users};
    SshHop hop = server.hop();
    hop.expectedHostKey = server.fingerprint();
    expectRefusedBeforeLogin(SshSession::open({{hop}}, settings, questions), server);
}

TEST_F(HostKeyTest, AKeyOfAnotherTypeThanTheKnownOneStops) {
    const TestSshd server({"ed25519"});
    makeKey(folder.path() / "old", "ecdsa");
    std::ofstream(users) << known(server, folder.path() / "old.pub");
    settings.knownHosts = {users};
    expectRefusedBeforeLogin(open(server), server);
    EXPECT_TRUE(questions.keys.empty());
}

TEST_F(HostKeyTest, AServerWithSeveralKeysIsAskedForTheKnownOne) {
    for (const std::string type : {"ed25519", "ecdsa", "rsa"}) {
        const TestSshd server({"ed25519", "ecdsa", "rsa"});
        std::ofstream(users) << known(server, server.hostKey(type).string() + ".pub");
        settings.knownHosts = {users};
        const auto session = open(server);
        EXPECT_TRUE(session.has_value()) << type << ": " << session.error().text;
        EXPECT_TRUE(questions.keys.empty()) << type;
    }
}

TEST_F(HostKeyTest, HashedNamesOfTheUsersFileAreUnderstoodAndLeftAlone) {
    const TestSshd server;
    std::ofstream(users) << known(server, server.hostKey().string() + ".pub");
    runProgram({"ssh-keygen", "-q", "-H", "-f", users.string()});
    const std::string before = readFile(users).value_or("");
    ASSERT_EQ(before.find("127.0.0.1"), std::string::npos);
    settings.knownHosts = {users};
    EXPECT_TRUE(open(server).has_value());
    EXPECT_TRUE(questions.keys.empty());
    EXPECT_EQ(readFile(users).value_or(""), before);
    EXPECT_FALSE(std::filesystem::exists(settings.acceptedKeys));
}

TEST_F(HostKeyTest, ARevokedKeyStopsEvenWhereItIsKnown) {
    const TestSshd server;
    const std::string line = known(server, server.hostKey().string() + ".pub");
    std::ofstream(users) << line << "@revoked " << line;
    settings.knownHosts = {users};
    expectRefusedBeforeLogin(open(server), server);
}

TEST_F(HostKeyTest, AFingerprintThatWasGivenStandsForTheAnswer) {
    const TestSshd server;
    NoQuestions nobody;
    SshHop hop = server.hop();
    hop.expectedHostKey = fingerprintOf(server.userKey().string() + ".pub");
    expectRefusedBeforeLogin(SshSession::open({{hop}}, settings, nobody), server);
    EXPECT_FALSE(std::filesystem::exists(settings.acceptedKeys));
    hop.expectedHostKey = server.fingerprint();
    const auto session = SshSession::open({{hop}}, settings, nobody);
    ASSERT_TRUE(session.has_value()) << session.error().text;
    EXPECT_TRUE(std::filesystem::exists(settings.acceptedKeys));
}

TEST_F(HostKeyTest, KnownHostsThatCannotBeReadTrustNobody) {
    const TestSshd server;
    settings.knownHosts = {folder.path()};  // a folder is no file
    const auto session = open(server);
    ASSERT_FALSE(session.has_value());
    EXPECT_TRUE(questions.keys.empty());
}

TEST_F(HostKeyTest, EachHopIsCheckedAndASwappedOneStopsWhereverItIs) {
    const TestSshd outer;
    const TestSshd middle;
    const TestSshd inner;
    const SshRoute route{{outer.hop(), middle.hop(), inner.hop()}};
    {
        auto session = SshSession::open(route, settings, questions);
        ASSERT_TRUE(session.has_value()) << session.error().text;
        EXPECT_EQ(questions.keys.size(), 3u);
        EXPECT_EQ(session->run("echo $HOME")->output, inner.home().string() + "\n");
    }
    const std::string accepted = readFile(settings.acceptedKeys).value_or("");
    makeKey(folder.path() / "other");
    for (const TestSshd* swapped : {&outer, &middle, &inner}) {
        std::string lines = accepted;
        const auto begin = lines.find(fmt::format("[127.0.0.1]:{} ", swapped->port()));
        lines.replace(begin, lines.find('\n', begin) + 1 - begin,
                      known(*swapped, folder.path() / "other.pub"));
        std::ofstream(settings.acceptedKeys, std::ios::trunc) << lines;
        const auto session = SshSession::open(route, settings, questions);
        ASSERT_FALSE(session.has_value());
        EXPECT_EQ(session.error().kind, ErrorKind::Refused);
        EXPECT_NE(session.error().text.find(std::to_string(swapped->port())), std::string::npos)
            << session.error().text;
    }
    EXPECT_EQ(questions.keys.size(), 3u);
}

}  // namespace
}  // namespace longship::test
