#include "core/deploy/ssh/session.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "tests/core/deploy/ssh/test_sshd.h"

namespace longship::test {
namespace {

using std::chrono::seconds;

class SessionTest : public ::testing::Test {
protected:
    void SetUp() override {
        if (const std::string why = whyNoSshd(); !why.empty()) {
            GTEST_SKIP() << why;
        }
    }
    SshSession connect(const TestSshd& server) {
        auto session = SshSession::open({{server.hop()}}, settings, questions);
        EXPECT_TRUE(session.has_value()) << session.error().text;
        return std::move(*session);
    }

    TempFolder folder;
    SshSettings settings = settingsIn(folder.path());
    ScriptedQuestions questions;
};

/// A reader of `count` bytes that can be told again from any place.
std::function<Result<std::size_t>(std::span<std::byte>)> pattern(std::size_t count) {
    return [count, at = std::size_t{0}](std::span<std::byte> bytes) mutable -> Result<std::size_t> {
        const std::size_t some = std::min(bytes.size(), count - at);
        for (std::size_t index = 0; index < some; ++index) {
            bytes[index] = static_cast<std::byte>((at + index) * 2654435761U >> 11);
        }
        at += some;
        return some;
    };
}

std::string digestOf(std::size_t count) {
    const auto read = pattern(count);
    std::vector<std::byte> bytes(count);
    EXPECT_EQ(read(bytes).value_or(0), count);
    return sha256Hex(bytes);
}

std::size_t openDescriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        ++count;
    }
    return count;
}

TEST_F(SessionTest, ACommandHasInputOutputErrorsAndStatus) {
    const TestSshd server;
    SshSession session = connect(server);
    const auto answer = session.run("read word; echo out:$word; echo err >&2; exit 7", "hello\n");
    ASSERT_TRUE(answer.has_value()) << answer.error().text;
    EXPECT_EQ(answer->output, "out:hello\n");
    EXPECT_EQ(answer->errors, "err\n");
    EXPECT_EQ(answer->exit.status, 7);
    EXPECT_EQ(session.run("true")->exit.status, 0);
    EXPECT_EQ(session.remoteAddress(), "127.0.0.1");
    EXPECT_EQ(session.serverVersion().rfind("SSH-2.0-OpenSSH", 0), 0u);
}

TEST_F(SessionTest, ASignalIsNamed) {
    const TestSshd server;
    SshSession session = connect(server);
    const auto answer = session.run("kill -KILL $$");
    ASSERT_TRUE(answer.has_value()) << answer.error().text;
    EXPECT_EQ(answer->exit.status, -1);
    EXPECT_EQ(answer->exit.signal, "KILL");
}

TEST_F(SessionTest, ManyBytesGoInAndTheNodeTakesTheirHash) {
    const TestSshd server;
    SshSession session = connect(server);
    constexpr std::size_t kBytes = 24 << 20;
    std::string output;
    SshExec exec;
    exec.command = "sha256sum";
    exec.input = pattern(kBytes);
    exec.output = [&](std::span<const std::byte> bytes) -> Result<void> {
        output.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return {};
    };
    const TimePoint begin = BootClock::now();
    const auto exit = session.exec(exec);
    ASSERT_TRUE(exit.has_value()) << exit.error().text;
    RecordProperty("mib_per_second", std::to_string(24 / toSeconds(BootClock::now() - begin)));
    EXPECT_EQ(output.substr(0, 64), digestOf(kBytes));
}

TEST_F(SessionTest, ManyBytesComeOutWhileManyGoIn) {
    const TestSshd server;
    SshSession session = connect(server);
    constexpr std::size_t kBytes = 16 << 20;
    Sha256 digest;
    SshExec exec;
    exec.command = "cat";
    exec.input = pattern(kBytes);
    exec.output = [&](std::span<const std::byte> bytes) -> Result<void> {
        digest.update(bytes);
        return {};
    };
    const auto exit = session.exec(exec);
    ASSERT_TRUE(exit.has_value()) << exit.error().text;
    EXPECT_EQ(exit->status, 0);
    EXPECT_EQ(digest.hex(), digestOf(kBytes));
}

TEST_F(SessionTest, ThroughThreeHopsTheBytesAreTheSame) {
    const TestSshd outer;
    const TestSshd middle;
    const TestSshd inner;
    auto session = SshSession::open({{outer.hop(), middle.hop(), inner.hop()}}, settings, questions);
    ASSERT_TRUE(session.has_value()) << session.error().text;
    constexpr std::size_t kBytes = 4 << 20;
    Sha256 digest;
    SshExec exec;
    exec.command = "cat";
    exec.input = pattern(kBytes);
    exec.output = [&](std::span<const std::byte> bytes) -> Result<void> {
        digest.update(bytes);
        return {};
    };
    const auto exit = session->exec(exec);
    ASSERT_TRUE(exit.has_value()) << exit.error().text;
    EXPECT_EQ(digest.hex(), digestOf(kBytes));
}

