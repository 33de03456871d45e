#include <gtest/gtest.h>

#include <thread>

#include "core/transport/faults/faulty_control_hub.h"
#include "core/transport/faults/faulty_mesh.h"
#include "tests/support/test_meshes.h"

namespace longship {
namespace {

using namespace std::chrono_literals;

constexpr Duration kShort = 50ms;
constexpr Duration kFault = 300ms;

TimePoint in(Duration time) {
    return BootClock::now() + time;
}

FrameKey keyOf(std::uint64_t operation) {
    return {1, operation, 0, 0, 0};
}

const std::vector<std::byte> kBytes(1000, std::byte{7});

/// Two members; the links of the first can have faults.
struct FaultyPair {
    std::shared_ptr<LinkFaults> faults = std::make_shared<LinkFaults>();
    std::unique_ptr<Mesh> faulty;
    std::unique_ptr<Mesh> other;

    FaultyPair() {
        auto meshes = makeMemoryMeshes(2, 1);
        faulty = std::make_unique<FaultyMesh>(std::move(meshes[0]), faults,
                                              std::vector<std::string>{"node-a", "node-b"});
        other = std::move(meshes[1]);
    }
};

TEST(FaultyMesh, PassesEverythingOnWithoutFaults) {
    FaultyPair pair;
    ASSERT_TRUE(pair.faulty->send(1, keyOf(1), kBytes));
    EXPECT_EQ(pair.faulty->sendsDone(), 1u);
    EXPECT_TRUE(pair.other->receive(in(1s)));
    ASSERT_TRUE(pair.other->send(0, keyOf(2), kBytes));
    EXPECT_TRUE(pair.faulty->receive(in(1s)));
}

TEST(FaultyMesh, ACutHoldsBothDirectionsInOrderUntilItHeals) {
    FaultyPair pair;
    const TimePoint heals = in(kFault);
    pair.faults->cut({"node-b"}, heals);
    for (std::uint64_t i = 0; i < 3; ++i) {
        ASSERT_TRUE(pair.faulty->send(1, keyOf(i), kBytes));
        ASSERT_TRUE(pair.other->send(0, keyOf(i), kBytes));
    }
    EXPECT_EQ(pair.faulty->sendsDone(), 0u) << "the memory is still in use";
    EXPECT_FALSE(pair.other->receive(in(kShort)));
    const auto early = pair.faulty->receive(in(kShort));
    ASSERT_FALSE(early);
    EXPECT_EQ(early.error().kind, ErrorKind::Unavailable);
    for (std::uint64_t i = 0; i < 3; ++i) {
        const auto frame = pair.faulty->receive(in(5s));
        ASSERT_TRUE(frame) << frame.error().text;
        EXPECT_EQ((*frame)->key(), keyOf(i));
    }
    EXPECT_GE(BootClock::now(), heals);
    ASSERT_TRUE(pair.faulty->flush(in(5s)));
    EXPECT_EQ(pair.faulty->sendsDone(), 3u);
    for (std::uint64_t i = 0; i < 3; ++i) {
        EXPECT_EQ((*pair.other->receive(in(5s)))->key(), keyOf(i));
    }
}

TEST(FaultyMesh, ACutFromOthersLetsThisOneThrough) {
    FaultyPair pair;
    pair.faults->cut({"node-c"}, in(1h));
    ASSERT_TRUE(pair.faulty->send(1, keyOf(1), kBytes));
    EXPECT_TRUE(pair.other->receive(in(5s)));
}

TEST(FaultyMesh, AFaultThatComesWhileItWaitsHoldsWhatComes) {
    FaultyPair pair;
    Result<std::unique_ptr<Frame>> received;
    const TimePoint heals = in(kFault);
    std::thread waiting([&] { received = pair.faulty->receive(in(20s)); });
    pair.faults->cut({}, heals);
    ASSERT_TRUE(pair.other->send(0, keyOf(1), kBytes));
    waiting.join();
    ASSERT_TRUE(received) << received.error().text;
    EXPECT_GE(BootClock::now(), heals);
}

TEST(FaultyMesh, BehindACutNobodyHearsThatThePeerLeft) {
    FaultyPair pair;
    const TimePoint heals = in(kFault);
    pair.faults->cut({}, heals);
    pair.other->abandon();
    const auto received = pair.faulty->receive(in(20s));
    ASSERT_FALSE(received);
    EXPECT_GE(BootClock::now(), heals);
    EXPECT_NE(received.error().text.find("broke"), std::string::npos) << received.error().text;
}

TEST(FaultyMesh, AnInterruptEndsAWaitBehindACut) {
    FaultyPair pair;
    pair.faults->cut({}, in(1h));
    pair.other->abandon();
    Result<std::unique_ptr<Frame>> received;
    std::thread waiting([&] { received = pair.faulty->receive(in(1h)); });
    pair.faulty->interrupt();
    waiting.join();
    ASSERT_FALSE(received);
    EXPECT_EQ(received.error().kind, ErrorKind::Interrupted);
}

TEST(FaultyMesh, ASlowLinkLetsThroughWhatItsRateAllows) {
    FaultyPair pair;
    const TimePoint begin = BootClock::now();
    pair.faults->slow(in(1h));
    const std::vector<std::byte> bytes(4000, std::byte{1});  // A quarter of the least rate.
    ASSERT_TRUE(pair.faulty->send(1, keyOf(1), bytes));
    ASSERT_TRUE(pair.faulty->flush(in(20s)));
    EXPECT_GE(BootClock::now() - begin, 200ms);
    ASSERT_TRUE(pair.other->send(0, keyOf(1), bytes));
    ASSERT_TRUE(pair.faulty->receive(in(20s)));
    EXPECT_GE(BootClock::now() - begin, 400ms);
    pair.faults->heal();
    ASSERT_TRUE(pair.faulty->send(1, keyOf(2), bytes));
    EXPECT_EQ(pair.faulty->sendsDone(), 2u);
}

TEST(FaultyMesh, AnAbandonedOneGivesTheMemoryBack) {
    FaultyPair pair;
    pair.faults->cut({}, in(1h));
    ASSERT_TRUE(pair.faulty->send(1, keyOf(1), kBytes));
    pair.faulty->abandon();
    pair.faults->heal();
    EXPECT_FALSE(pair.faulty->receive(in(1s)));
    EXPECT_FALSE(pair.other->receive(in(1s)));
}

TEST(FaultyDataPort, EntersWhenTheCutHasHealed) {
    test::TestPorts ports(2, true);
    const auto faults = std::make_shared<LinkFaults>();
    ports.ports[0] = std::make_unique<FaultyDataPort>(std::move(ports.ports[0]), faults);
    const TimePoint heals = in(kFault);
    faults->cut({}, heals);
    for (const auto& mesh : ports.enterAll()) {
        EXPECT_TRUE(mesh) << mesh.error().text;
    }
    EXPECT_GE(BootClock::now(), heals);
}

TEST(FaultyDataPort, GivesUpOrIsInterruptedBehindACut) {
    test::TestPorts ports(2, true);
    const auto faults = std::make_shared<LinkFaults>();
    FaultyDataPort port(std::move(ports.ports[0]), faults);
    faults->cut({}, in(1h));
    DataPlan plan = ports.plans[0];
    plan.connectTimeout = 50ms;
    EXPECT_EQ(port.enter(plan).error().kind, ErrorKind::Unavailable);
    plan.connectTimeout = 1h;
    std::thread interrupting([&] { port.interrupt(plan.membership); });
    EXPECT_EQ(port.enter(plan).error().kind, ErrorKind::Interrupted);
    interrupting.join();
}

/// Two agents and a client of the first; the first agent's links have the faults.
class FaultyHub : public testing::Test {
protected:
    struct Party {
        KeyPair keys = KeyPair::generate();
        std::unique_ptr<ControlHub> hub = ControlHub::create({keys, 1 << 20}).value();
        std::vector<std::string> heard;
        std::vector<ConnectionId> visitors;
        int connected = 0;
        int disconnected = 0;

