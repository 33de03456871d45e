#include "agent/daemon/listen_address.h"

#include <gtest/gtest.h>

namespace longship {
namespace {

TEST(ListenAddress, IsNumeric) {
    EXPECT_EQ(listenEndpoint("127.0.0.1:0").value(), "tcp://127.0.0.1:*");
    EXPECT_EQ(listenEndpoint("0.0.0.0:4100").value(), "tcp://0.0.0.0:4100");
    EXPECT_EQ(listenEndpoint("[::1]:7").value(), "tcp://[::1]:7");
    for (const char* wrong : {"", "127.0.0.1", "127.0.0.1:", ":4100", "localhost:1", "127.0.0.1:65536",
                              "127.0.0.1:-1", "127.0.0.1:1x", "::1:7", "[]:7", "1.2.3:4"}) {
        const auto endpoint = listenEndpoint(wrong);
        ASSERT_FALSE(endpoint) << wrong;
        EXPECT_EQ(endpoint.error().kind, ErrorKind::BadInput);
    }
}

TEST(ListenAddress, AnAgentTakesItsEarlierPortWhenItMayChoose) {
    const Roster roster{
        "demo", {{NodeId("a"), "tcp://127.0.0.1:4001", ""}, {NodeId("b"), "tcp://127.0.0.1:4002", ""}}};
    EXPECT_EQ(earlierEndpoint("tcp://127.0.0.1:*", roster, NodeId("b")), "tcp://127.0.0.1:4002");
    EXPECT_FALSE(earlierEndpoint("tcp://127.0.0.1:5000", roster, NodeId("b"))) << "the port was given";
    EXPECT_FALSE(earlierEndpoint("tcp://10.0.0.1:*", roster, NodeId("b"))) << "another address";
    EXPECT_FALSE(earlierEndpoint("tcp://127.0.0.1:*", roster, NodeId("c"))) << "not in the roster";
}

}  // namespace
}  // namespace longship
