#include "core/transport/control.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include <chrono>
#include <cstring>
#include <map>
#include <thread>
#include <vector>

#include "tests/support/temp_folder.h"

namespace longship {
namespace {

using namespace std::chrono_literals;

/// A hub with a record of what happened to it.
struct Party {
    KeyPair keys = KeyPair::generate();
    std::unique_ptr<ControlHub> hub;
    std::vector<ControlMessage> fromClients;
    std::vector<std::string> fromServers;
    int connected = 0;
    int refused = 0;
    int disconnected = 0;
    int rejected = 0;
    int woken = 0;
    std::vector<int> readable;

    explicit Party(std::size_t messageBytesMax = 1 << 20) {
        hub = ControlHub::create({keys, messageBytesMax}).value();
    }

    void wait(Duration patience) {
        ControlHub::Events events;
        events.onServerMessage = [this](const ControlMessage& message) { fromClients.push_back(message); };
        events.onMessage = [this](int, const ControlMessage& message) {
            fromServers.push_back(message.bytes);
        };
        events.onConnected = [this](int) { ++connected; };
        events.onRefused = [this](int) { ++refused; };
        events.onDisconnected = [this](int) { ++disconnected; };
        events.onRejected = [this](int) { ++rejected; };
        events.onWake = [this] { ++woken; };
        events.onReadable = [this](int descriptor) { readable.push_back(descriptor); };
        hub->wait(BootClock::now() + patience, events);
    }
};

/// Lets all parties work in turn until the condition holds; false after ten seconds.
template <typename Condition>
bool runUntil(std::vector<Party*> parties, Condition condition) {
    const TimePoint deadline = BootClock::now() + 10s;
    while (!condition()) {
        if (BootClock::now() > deadline) {
            return false;
        }
        for (Party* party : parties) {
            party->wait(2ms);
        }
    }
    return true;
}

int rawConnection(const std::string& endpoint) {
    const int port = std::stoi(endpoint.substr(endpoint.rfind(':') + 1));
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return descriptor;
}

TEST(ControlHub, CarriesMessagesBothWaysWithTheProvenKey) {
    Party server;
    Party client;
    server.hub->authorize({client.keys.publicKey});
    const std::string endpoint = server.hub->listen("tcp://127.0.0.1:*").value();
    const int link = client.hub->connect(endpoint, server.keys.publicKey).value();
    ASSERT_TRUE(client.hub->send(link, "before the connection"));
    ASSERT_TRUE(runUntil({&server, &client}, [&] { return server.fromClients.size() == 1; }));
    EXPECT_EQ(client.connected, 1);
    EXPECT_EQ(server.fromClients[0].bytes, "before the connection");
    EXPECT_EQ(server.fromClients[0].publicKey, client.keys.publicKey);

    const std::string large(300'000, 'x');
    ASSERT_TRUE(server.hub->reply(server.fromClients[0].from, "answer"));
    ASSERT_TRUE(server.hub->reply(server.fromClients[0].from, large));
    ASSERT_TRUE(server.hub->reply(server.fromClients[0].from, ""));
    ASSERT_TRUE(runUntil({&server, &client}, [&] { return client.fromServers.size() == 3; }));
    EXPECT_EQ(client.fromServers, (std::vector<std::string>{"answer", large, ""}));
    EXPECT_EQ(server.hub->bytesSent(), 300'006U);
    EXPECT_EQ(client.hub->bytesReceived(), 300'006U);
    EXPECT_EQ(client.hub->bytesSent(), server.hub->bytesReceived());
}

TEST(ControlHub, KeepsTheOrderOfManyMessagesAndTellsClientsApart) {
    Party server;
    Party first;
    Party second;
    server.hub->authorize({first.keys.publicKey, second.keys.publicKey});
    const std::string endpoint = server.hub->listen("tcp://127.0.0.1:*").value();
    const int one = first.hub->connect(endpoint, server.keys.publicKey).value();
    const int two = second.hub->connect(endpoint, server.keys.publicKey).value();
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(first.hub->send(one, std::to_string(i)));
        ASSERT_TRUE(second.hub->send(two, std::to_string(i)));
    }
    ASSERT_TRUE(runUntil({&server, &first, &second}, [&] { return server.fromClients.size() == 200; }));
    std::map<std::string, int> next;
    std::set<std::string> connections;
    for (const ControlMessage& message : server.fromClients) {
        EXPECT_EQ(message.bytes, std::to_string(next[message.publicKey]++));
        connections.insert(message.from);
    }
    EXPECT_EQ(next.size(), 2U);
    EXPECT_EQ(connections.size(), 2U);
}

TEST(ControlHub, WorksOverALocalSocket) {
    test::TempFolder folder;
    Party server;
    Party client;
    server.hub->authorize({client.keys.publicKey});
    const std::string endpoint = "ipc://" + (folder.path() / "agent.sock").string();
    ASSERT_EQ(server.hub->listen(endpoint).value(), endpoint);
    const int link = client.hub->connect(endpoint, server.keys.publicKey).value();
    ASSERT_TRUE(client.hub->send(link, "hello"));
    ASSERT_TRUE(runUntil({&server, &client}, [&] { return server.fromClients.size() == 1; }));
    EXPECT_EQ(server.fromClients[0].publicKey, client.keys.publicKey);
}

TEST(ControlHub, RejectsAClientWhoseKeyIsNotAuthorized) {
    Party server;
    Party client;
    Party friendly;
    server.hub->authorize({friendly.keys.publicKey});
    const std::string endpoint = server.hub->listen("tcp://127.0.0.1:*").value();
    const int link = client.hub->connect(endpoint, server.keys.publicKey).value();
    ASSERT_TRUE(client.hub->send(link, "let me in"));
    ASSERT_TRUE(runUntil({&server, &client}, [&] { return client.rejected > 0; }));
    EXPECT_EQ(client.connected, 0);
    EXPECT_TRUE(server.fromClients.empty());

    // Once the key is known, the client that goes on trying comes in.
    server.hub->authorize({friendly.keys.publicKey, client.keys.publicKey});
    ASSERT_TRUE(runUntil({&server, &client}, [&] { return server.fromClients.size() == 1; }));
}

TEST(ControlHub, RejectsAServerWithAnotherKeyThanExpected) {
    Party server;
    Party client;
    server.hub->authorize({client.keys.publicKey});
    const std::string endpoint = server.hub->listen("tcp://127.0.0.1:*").value();
    const int link = client.hub->connect(endpoint, KeyPair::generate().publicKey).value();
    ASSERT_TRUE(client.hub->send(link, "secret"));
    ASSERT_TRUE(runUntil({&server, &client}, [&] { return client.rejected > 0; }));
    EXPECT_EQ(client.connected, 0);
    EXPECT_TRUE(server.fromClients.empty());
}

TEST(ControlHub, LetsNoPlainClientIn) {
    Party server;
    Party client;
    server.hub->authorize({client.keys.publicKey});
    for (const std::string& kind : {std::string("tcp"), std::string("ipc")}) {
        test::TempFolder folder;
        const std::string wish =
            kind == "tcp" ? "tcp://127.0.0.1:*" : "ipc://" + (folder.path() / "s").string();
        const std::string endpoint = server.hub->listen(wish).value();
        void* context = zmq_ctx_new();
        void* dealer = zmq_socket(context, ZMQ_DEALER);
        const int linger = 0;
        zmq_setsockopt(dealer, ZMQ_LINGER, &linger, sizeof linger);
        zmq_socket_monitor(dealer, "inproc://events",
                           ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED |
                               ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL);
        void* events = zmq_socket(context, ZMQ_PAIR);
        zmq_connect(events, "inproc://events");
        ASSERT_EQ(zmq_connect(dealer, endpoint.c_str()), 0);
        zmq_send(dealer, "plain", 5, ZMQ_DONTWAIT);
        std::uint16_t event = 0;
        ASSERT_TRUE(runUntil({&server}, [&] {
            char head[6];
            if (zmq_recv(events, head, sizeof head, ZMQ_DONTWAIT) != sizeof head) {
                return false;
            }
            std::memcpy(&event, head, sizeof event);
            return true;
        }));
        EXPECT_NE(event, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        zmq_close(events);
        zmq_close(dealer);
        zmq_ctx_term(context);
    }
    EXPECT_TRUE(server.fromClients.empty());
}

TEST(ControlHub, SurvivesGarbageOnItsPort) {
    Party server;
    Party client;
    server.hub->authorize({client.keys.publicKey});
    const std::string endpoint = server.hub->listen("tcp://127.0.0.1:*").value();
    const std::vector<std::string> garbage{
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", std::string(100'000, '\0'), std::string(64, '\xff'),
        std::string("\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01NULL", 16) + std::string(1000, 'x')};
    std::vector<int> descriptors;
    for (const std::string& bytes : garbage) {
        descriptors.push_back(rawConnection(endpoint));
        [[maybe_unused]] const auto sent =
            ::send(descriptors.back(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    const int link = client.hub->connect(endpoint, server.keys.publicKey).value();
    ASSERT_TRUE(client.hub->send(link, "still there?"));
    ASSERT_TRUE(runUntil({&server, &client}, [&] { return server.fromClients.size() == 1; }));
    for (const int descriptor : descriptors) {
        ::close(descriptor);
    }
}

TEST(ControlHub, ClosesTheConnectionThatSendsAnOversizedFrame) {
    Party server(1000);
    Party client(1 << 20);
    Party other;
    server.hub->authorize({client.keys.publicKey, other.keys.publicKey});
    const std::string endpoint = server.hub->listen("tcp://127.0.0.1:*").value();
    const int link = client.hub->connect(endpoint, server.keys.publicKey).value();
    const int otherLink = other.hub->connect(endpoint, server.keys.publicKey).value();
    ASSERT_TRUE(
        runUntil({&server, &client, &other}, [&] { return client.connected + other.connected == 2; }));
    ASSERT_TRUE(client.hub->send(link, std::string(100'000, 'x')));
    ASSERT_TRUE(runUntil({&server, &client, &other}, [&] { return client.disconnected == 1; }));
    ASSERT_TRUE(other.hub->send(otherLink, std::string(1000, 'y')));
    ASSERT_TRUE(runUntil({&server, &other}, [&] { return server.fromClients.size() == 1; }));
    EXPECT_EQ(server.fromClients[0].bytes, std::string(1000, 'y'));
    EXPECT_EQ(server.hub->reply(server.fromClients[0].from, std::string(1001, 'z')).error().kind,
              ErrorKind::BadInput);
}

TEST(ControlHub, NamesThePortThatIsInUse) {
    Party first;
    Party second;
    const std::string endpoint = first.hub->listen("tcp://127.0.0.1:*").value();
    const auto result = second.hub->listen(endpoint);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::Exhausted);
    EXPECT_NE(result.error().text.find("port " + endpoint.substr(endpoint.rfind(':') + 1)), std::string::npos)
        << result.error().text;
}

TEST(ControlHub, RefusesBadAddressesAndKeysInWords) {
    Party party;
    EXPECT_EQ(party.hub->listen("carrier-pigeon://x").error().kind, ErrorKind::BadInput);
    EXPECT_EQ(party.hub->listen("tcp://203.0.113.1:4100").error().kind, ErrorKind::BadInput);
    EXPECT_EQ(party.hub->listen("ipc:///tmp/" + std::string(200, 'x')).error().kind, ErrorKind::BadInput);
    EXPECT_EQ(party.hub->connect("tcp://127.0.0.1:4100", "too short").error().kind, ErrorKind::BadInput);
    EXPECT_EQ(party.hub->connect("nonsense", party.keys.publicKey).error().kind, ErrorKind::BadInput);
    EXPECT_EQ(ControlHub::create({KeyPair{}, 1000}).error().kind, ErrorKind::BadInput);
}

TEST(ControlHub, TellsWhenNobodyListens) {
    test::TempFolder folder;
    Party client;
    std::string endpoint;
    {
        Party gone;
        endpoint = gone.hub->listen("tcp://127.0.0.1:*").value();
    }
    client.hub->connect(endpoint, client.keys.publicKey).value();
    ASSERT_TRUE(runUntil({&client}, [&] { return client.refused >= 2; }));
    EXPECT_EQ(client.rejected, 0);
    Party local;
    local.hub->connect("ipc://" + (folder.path() / "nobody").string(), client.keys.publicKey).value();
    ASSERT_TRUE(runUntil({&local}, [&] { return local.refused >= 1; }));
}

TEST(ControlHub, ReconnectsAfterTheServerWasStartedAgain) {
    Party client;
    auto server = std::make_unique<Party>();
    const KeyPair keys = server->keys;
    server->hub->authorize({client.keys.publicKey});
    const std::string endpoint = server->hub->listen("tcp://127.0.0.1:*").value();
    const int link = client.hub->connect(endpoint, keys.publicKey).value();
    ASSERT_TRUE(runUntil({server.get(), &client}, [&] { return client.connected == 1; }));
    server.reset();
    ASSERT_TRUE(runUntil({&client}, [&] { return client.disconnected == 1 && client.refused >= 1; }));
    EXPECT_EQ(client.hub->send(link, "lost").error().kind, ErrorKind::Unavailable);

    Party again;
    again.keys = keys;
    again.hub = ControlHub::create({keys, 1000}).value();
    again.hub->authorize({client.keys.publicKey});
    ASSERT_TRUE(again.hub->listen(endpoint));
    ASSERT_TRUE(runUntil({&again, &client}, [&] { return client.connected == 2; }));
    ASSERT_TRUE(client.hub->send(link, "back"));
    ASSERT_TRUE(runUntil({&again, &client}, [&] { return again.fromClients.size() == 1; }));
    EXPECT_EQ(again.fromClients[0].bytes, "back");
}

TEST(ControlHub, ReportsAReplyToAClientThatLeft) {
    Party server;
    auto client = std::make_unique<Party>();
    server.hub->authorize({client->keys.publicKey});
    const std::string endpoint = server.hub->listen("tcp://127.0.0.1:*").value();
    const int link = client->hub->connect(endpoint, server.keys.publicKey).value();
    ASSERT_TRUE(client->hub->send(link, "bye"));
    ASSERT_TRUE(runUntil({&server, client.get()}, [&] { return server.fromClients.size() == 1; }));
    client.reset();
    ErrorKind kind = ErrorKind::Internal;
    ASSERT_TRUE(runUntil({&server}, [&] {
        const auto result = server.hub->reply(server.fromClients[0].from, "anybody?");
        kind = result ? kind : result.error().kind;
        return !result;
    }));
    EXPECT_EQ(kind, ErrorKind::Unavailable);
}

TEST(ControlHub, IsWokenByAnotherThread) {
    Party party;
    std::thread other([&] { party.hub->wake(); });
    party.wait(10s);
    other.join();
    EXPECT_EQ(party.woken, 1);
}

TEST(ControlHub, WatchesFileDescriptors) {
    Party party;
    const int descriptor = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    party.hub->watch(descriptor);
    party.wait(1ms);
    EXPECT_TRUE(party.readable.empty());
    const std::uint64_t one = 1;
    ASSERT_EQ(::write(descriptor, &one, sizeof one), static_cast<ssize_t>(sizeof one));
    party.wait(10s);
    EXPECT_EQ(party.readable, std::vector<int>{descriptor});
    party.hub->unwatch(descriptor);
    party.readable.clear();
    party.wait(1ms);
    EXPECT_TRUE(party.readable.empty());
    ::close(descriptor);
}

TEST(ControlHub, AHandlerMayCloseItsOwnConnection) {
    Party server;
    Party client;
    server.hub->authorize({client.keys.publicKey});
    const std::string endpoint = server.hub->listen("tcp://127.0.0.1:*").value();
    const int link = client.hub->connect(endpoint, server.keys.publicKey).value();
    bool closed = false;
    ControlHub::Events events;
    events.onConnected = [&](int handle) {
        client.hub->disconnect(handle);
        closed = true;
    };
    ASSERT_TRUE(runUntil({&server}, [&] {
        client.hub->wait(BootClock::now() + 2ms, events);
        return closed;
    }));
    EXPECT_EQ(client.hub->send(link, "x").error().kind, ErrorKind::Unavailable);
}

}  // namespace
}  // namespace longship