TEST_F(SessionTest, ACommandThatDoesNotReadEndsAllTheSame) {
    const TestSshd server;
    SshSession session = connect(server);
    SshExec exec;
    exec.command = "exit 3";
    exec.input = pattern(64 << 20);
    const auto exit = session.exec(exec);
    ASSERT_TRUE(exit.has_value()) << exit.error().text;
    EXPECT_EQ(exit->status, 3);
    EXPECT_EQ(session.run("echo on")->output, "on\n");
}

TEST_F(SessionTest, AnErrorOfOurOwnEndsTheCommand) {
    const TestSshd server;
    SshSession session = connect(server);
    SshExec exec;
    exec.command = "cat";
    exec.input = [](std::span<std::byte>) -> Result<std::size_t> {
        return failure(ErrorKind::Io, "the disk broke");
    };
    const auto exit = session.exec(exec);
    ASSERT_FALSE(exit.has_value());
    EXPECT_EQ(exit.error().text, "the disk broke");
    EXPECT_EQ(session.run("echo on")->output, "on\n");
}

TEST_F(SessionTest, SilenceAndCancelEndACommand) {
    const TestSshd server;
    SshSession session = connect(server);
    const auto silent = session.run("exec sleep 60", {}, {}, seconds(1));
    ASSERT_FALSE(silent.has_value());
    EXPECT_EQ(silent.error().kind, ErrorKind::Unavailable);

    std::stop_source stop;
    SshExec exec;
    exec.command = "echo started; exec sleep 60";
    exec.output = [&](std::span<const std::byte>) -> Result<void> {
        stop.request_stop();
        return {};
    };
    const TimePoint begin = BootClock::now();
    const auto cancelled = session.exec(exec, stop.get_token());
    ASSERT_FALSE(cancelled.has_value());
    EXPECT_EQ(cancelled.error().kind, ErrorKind::Interrupted);
    EXPECT_LT(toSeconds(BootClock::now() - begin), 30);
    EXPECT_EQ(session.run("echo on")->output, "on\n");
}

TEST_F(SessionTest, AServerThatDiesIsNoticed) {
    TestSshd server;
    SshSession session = connect(server);
    SshExec exec;
    exec.command = "echo started; exec sleep 60";
    exec.output = [&](std::span<const std::byte>) -> Result<void> {
        server.kill();
        return {};
    };
    const auto exit = session.exec(exec);
    ASSERT_FALSE(exit.has_value());
    EXPECT_EQ(exit.error().kind, ErrorKind::Unavailable);
    EXPECT_EQ(session.run("true").error().kind, ErrorKind::Unavailable);
}

TEST_F(SessionTest, WhereNobodyListensItSaysSo) {
    SshHop hop;
    hop.address = {localUserName(), "127.0.0.1", freePort()};
    const auto session = SshSession::open({{hop}}, settings, questions);
    ASSERT_FALSE(session.has_value());
    EXPECT_EQ(session.error().kind, ErrorKind::Unavailable);
    EXPECT_NE(session.error().text.find("nothing listens"), std::string::npos) << session.error().text;
}

TEST_F(SessionTest, ANameThatIsNoneIsSaidSo) {
    SshHop hop;
    hop.address = {localUserName(), "no-such-host.invalid", 22};
    const auto session = SshSession::open({{hop}}, settings, questions);
    ASSERT_FALSE(session.has_value());
    EXPECT_EQ(session.error().kind, ErrorKind::Unavailable);
    EXPECT_NE(session.error().text.find("cannot be resolved"), std::string::npos) << session.error().text;
}

/// Listens and says nothing, like a firewall that swallows or a service that is no SSH server.
class MuteListener {
public:
    MuteListener() : m_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(m_socket, reinterpret_cast<sockaddr*>(&address), sizeof address);
        ::listen(m_socket, 8);
        socklen_t length = sizeof address;
        ::getsockname(m_socket, reinterpret_cast<sockaddr*>(&address), &length);
        port = ntohs(address.sin_port);
    }
    ~MuteListener() { ::close(m_socket); }
    MuteListener(const MuteListener&) = delete;
    std::uint16_t port = 0;

private:
    int m_socket;
};