        void wait(Duration patience) {
            ControlHub::Events events;
            events.onServerMessage = [this](const ControlMessage& message) {
                heard.push_back(message.bytes);
                visitors.push_back(message.from);
            };
            events.onMessage = [this](int, const ControlMessage& message) { heard.push_back(message.bytes); };
            events.onConnected = [this](int) { ++connected; };
            events.onDisconnected = [this](int) { ++disconnected; };
            hub->wait(in(patience), events);
        }
    };

    FaultyHub() {
        m_one.hub = std::make_unique<FaultyControlHub>(
            std::move(m_one.hub), m_faults,
            [this](const std::string& key) { return key == m_two.keys.publicKey ? "two" : ""; });
        const std::set<std::string> all{m_one.keys.publicKey, m_two.keys.publicKey, m_client.keys.publicKey};
        m_one.hub->authorize(all);
        m_two.hub->authorize(all);
        const std::string one = m_one.hub->listen("tcp://127.0.0.1:*").value();
        const std::string two = m_two.hub->listen("tcp://127.0.0.1:*").value();
        m_toTwo = m_one.hub->connect(two, m_two.keys.publicKey).value();
        m_toOne = m_two.hub->connect(one, m_one.keys.publicKey).value();
        m_clientToOne = m_client.hub->connect(one, m_one.keys.publicKey).value();
        EXPECT_TRUE(runUntil([&] { return m_one.connected + m_two.connected + m_client.connected == 3; }));
    }

