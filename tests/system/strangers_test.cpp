#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <span>

#include "core/base/random.h"
#include "core/protocol/codec.h"
#include "core/transport/control.h"
#include "tests/system/test_cluster.h"

// Peers that should not be there, on every port of a cluster that trains: nothing hangs, nothing ends.
namespace longship::test {
namespace {

using namespace std::chrono_literals;

/// A bare TCP connection to 127.0.0.1.
class RawConnection {
public:
    explicit RawConnection(int port) : m_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = ::htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
        const timeval patience{5, 0};
        ::setsockopt(m_socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        m_connected = ::connect(m_socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }
    ~RawConnection() { ::close(m_socket); }
    RawConnection(const RawConnection&) = delete;
    RawConnection& operator=(const RawConnection&) = delete;

    bool connected() const { return m_connected; }
    /// False when the other side has closed.
    bool send(const std::string& bytes) const {
        return ::send(m_socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(bytes.size());
    }

private:
    int m_socket;
    bool m_connected = false;
};

std::string randomBytes(std::size_t count, std::uint64_t seed) {
    SeededRandom random(seed);
    std::string bytes(count, '\0');
    for (char& byte : bytes) {
        byte = static_cast<char>(random());
    }
    return bytes;
}

/// The greeting of ZMTP 3.1 (RFC 37): signature, version, mechanism.
std::string zmtpGreeting(const std::string& mechanism) {
    std::string greeting(64, '\0');
    greeting[0] = '\xff';
    greeting[9] = '\x7f';
    greeting[10] = 3;
    greeting[11] = 1;
    mechanism.copy(greeting.data() + 12, 20);
    return greeting;
}

class Strangers : public ::testing::Test {
protected:
    void SetUp() override {
        m_cluster.start();
        m_run = m_cluster.submit(scriptedJob("endless", 1'000'000));
        ASSERT_TRUE(m_cluster.waitForTraining(m_run));
        for (unsigned index = 0; index < 3; ++index) {
            m_processes.push_back(m_cluster.agent(index).id());
        }
        for (const pid_t worker : m_cluster.allWorkers()) {
            m_processes.push_back(worker);
        }
        for (const pid_t process : m_processes) {
            const auto ports = listeningPorts(process);
            m_ports.insert(m_ports.end(), ports.begin(), ports.end());
        }
        ASSERT_GE(m_ports.size(), 3u) << "each agent has at least one";
    }

    /// The run goes on, the same processes are there, and the cluster still answers.
    void expectUndisturbed() {
        const auto rowsAfter = [&](std::optional<RowKey> key) {
            return m_cluster.client().rows(m_run, key, 100'000);
        };
        const RowKey last = rowsAfter(std::nullopt).back().key;
        EXPECT_TRUE(waitUntil([&] { return rowsAfter(last).size() >= 20; })) << "training stands still";
        EXPECT_EQ(m_cluster.stateOf(m_run), RunState::Training);
        for (const pid_t process : m_processes) {
            EXPECT_FALSE(isGone(process));
        }
        const auto stopped = m_cluster.client().stop(m_run);
        EXPECT_TRUE(stopped) << stopped.error().text;
        EXPECT_TRUE(m_cluster.waitForEnd(m_run, 10s));
        EXPECT_EQ(m_cluster.stateOf(m_run), RunState::Stopped);
    }

    std::unique_ptr<ControlHub> hubWith(const KeyPair& keys) {
        ControlHub::Options options;
        options.keys = keys;
        options.messageBytesMax = std::size_t{64} << 20;
        return ControlHub::create(options).value();
    }

    TestCluster m_cluster{SCRIPTED_WORKER};
    RunId m_run;
    std::vector<pid_t> m_processes;
    std::vector<int> m_ports;
};

TEST_F(Strangers, RawBytesOnEveryPort) {
    std::vector<std::unique_ptr<RawConnection>> open;  // Left open, as a peer that hangs leaves them.
    for (const int port : m_ports) {
        const std::vector<std::string> openings = {
            "",
            std::string("\xff\0\0\0\0\0\0\0\1\x7f", 10),
            randomBytes(100'000, static_cast<std::uint64_t>(port)),
            "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            zmtpGreeting("NULL") + randomBytes(100'000, 1),
            zmtpGreeting("PLAIN") + std::string("\x04\x19\x05READY\x0bSocket-Type\0\0\0\x06"
                                                "DEALER",
                                                27),
            // A command of 2^63 bytes, and a CURVE handshake that is none.
            zmtpGreeting("CURVE") + "\x06\x7f\xff\xff\xff\xff\xff\xff\xff" + randomBytes(10'000, 2),
            zmtpGreeting("CURVE") + "\x04\xc8\x05HELLO" + randomBytes(194, 3),
        };
        for (const std::string& bytes : openings) {
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
