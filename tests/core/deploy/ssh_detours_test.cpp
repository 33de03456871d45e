#include "core/deploy/ssh_detours.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <thread>

#include "core/base/clock.h"
#include "tests/core/deploy/ssh/test_sshd.h"

namespace longship::test {
namespace {

constexpr std::chrono::seconds kPatience{60};

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// Sends back what it gets, in the place of an agent.
class Echo {
public:
    Echo() : m_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address = loopback(0);
        socklen_t length = sizeof address;
        ::bind(m_socket, reinterpret_cast<sockaddr*>(&address), sizeof address);
        ::listen(m_socket, 8);
        ::getsockname(m_socket, reinterpret_cast<sockaddr*>(&address), &length);
        port = ntohs(address.sin_port);
        m_thread = std::jthread([this] {
            for (int client = ::accept(m_socket, nullptr, nullptr); client >= 0;
                 client = ::accept(m_socket, nullptr, nullptr)) {
                m_clients.emplace_back([client] { serve(client); });
            }
        });
    }
    ~Echo() {
        ::shutdown(m_socket, SHUT_RDWR);
        m_thread.join();
        m_clients.clear();
        ::close(m_socket);
    }
    Echo(const Echo&) = delete;

    std::string endpoint() const { return "tcp://127.0.0.1:" + std::to_string(port); }
    std::uint16_t port = 0;

private:
    static void serve(int client) {
        std::array<char, 4096> bytes{};
        for (ssize_t count = ::read(client, bytes.data(), bytes.size()); count > 0;
             count = ::read(client, bytes.data(), bytes.size())) {
            for (ssize_t done = 0; done < count;) {
                const ssize_t sent =
                    ::send(client, bytes.data() + done, static_cast<std::size_t>(count - done), MSG_NOSIGNAL);
                if (sent <= 0) {
                    break;
                }
                done += sent;
            }
        }
        ::close(client);
    }

    int m_socket;
    std::vector<std::jthread> m_clients;
    std::jthread m_thread;
};

/// What comes back through a port of ours; less where the way breaks.
std::string throughPort(std::uint16_t port, const std::string& text) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    std::string answer;
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        std::jthread sender([&] {
            for (std::size_t done = 0; done < text.size();) {
                const ssize_t sent = ::send(socket, text.data() + done, text.size() - done, MSG_NOSIGNAL);
                if (sent <= 0) {
                    return;
                }
                done += static_cast<std::size_t>(sent);
            }
        });
        std::array<char, 4096> bytes{};
        pollfd entry{socket, POLLIN, 0};
        while (answer.size() < text.size() && ::poll(&entry, 1, 60'000) == 1) {
            const ssize_t count = ::read(socket, bytes.data(), bytes.size());
            if (count <= 0) {
                break;
            }
            answer.append(bytes.data(), static_cast<std::size_t>(count));
        }
        ::shutdown(socket, SHUT_RDWR);
    }
    ::close(socket);
    return answer;
}

std::uint16_t portIn(const std::string& endpoint) {
    return parsePort(endpoint.substr(endpoint.rfind(':') + 1)).value_or(0);
}

class SshDetoursTest : public ::testing::Test {
protected:
    void SetUp() override {
        if (const std::string why = whyNoSshd(); !why.empty()) {
            GTEST_SKIP() << why;
        }
    }
    /// Where this user has logged in before: nobody is asked.
    std::vector<SshNode> nodesOn(const TestSshd& server) {
        SshNode node{NodeId("n1"), {{server.hop()}}};
        node.route.hops[0].expectedHostKey = server.fingerprint();
        return {node};
    }
    static RosterEntry agentAt(const std::string& endpoint) { return {NodeId("n1"), endpoint, "key"}; }

    TempFolder folder;
    SshSettings settings = settingsIn(folder.path());
};

TEST_F(SshDetoursTest, NothingIsDoneWhereTheAgentIsReached) {
    const TestSshd server;
    const Echo agent;
    SshDetours detours(nodesOn(server), settings);
    detours.explore({agentAt(agent.endpoint())}, SshDetours::Until::AllKnown, BootClock::now() + kPatience);
    EXPECT_EQ(detours.endpointOf(agentAt(agent.endpoint())), agent.endpoint());
    EXPECT_TRUE(detours.nodes().empty());
    EXPECT_EQ(server.log().find("Accepted publickey"), std::string::npos);
}

