#include "tests/system/strangers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/random.h"

namespace longship::test {

using namespace std::chrono_literals;

namespace {

constexpr int kPatienceSeconds = 5;

void appendBigEndian(std::string& text, std::uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8) {
        text += static_cast<char>(value >> shift);
    }
}

}  // namespace

RawConnection::RawConnection(int port) : m_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = ::htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    const timeval patience{kPatienceSeconds, 0};
    ::setsockopt(m_socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    ::setsockopt(m_socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    m_connected = ::connect(m_socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

RawConnection::~RawConnection() {
    ::close(m_socket);
}

bool RawConnection::send(const std::string& bytes) const {
    return ::send(m_socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

bool RawConnection::isClosedByPeer() const {
    char buffer[4096];
    ssize_t count = 0;
    do {
        count = ::recv(m_socket, buffer, sizeof buffer, 0);
    } while (count > 0);
    return count == 0 || errno == ECONNRESET || errno == EPIPE;
}

std::string randomBytes(std::size_t count, std::uint64_t seed) {
    SeededRandom random(seed);
    std::string bytes(count, '\0');
    for (char& byte : bytes) {
        byte = static_cast<char>(random());
    }
    return bytes;
}

std::string zmtpGreeting(const std::string& mechanism) {
    std::string greeting(64, '\0');
    greeting[0] = '\xff';
    greeting[9] = '\x7f';
    greeting[10] = 3;
    greeting[11] = 1;
    mechanism.copy(greeting.data() + 12, 20);
    return greeting;
}

std::string zmtpReady() {
    const std::string body(
        "\x05READY\x0bSocket-Type\0\0\0\x06"
        "DEALER",
        28);
    return std::string("\x04") + static_cast<char>(body.size()) + body;
}

std::string zmtpFrame(const std::string& bytes) {
    return zmtpFrame(bytes, bytes.size());
}

std::string zmtpFrame(const std::string& bytes, std::uint64_t claimedBytes) {
    std::string frame("\x02");  // The size has eight bytes.
    appendBigEndian(frame, claimedBytes);
    return frame + bytes;
}

std::vector<std::string> strangeOpenings(std::uint64_t seed) {
    return {
        "",
        std::string("\xff\0\0\0\0\0\0\0\1\x7f", 10),
        randomBytes(100'000, seed),
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        zmtpGreeting("NULL") + randomBytes(100'000, 1),
        zmtpGreeting("PLAIN") + zmtpReady(),
        // A command of 2^63 bytes, and a CURVE handshake that is none.
        zmtpGreeting("CURVE") + "\x06\x7f\xff\xff\xff\xff\xff\xff\xff" + randomBytes(10'000, 2),
        zmtpGreeting("CURVE") + "\x04\xc8\x05HELLO" + randomBytes(194, 3),
    };
}

void StrangersTest::startTraining(const JobSpec& job) {
    m_cluster.start();
    m_run = m_cluster.submit(job);
    ASSERT_TRUE(waitUntil([&] { return m_cluster.client().rows(m_run, std::nullopt, 5).size() == 5; }, 180s));
    for (unsigned index = 0; index < 3; ++index) {
        m_processes.push_back(m_cluster.agent(index).id());
    }
    for (const pid_t worker : m_cluster.allWorkers()) {
        m_processes.push_back(worker);
        const auto ports = listeningPorts(worker);
        m_workerPorts.insert(m_workerPorts.end(), ports.begin(), ports.end());
    }
    for (const pid_t process : m_processes) {
        const auto ports = listeningPorts(process);
        m_ports.insert(m_ports.end(), ports.begin(), ports.end());
    }
    ASSERT_GE(m_ports.size(), 3u) << "each agent has at least one";
}

void StrangersTest::expectUndisturbed() {
    const auto rowsAfter = [&](std::optional<RowKey> key) {
        return m_cluster.client().rows(m_run, key, 1'000'000);
    };
    const RowKey last = rowsAfter(std::nullopt).back().key;
    EXPECT_TRUE(waitUntil([&] { return rowsAfter(last).size() >= 20; })) << "training stands still";
    EXPECT_EQ(rowsAfter(std::nullopt).back().key.membership, 1u) << "the strangers changed the membership";
    const RunState state = m_cluster.stateOf(m_run);
    EXPECT_TRUE(state == RunState::Training || state == RunState::Evaluating) << toString(state);
    for (const pid_t process : m_processes) {
        EXPECT_FALSE(isGone(process));
    }
    const auto stopped = m_cluster.client().stop(m_run);
    EXPECT_TRUE(stopped) << stopped.error().text;
    EXPECT_TRUE(m_cluster.waitForEnd(m_run, 30s));
    EXPECT_EQ(m_cluster.stateOf(m_run), RunState::Stopped);
}

std::unique_ptr<ControlHub> StrangersTest::hubWith(const KeyPair& keys) {
    ControlHub::Options options;
    options.keys = keys;
    options.messageBytesMax = std::size_t{64} << 20;
    return ControlHub::create(options).value();
}

}  // namespace longship::test