TEST_F(SessionTest, AServerThatSaysNothingIsGivenUp) {
    const MuteListener mute;
    settings.handshakePatience = seconds(1);
    SshHop hop;
    hop.address = {localUserName(), "127.0.0.1", mute.port};
    const auto session = SshSession::open({{hop}}, settings, questions);
    ASSERT_FALSE(session.has_value());
    EXPECT_EQ(session.error().kind, ErrorKind::Unavailable);
    EXPECT_NE(session.error().text.find("in time"), std::string::npos) << session.error().text;
}

TEST_F(SessionTest, OpeningCanBeCancelled) {
    const MuteListener mute;
    SshHop hop;
    hop.address = {localUserName(), "127.0.0.1", mute.port};
    std::stop_source stop;
    SshObserver observer;
    observer.stage = [&](const SshHop&, SshStage stage) {
        if (stage == SshStage::Handshake) {
            stop.request_stop();
        }
    };
    const auto session = SshSession::open({{hop}}, settings, questions, stop.get_token(), observer);
    ASSERT_FALSE(session.has_value());
    EXPECT_EQ(session.error().kind, ErrorKind::Interrupted);
}

TEST_F(SessionTest, AJumpToNowhereNamesBoth) {
    const TestSshd outer;
    SshHop nowhere;
    nowhere.address = {localUserName(), "127.0.0.1", freePort()};
    const auto session = SshSession::open({{outer.hop(), nowhere}}, settings, questions);
    ASSERT_FALSE(session.has_value());
    EXPECT_EQ(session.error().kind, ErrorKind::Unavailable);
    EXPECT_NE(session.error().text.find(std::to_string(outer.port())), std::string::npos)
        << session.error().text;
    EXPECT_NE(session.error().text.find(std::to_string(nowhere.address.port)), std::string::npos)
        << session.error().text;
}

TEST_F(SessionTest, AJumpHostThatForbidsForwardingSaysSo) {
    const TestSshd outer({"ed25519"}, "AllowTcpForwarding no\n");
    const TestSshd inner;
    const auto session = SshSession::open({{outer.hop(), inner.hop()}}, settings, questions);
    ASSERT_FALSE(session.has_value());
    EXPECT_NE(session.error().text.find("AllowTcpForwarding"), std::string::npos) << session.error().text;
}

TEST_F(SessionTest, NothingStaysOpen) {
    const TestSshd outer;
    const TestSshd inner;
    const MuteListener mute;
    settings.handshakePatience = seconds(5);
    const auto round = [&] {
        EXPECT_EQ(
            SshSession::open({{outer.hop(), inner.hop()}}, settings, questions)->run("true")->exit.status, 0);
        SshHop stranger = outer.hop();
        stranger.expectedHostKey = "SHA256:other";
        EXPECT_FALSE(SshSession::open({{stranger}}, settings, questions).has_value());
        SshHop silent;
        silent.address = {localUserName(), "127.0.0.1", mute.port};
        std::stop_source stop;
        stop.request_stop();
        EXPECT_FALSE(SshSession::open({{silent}}, settings, questions, stop.get_token()).has_value());
    };
    round();  // what the libraries keep open for good
    const std::size_t before = openDescriptors();
    round();
    round();
    EXPECT_EQ(openDescriptors(), before);
}

TEST_F(SessionTest, SeveralThreadsHaveSeveralSessions) {
    const TestSshd server;
    connect(server);  // accepts the key
    std::vector<std::string> outputs(4);
    {
        std::vector<std::jthread> threads;
        for (std::string& output : outputs) {
            threads.emplace_back([&] {
                ScriptedQuestions none;
                auto session = SshSession::open({{server.hop()}}, settings, none);
                output = session ? session->run("echo me")->output : session.error().text;
            });
        }
    }
    EXPECT_EQ(outputs, std::vector<std::string>(4, "me\n"));
}

TEST(Printable, WhatAnotherMachineSaysCannotSteerATerminal) {
    EXPECT_EQ(printable("plain\ntext\n"), "plain\ntext");
    EXPECT_EQ(printable("\x1b[31mred\x07"), "?[31mred?");
    EXPECT_EQ(printable("Grüße 机器"), "Grüße 机器");
    EXPECT_EQ(printable("a\xffz\xc0\x80"), "a?z??");
    EXPECT_EQ(printable("a\u202eb"), "a?b");
    EXPECT_EQ(printable("a\u009bb"), "a?b");
    EXPECT_EQ(printable("12345", 3), "123");
    EXPECT_EQ(printable("\xe4"), "?");
}

}  // namespace
}  // namespace longship::test
