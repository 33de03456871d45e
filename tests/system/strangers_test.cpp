#include <gtest/gtest.h>

#include <span>

#include "core/protocol/codec.h"
#include "tests/system/strangers.h"

// Peers that should not be there, on every port of a cluster that trains: nothing hangs, nothing ends.
namespace longship::test {
namespace {

using namespace std::chrono_literals;

class Strangers : public StrangersTest {
protected:
    Strangers() : StrangersTest(SCRIPTED_WORKER) {}
    void SetUp() override { startTraining(scriptedJob("endless", 1'000'000)); }
};

TEST_F(Strangers, RawBytesOnEveryPort) {
    std::vector<std::unique_ptr<RawConnection>> open;  // Left open, as a peer that hangs leaves them.
    for (const int port : m_ports) {
        for (const std::string& bytes : strangeOpenings(static_cast<std::uint64_t>(port))) {
            open.push_back(std::make_unique<RawConnection>(port));
            EXPECT_TRUE(open.back()->connected()) << port;
            static_cast<void>(open.back()->send(bytes));
        }
    }
    expectUndisturbed();
}

TEST_F(Strangers, APeerWithoutAnAcceptedKeyGetsNowhere) {
    const auto hub = hubWith(KeyPair::generate());
    int rejected = 0;
    int connected = 0;
    for (unsigned index = 0; index < 3; ++index) {
        ASSERT_TRUE(hub->connect(m_cluster.entry(index).endpoint, m_cluster.entry(index).publicKey));
    }
    // The right server, but another key than its own is expected.
    ASSERT_TRUE(hub->connect(m_cluster.entry(0).endpoint, KeyPair::generate().publicKey));
    ControlHub::Events events;
    events.onRejected = [&](auto) { ++rejected; };
    events.onConnected = [&](auto) { ++connected; };
    EXPECT_TRUE(waitUntil([&] {
        hub->wait(BootClock::now() + 10ms, events);
        return rejected >= 4;
    }));
    EXPECT_EQ(connected, 0);
    expectUndisturbed();
}

TEST_F(Strangers, GarbageFromTheOwnerIsRefusedInWords) {
    const auto hub = hubWith(m_cluster.ownerKeys());
    const auto leader = hub->connect(m_cluster.entry(0).endpoint, m_cluster.entry(0).publicKey);
    ASSERT_TRUE(leader);
    Hello future{Role::Client, "test", "9.9.9"};
    std::string otherMajor = encode(future);
    otherMajor[4] = 99;
    Heartbeat forged;
    forged.node = NodeId("node-b");
    const std::vector<std::string> messages = {
        randomBytes(100, 1),
        "",
        randomBytes(1'000'000, 2),
        otherMajor,
        encode(PullRequest{}),
        encode(future),
        encode(Hello{Role::Agent, "node-b", ""}),
        encode(forged),
    };
    std::vector<std::string> answers;
    std::size_t welcomes = 0;
    ControlHub::Events events;
    events.onConnected = [&](auto connection) {
        for (const std::string& message : messages) {
            EXPECT_TRUE(hub->send(connection, message));
        }
    };
    events.onMessage = [&](auto, const ControlMessage& received) {
        const auto answer = decode(std::as_bytes(std::span(received.bytes)));
        ASSERT_TRUE(answer);
        if (const auto* refusal = std::get_if<Refusal>(&*answer)) {
            answers.push_back(refusal->text);
        } else if (std::holds_alternative<Welcome>(*answer)) {
            ++welcomes;
        }
    };
    ASSERT_TRUE(waitUntil([&] {
        hub->wait(BootClock::now() + 10ms, events);
        return answers.size() + welcomes == messages.size();
    })) << answers.size()
        << " refusals, " << welcomes << " welcomes";
    EXPECT_EQ(welcomes, 1u);
    EXPECT_NE(answers.at(3).find("99"), std::string::npos) << answers.at(3);
    EXPECT_NE(answers.at(4).find("must be Hello"), std::string::npos) << answers.at(4);
    EXPECT_NE(answers.at(5).find("key says otherwise"), std::string::npos) << answers.at(5);
    EXPECT_NE(answers.at(6).find("may not send Heartbeat"), std::string::npos) << answers.at(6);
    expectUndisturbed();
}

TEST_F(Strangers, AnOversizedMessageEndsOnlyItsConnection) {
    const auto hub = hubWith(m_cluster.ownerKeys());
    const auto leader = hub->connect(m_cluster.entry(0).endpoint, m_cluster.entry(0).publicKey);
    ASSERT_TRUE(leader);
    bool sent = false;
    bool cut = false;
    ControlHub::Events events;
    events.onConnected = [&](auto connection) {
        if (!sent) {
            sent = hub->send(connection, std::string(kControlMessageBytesMax * 2, 'x')).has_value();
        }
    };
    events.onDisconnected = [&](auto) { cut = true; };
    EXPECT_TRUE(waitUntil([&] {
        hub->wait(BootClock::now() + 10ms, events);
        return sent && cut;
    }));
    expectUndisturbed();
}

}  // namespace
}  // namespace longship::test
