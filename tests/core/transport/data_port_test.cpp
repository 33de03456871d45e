#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include <thread>

#include "core/transport/data_mesh.h"
#include "tests/support/test_meshes.h"

namespace longship {
namespace {

using namespace std::chrono_literals;
using test::TestPorts;

class DataPorts : public testing::TestWithParam<bool> {};

TimePoint soon() {
    return BootClock::now() + 20s;
}

/// One message from rank 0 to rank 1 and back.
void expectToWork(Mesh& zero, Mesh& one, MembershipNumber membership) {
    const std::string text = "ahoy";
    const FrameKey key{membership, 1, 0, 0, 0};
    ASSERT_TRUE(zero.send(1, key, std::as_bytes(std::span(text))));
    ASSERT_TRUE(one.send(0, key, std::as_bytes(std::span(text))));
    for (Mesh* mesh : {&zero, &one}) {
        const auto frame = mesh->receive(soon());
        ASSERT_TRUE(frame) << frame.error().text;
        EXPECT_TRUE(std::ranges::equal((*frame)->payload(), std::as_bytes(std::span(text))));
    }
}

TEST_P(DataPorts, EnterOneMembershipAfterAnother) {
    TestPorts ports(3, GetParam());
    for (MembershipNumber membership = 1; membership <= 3; ++membership) {
        for (DataPlan& plan : ports.plans) {
            plan.membership = membership;
        }
        auto results = ports.enterAll();
        for (const auto& result : results) {
            ASSERT_TRUE(result) << result.error().text;
        }
        expectToWork(*results[0].value(), *results[1].value(), membership);
    }
}

TEST_P(DataPorts, WaitForAPeerThatIsStillInAnOlderMembership) {
    TestPorts ports(2, GetParam());
    auto old = ports.enterAll();
    ASSERT_TRUE(old[0] && old[1]);
    for (DataPlan& plan : ports.plans) {
        plan.membership = 2;
    }
    old[0].value().reset();
    Result<std::unique_ptr<Mesh>> first;
    std::thread other([&] { first = ports.ports[0]->enter(ports.plans[0]); });
    // Rank 1 reads its old links until it sees that they broke, and takes its time after that.
    EXPECT_FALSE(old[1].value()->receive(soon()));
    EXPECT_FALSE(old[1].value()->receive(BootClock::now() + 150ms));
    old[1].value().reset();
    auto second = ports.ports[1]->enter(ports.plans[1]);
    other.join();
    ASSERT_TRUE(first) << first.error().text;
    ASSERT_TRUE(second) << second.error().text;
    expectToWork(**first, **second, 2);
}

TEST_P(DataPorts, NameThePeerWhosePortIsGone) {
    TestPorts ports(3, GetParam());
    ports.ports[2].reset();
    const TimePoint start = BootClock::now();
    const auto result = ports.ports[0]->enter(ports.plans[0]);
    ASSERT_FALSE(result);
    EXPECT_LT(BootClock::now() - start, 5s);
    EXPECT_EQ(result.error().kind, ErrorKind::Unavailable);
    EXPECT_NE(result.error().text.find("Rank 2"), std::string::npos) << result.error().text;
}

TEST_P(DataPorts, NameThePeersThatDoNotAnswerInTime) {
    TestPorts ports(3, GetParam());
    // Long enough for the handshake with rank 1 on a machine whose cores are all taken; rank 2 never comes.
    ports.plans[0].connectTimeout = 2s;
    Result<std::unique_ptr<Mesh>> patient;
    std::thread other([&] { patient = ports.ports[1]->enter(ports.plans[1]); });
    const auto result = ports.ports[0]->enter(ports.plans[0]);
    other.join();
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().text.find("Rank 2"), std::string::npos) << result.error().text;
    EXPECT_EQ(result.error().text.find("Rank 1"), std::string::npos) << result.error().text;
    // The other member does not wait on for one that has given up.
    ASSERT_FALSE(patient);
    EXPECT_NE(patient.error().text.find("Rank 0"), std::string::npos) << patient.error().text;
}

TEST_P(DataPorts, AreInterruptedWhileTheyEnter) {
    TestPorts ports(2, GetParam());
    std::thread other([&] { ports.ports[0]->interrupt(1); });
    const auto result = ports.ports[0]->enter(ports.plans[0]);
    other.join();
    EXPECT_EQ(result.error().kind, ErrorKind::Interrupted);
}

TEST_P(DataPorts, EnterTheMembershipAfterAnInterruptedOne) {
    TestPorts ports(3, GetParam());
    auto meshes = ports.enterAll();
    ASSERT_TRUE(meshes[0] && meshes[1] && meshes[2]);
    // One is interrupted in the middle of membership 1, another between it and the next; 2 never begins,
    // because rank 2 does not come; then all enter 3.
    std::thread other([&] { ports.ports[0]->interrupt(1); });
    EXPECT_EQ(meshes[0].value()->receive(soon()).error().kind, ErrorKind::Interrupted);
    other.join();
    ports.ports[1]->interrupt(1);
    meshes.clear();
    for (DataPlan& plan : ports.plans) {
        plan.membership = 2;
    }
    Result<std::unique_ptr<Mesh>> waiting;
    std::thread entering([&] { waiting = ports.ports[0]->enter(ports.plans[0]); });
    ports.ports[0]->interrupt(2);
    entering.join();
    EXPECT_EQ(waiting.error().kind, ErrorKind::Interrupted);
    EXPECT_EQ(ports.ports[0]->enter(ports.plans[0]).error().kind, ErrorKind::Interrupted) << "2 is over";
    for (DataPlan& plan : ports.plans) {
        plan.membership = 3;
    }
    ports.ports[2]->interrupt(1);  // Comes late, and is about the past.
    auto results = ports.enterAll();
    for (const auto& result : results) {
        ASSERT_TRUE(result) << result.error().text;
    }
    expectToWork(*results[0].value(), *results[1].value(), 3);
}

TEST_P(DataPorts, EnterWithFewerAndAgainWithMore) {
    TestPorts ports(3, GetParam());
    const auto enter = [&](MembershipNumber membership, const std::vector<std::size_t>& members) {
        std::vector<Result<std::unique_ptr<Mesh>>> results(members.size());
        std::vector<std::thread> threads;
        for (std::size_t rank = 0; rank < members.size(); ++rank) {
            DataPlan plan = ports.plans[0];
            plan.membership = membership;
            plan.rank = static_cast<Rank>(rank);
            plan.peers.clear();
            for (const std::size_t member : members) {
                plan.peers.push_back(ports.plans[0].peers[member]);
            }
            threads.emplace_back(
                [&, plan, rank] { results[rank] = ports.ports[members[rank]]->enter(plan); });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        for (const auto& result : results) {
            EXPECT_TRUE(result) << result.error().text;
        }
        return results;
    };
    MembershipNumber membership = 0;
    for (const std::vector<std::size_t>& members :
         std::vector<std::vector<std::size_t>>{{0, 1, 2}, {1, 2}, {2}, {2, 0}, {0, 2, 1}}) {
        ++membership;
        auto meshes = enter(membership, members);
        if (members.size() > 1 && meshes[0] && meshes[1]) {
            expectToWork(**meshes[0], **meshes[1], membership);
        }
        // Half of them go without a word.
        meshes[0].value()->abandon();
    }
}

TEST_P(DataPorts, OfASingleMemberNeedNobody) {
    TestPorts ports(1, GetParam());
    const auto mesh = ports.ports[0]->enter(ports.plans[0]);
    ASSERT_TRUE(mesh) << mesh.error().text;
    EXPECT_EQ((*mesh)->size(), 1U);
    EXPECT_TRUE((*mesh)->flush(soon()));
}

TEST_P(DataPorts, SayWhichPortIsInUse) {
    TestPorts ports(1, GetParam());
    const std::string endpoint = ports.ports[0]->endpoint();
    const auto second = DataPort::bind(endpoint, KeyPair::generate(), GetParam());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::Exhausted);
    EXPECT_NE(second.error().text.find("port " + endpoint.substr(endpoint.rfind(':') + 1)),
              std::string::npos);
}

TEST_P(DataPorts, RefuseAPlanThatMakesNoSense) {
    TestPorts ports(2, GetParam());
    DataPlan plan = ports.plans[0];
    plan.rank = 2;
    EXPECT_EQ(ports.ports[0]->enter(plan).error().kind, ErrorKind::BadInput);
    plan = ports.plans[0];
    plan.encrypted = !plan.encrypted;
    EXPECT_EQ(ports.ports[0]->enter(plan).error().kind, ErrorKind::BadInput);
    plan = ports.plans[0];
    plan.token.clear();
    plan.peers[1].publicKey = "none";
    EXPECT_EQ(ports.ports[0]->enter(plan).error().kind, ErrorKind::BadInput);
    plan = ports.plans[0];
    plan.peers[1].endpoint = "nonsense";
    EXPECT_EQ(ports.ports[0]->enter(plan).error().kind, ErrorKind::BadInput);
}

TEST_P(DataPorts, GoOnWhenStrangersSendGarbage) {
    TestPorts ports(2, GetParam());
    auto meshes = ports.enterAll();
    ASSERT_TRUE(meshes[0] && meshes[1]);
    const std::string& endpoint = ports.ports[1]->endpoint();
    const int port = std::stoi(endpoint.substr(endpoint.rfind(':') + 1));
    const int raw = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(raw, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const std::string garbage(10'000, '\xff');
    ASSERT_GT(::send(raw, garbage.data(), garbage.size(), MSG_NOSIGNAL), 0);
    expectToWork(*meshes[0].value(), *meshes[1].value(), 1);
    ::close(raw);
    expectToWork(*meshes[0].value(), *meshes[1].value(), 1);
}

std::string nameOf(const testing::TestParamInfo<bool>& encrypted) {
    return encrypted.param ? "Encrypted" : "Plain";
}

INSTANTIATE_TEST_SUITE_P(All, DataPorts, testing::Bool(), nameOf);

TEST(TrustedNetwork, DropsWhatDoesNotCarryTheToken) {
    // A stranger who knows everything but the token enters and sends as rank 0.
    TestPorts ports(2, false);
    auto strangers = TestPorts(1, false);
    for (DataPlan& plan : ports.plans) {
        plan.connectTimeout = 300ms;
    }
    DataPlan forged = ports.plans[0];
    forged.token = "guessed";
    Result<std::unique_ptr<Mesh>> stranger;
    std::thread other([&] { stranger = strangers.ports[0]->enter(forged); });
    const auto victim = ports.ports[1]->enter(ports.plans[1]);
    other.join();
    EXPECT_FALSE(stranger);
    EXPECT_FALSE(victim);
}

TEST(TrustedNetwork, ClosesAConnectionWithAnOversizedOrStrangeMessage) {
    TestPorts ports(2, false);
    auto meshes = ports.enterAll();
    ASSERT_TRUE(meshes[0] && meshes[1]);
    void* context = zmq_ctx_new();
    void* dealer = zmq_socket(context, ZMQ_DEALER);
    const int linger = 0;
    zmq_setsockopt(dealer, ZMQ_LINGER, &linger, sizeof linger);
    ASSERT_EQ(zmq_connect(dealer, ports.ports[1]->endpoint().c_str()), 0);
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{71}, std::size_t{72}, std::size_t{80}, 2 * Mesh::kPayloadMax}) {
        const std::string bytes(size, 'x');
        zmq_send(dealer, bytes.data(), bytes.size(), ZMQ_SNDMORE);
        zmq_send(dealer, bytes.data(), bytes.size(), ZMQ_SNDMORE);
        zmq_send(dealer, bytes.data(), bytes.size(), 0);
        zmq_send(dealer, bytes.data(), bytes.size(), 0);
    }
    expectToWork(*meshes[0].value(), *meshes[1].value(), 1);
    EXPECT_EQ(meshes[1].value()->receive(BootClock::now() + 50ms).error().kind, ErrorKind::Unavailable);
    expectToWork(*meshes[0].value(), *meshes[1].value(), 1);
    zmq_close(dealer);
    zmq_ctx_term(context);
}

TEST(EncryptedNetwork, KeepsAKeyOutThatIsNotOfTheMembership) {
    TestPorts ports(2, true);
    const KeyPair strangerKeys = KeyPair::generate();
    auto stranger = DataPort::bind("tcp://127.0.0.1:*", strangerKeys, true).value();
    for (DataPlan& plan : ports.plans) {
        plan.connectTimeout = 500ms;
    }
    Result<std::unique_ptr<Mesh>> forged;
    std::thread other([&] { forged = stranger->enter(ports.plans[0]); });
    const auto victim = ports.ports[1]->enter(ports.plans[1]);
    other.join();
    ASSERT_FALSE(forged);
    EXPECT_NE(forged.error().text.find("refuses our key"), std::string::npos) << forged.error().text;
    EXPECT_FALSE(victim);
}

}  // namespace
}  // namespace longship