TEST_F(SshDetoursTest, CarriesManyConnectionsThroughOneLogin) {
    const TestSshd server;
    const Echo agent;
    SshDetours detours(nodesOn(server), settings, SshDetours::Directly::Never);
    const RosterEntry entry = agentAt(agent.endpoint());
    detours.explore({entry}, SshDetours::Until::OneDirect, BootClock::now() + kPatience);
    ASSERT_EQ(detours.nodes(), std::vector<NodeId>{NodeId("n1")});
    const std::string endpoint = detours.endpointOf(entry);
    EXPECT_NE(endpoint, agent.endpoint());
    EXPECT_TRUE(endpoint.starts_with("tcp://127.0.0.1:")) << endpoint;
    std::string text(300'000, '\0');
    for (std::size_t index = 0; index < text.size(); ++index) {
        text[index] = static_cast<char>(index * 7 % 251);
    }
    std::array<std::string, 3> answers;
    {
        std::vector<std::jthread> clients;
        for (std::string& answer : answers) {
            clients.emplace_back([&] { answer = throughPort(portIn(endpoint), text); });
        }
    }
    for (const std::string& answer : answers) {
        EXPECT_TRUE(answer == text) << answer.size();
    }
    const std::string log = server.log();
    const auto first = log.find("Accepted publickey");
    EXPECT_NE(first, std::string::npos);
    EXPECT_EQ(log.find("Accepted publickey", first + 1), std::string::npos);
}

TEST_F(SshDetoursTest, AnAgentThatListensElsewhereIsFoundThere) {
    const TestSshd server;
    const Echo before;
    const Echo now;
    SshDetours detours(nodesOn(server), settings, SshDetours::Directly::Never);
    for (const Echo* agent : {&before, &now}) {
        const RosterEntry entry = agentAt(agent->endpoint());
        detours.explore({entry}, SshDetours::Until::AllKnown, BootClock::now() + kPatience);
        EXPECT_EQ(throughPort(portIn(detours.endpointOf(entry)), "hello"), "hello");
    }
}

TEST_F(SshDetoursTest, WhereSshDoesNotHelpTheAgentsOwnEndpointStands) {
    const TestSshd server;
    TestSshd dead;
    dead.kill();
    std::uint16_t closed = 0;
    {
        const Echo gone;
        closed = gone.port;
    }
    const RosterEntry entry = agentAt("tcp://127.0.0.1:" + std::to_string(closed));
    for (const TestSshd* one : {&server, static_cast<const TestSshd*>(&dead)}) {
        SshDetours detours(nodesOn(*one), settings);
        detours.explore({entry}, SshDetours::Until::AllKnown, BootClock::now() + kPatience);
        EXPECT_EQ(detours.endpointOf(entry), entry.endpoint);
        EXPECT_TRUE(detours.nodes().empty());
    }
    SshDetours detours(nodesOn(server), settings);
    const RosterEntry stranger{NodeId("n9"), "tcp://10.0.0.9:1", "key"};
    EXPECT_EQ(detours.endpointOf(stranger), stranger.endpoint);
    EXPECT_EQ(detours.endpointOf(agentAt("nonsense")), "nonsense");
}

TEST_F(SshDetoursTest, ABrokenConnectionEndsTheDetour) {
    TestSshd server;
    const Echo agent;
    const RosterEntry entry = agentAt(agent.endpoint());
    SshDetours detours(nodesOn(server), settings, SshDetours::Directly::Never);
    detours.explore({entry}, SshDetours::Until::AllKnown, BootClock::now() + kPatience);
    const std::string endpoint = detours.endpointOf(entry);
    ASSERT_NE(endpoint, entry.endpoint);
    server.kill();
    const TimePoint deadline = BootClock::now() + kPatience;
    while (detours.endpointOf(entry) != entry.endpoint && BootClock::now() < deadline) {
        ::poll(nullptr, 0, 20);
    }
    EXPECT_EQ(detours.endpointOf(entry), entry.endpoint) << "the detour is over";
    EXPECT_TRUE(detours.nodes().empty());
}

}  // namespace
}  // namespace longship::test
