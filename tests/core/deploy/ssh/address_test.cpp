#include "core/deploy/ssh/address.h"

#include <gtest/gtest.h>

#include "core/base/secret.h"

namespace longship {
namespace {

TEST(SshAddress, HasUserHostAndPort) {
    EXPECT_EQ(parseSshAddress("ada@node-1:2222"), (SshAddress{"ada", "node-1", 2222}));
    EXPECT_EQ(parseSshAddress("10.0.0.1"), (SshAddress{"", "10.0.0.1", 22}));
    EXPECT_EQ(parseSshAddress("ada@[fe80::1]:2222"), (SshAddress{"ada", "fe80::1", 2222}));
    EXPECT_EQ(parseSshAddress("[fe80::1]"), (SshAddress{"", "fe80::1", 22}));
    EXPECT_EQ(parseSshAddress("fe80::1"), (SshAddress{"", "fe80::1", 22}));
    EXPECT_EQ(parseSshAddress("ada@lab.example"), (SshAddress{"ada", "lab.example", 22}));
}

TEST(SshAddress, ReadsWhatItWrites) {
    for (const char* text : {"ada@node-1:2222", "10.0.0.1", "ada@[fe80::1]:2222", "fe80::1"}) {
        EXPECT_EQ(parseSshAddress(text)->text(), text);
    }
    EXPECT_EQ(parseSshAddress("ada@host")->knownName(), "host");
    EXPECT_EQ(parseSshAddress("ada@host:23")->knownName(), "[host]:23");
}

TEST(SshAddress, RefusesWhatCouldBeAnOptionOrACommand) {
    for (const char* text :
         {"", "@host", "ada@", "-oProxyCommand=x", "ada@-host", "a;b@host", "ada@ho$t", "ada@host:0",
          "ada@host:65536", "ada@host:", "ada@host:22x", "ada@[::1", "ada@[::1]x", "ada@[::1]:", "ada@ho st",
          "`x`@host", "ada@host\n", "ada@ho/st"}) {
        const auto address = parseSshAddress(text);
        ASSERT_FALSE(address.has_value()) << text;
        EXPECT_EQ(address.error().kind, ErrorKind::BadInput);
    }
    EXPECT_FALSE(parseSshAddress(std::string(300, 'a')).has_value());
}

TEST(Secret, HoldsItsTextAndMoves) {
    Secret secret("open sesame");
    EXPECT_STREQ(secret.c_str(), "open sesame");
    Secret moved = std::move(secret);
    EXPECT_STREQ(moved.c_str(), "open sesame");
    EXPECT_EQ(moved.size(), 11u);
    const Secret copy = moved.copy();
    moved = Secret();
    EXPECT_STREQ(copy.c_str(), "open sesame");
    EXPECT_TRUE(moved.empty());
    EXPECT_STREQ(moved.c_str(), "");
}

}  // namespace
}  // namespace longship