    template <typename Condition>
    bool runUntil(Condition condition, Duration patience = 10s) {
        const TimePoint deadline = in(patience);
        while (!condition()) {
            if (BootClock::now() > deadline) {
                return false;
            }
            for (Party* party : {&m_one, &m_two, &m_client}) {
                party->wait(2ms);
            }
        }
        return true;
    }

    LinkFaults m_faults;
    Party m_one;
    Party m_two;
    Party m_client;
    int m_toTwo = 0;
    int m_toOne = 0;
    int m_clientToOne = 0;
};

TEST_F(FaultyHub, ACutHoldsWhatAgentsSayInOrderAndNotWhatClientsSay) {
    m_faults.cut({}, in(kFault));
    for (const char* word : {"a", "b", "c"}) {
        ASSERT_TRUE(m_one.hub->send(m_toTwo, word));
        ASSERT_TRUE(m_two.hub->send(m_toOne, word));
    }
    ASSERT_TRUE(m_client.hub->send(m_clientToOne, "client"));
    ASSERT_TRUE(runUntil([&] { return !m_one.heard.empty(); }));
    EXPECT_EQ(m_one.heard, std::vector<std::string>{"client"});
    EXPECT_FALSE(runUntil([&] { return !m_two.heard.empty(); }, kShort));
    ASSERT_TRUE(runUntil([&] { return m_one.heard.size() == 4 && m_two.heard.size() == 3; }));
    EXPECT_EQ(m_one.heard, (std::vector<std::string>{"client", "a", "b", "c"}));
    EXPECT_EQ(m_two.heard, (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(FaultyHub, AnswersToAnAgentAreHeldToo) {
    ASSERT_TRUE(m_two.hub->send(m_toOne, "question"));
    m_faults.slow(in(1h));
    ASSERT_TRUE(runUntil([&] { return !m_one.visitors.empty(); }));
    m_faults.cut({}, in(kFault));
    ASSERT_TRUE(m_one.hub->reply(m_one.visitors.at(0), "answer"));
    EXPECT_FALSE(runUntil([&] { return !m_two.heard.empty(); }, kShort));
    EXPECT_TRUE(runUntil([&] { return !m_two.heard.empty(); }));
}

TEST_F(FaultyHub, BehindACutNobodyHearsThatAConnectionBrokeAndWhatWasSaidIsLost) {
    const TimePoint heals = in(kFault);
    m_faults.cut({}, heals);
    ASSERT_TRUE(m_one.hub->send(m_toTwo, "lost"));
    const std::string endpoint = "tcp://127.0.0.1:*";
    m_two.hub = ControlHub::create({m_two.keys, 1 << 20}).value();
    m_two.disconnected = 0;
    EXPECT_FALSE(runUntil([&] { return m_one.disconnected > 0; }, kShort));
    ASSERT_TRUE(runUntil([&] { return m_one.disconnected > 0; }));
    EXPECT_GE(BootClock::now(), heals);
    EXPECT_TRUE(m_two.heard.empty());
}

TEST_F(FaultyHub, ASlowLinkDelaysAndLosesNothing) {
    const TimePoint begin = BootClock::now();
    m_faults.slow(in(1h));
    ASSERT_TRUE(m_one.hub->send(m_toTwo, std::string(4000, 'x')));
    ASSERT_TRUE(runUntil([&] { return !m_two.heard.empty(); }));
    EXPECT_GE(BootClock::now() - begin, 200ms);
}

TEST(LinkFaults, HealByThemselves) {
    LinkFaults faults;
    EXPECT_FALSE(faults.any());
    const TimePoint now = BootClock::now();
    faults.cut({"b"}, now + 1s);
    EXPECT_TRUE(faults.any());
    EXPECT_TRUE(faults.isCut("b", now));
    EXPECT_FALSE(faults.isCut("c", now));
    EXPECT_EQ(faults.healsAt(now), now + 1s);
    EXPECT_FALSE(faults.isCut("b", now + 1s));
    EXPECT_FALSE(faults.any());
}

}  // namespace
}  // namespace longship
