#include "core/deploy/node_list.h"

#include <gtest/gtest.h>

namespace longship {
namespace {

using Names = std::vector<std::string>;

TEST(ExpandRange, CountsWithTheWidthThatWasWritten) {
    EXPECT_EQ(*expandRange("node[08-11]"), (Names{"node08", "node09", "node10", "node11"}));
    EXPECT_EQ(*expandRange("a[1,3-4]b"), (Names{"a1b", "a3b", "a4b"}));
    EXPECT_EQ(*expandRange("r[1-2]n[1-2]"), (Names{"r1n1", "r1n2", "r2n1", "r2n2"}));
    EXPECT_EQ(*expandRange("10.0.0.[9-10]"), (Names{"10.0.0.9", "10.0.0.10"}));
    EXPECT_EQ(*expandRange("plain"), Names{"plain"});
    EXPECT_EQ(*expandRange("ada@[fe80::1]:22"), Names{"ada@[fe80::1]:22"});
    EXPECT_EQ(*expandRange(""), Names{""});
}

TEST(ExpandRange, RefusesWhatIsNone) {
    for (const char* text : {"n[5-1]", "n[1-99999]", "n[1-]", "n[-3]", "n[,]", "n[1--2]", "n[1-60]x[1-60]",
                             "n[1234567890123-1234567890124]"}) {
        EXPECT_FALSE(expandRange(text).has_value()) << text;
    }
}

TEST(NodeList, LinesHaveAnAddressAndMayHaveAName) {
    const auto nodes = parseNodeList(
        "# our lab\n"
        "ada@node-1.lab.example\n"
        "\n"
        "big ada@10.0.0.7:2222   # the loud one\n"
        "w[1-2] ada@10.0.1.[1-2]\r\n"
        "10.0.0.9");
    ASSERT_TRUE(nodes.has_value()) << nodes.error().text;
    ASSERT_EQ(nodes->size(), 5u);
    EXPECT_EQ((*nodes)[0], (ListedNode{"node-1", {"ada", "node-1.lab.example", 22}, "", {}}));
    EXPECT_EQ((*nodes)[1], (ListedNode{"big", {"ada", "10.0.0.7", 2222}, "", {}}));
    EXPECT_EQ((*nodes)[3], (ListedNode{"w2", {"ada", "10.0.1.2", 22}, "", {}}));
    EXPECT_EQ((*nodes)[4].name, "10-0-0-9");
}

TEST(NodeList, AFirstLineWithNamesOfColumnsMakesATable) {
    const auto nodes = parseNodeList(
        "Name, Host, User, Port, Identity, Jump\n"
        "a, node[1], ada, 2222, /keys/lab, gate1 bob@gate2:23\n"
        "b, node2\n");
    ASSERT_TRUE(nodes.has_value()) << nodes.error().text;
    EXPECT_EQ(
        (*nodes)[0],
        (ListedNode{"a", {"ada", "node1", 2222}, "/keys/lab", {{"", "gate1", 22}, {"bob", "gate2", 23}}}));
    EXPECT_EQ((*nodes)[1], (ListedNode{"b", {"", "node2", 22}, "", {}}));
    const auto tabs = parseNodeList("address\tuser\nnode7\tada\n");
    ASSERT_TRUE(tabs.has_value());
    EXPECT_EQ((*tabs)[0], (ListedNode{"node7", {"ada", "node7", 22}, "", {}}));
}

TEST(NodeList, NamesEveryLineThatIsWrong) {
    const auto nodes =
        parseNodeList("a ada@ok\nb -oProxyCommand=x\nc d e\na other\nw[1-3] x[1-2]\n.hidden host\n");
    ASSERT_FALSE(nodes.has_value());
    EXPECT_EQ(nodes.error().kind, ErrorKind::BadInput);
    for (const char* part :
         {"line 2:", "line 3:", "line 4: the name a was in line 1", "line 5:", "line 6:"}) {
        EXPECT_NE(nodes.error().text.find(part), std::string::npos) << part << " in " << nodes.error().text;
    }
    EXPECT_EQ(nodes.error().text.find("line 1:"), std::string::npos);
}

TEST(NodeList, TableRowsAreCheckedToo) {
    EXPECT_FALSE(parseNodeList("host,port\na,0\n").has_value());
    EXPECT_FALSE(parseNodeList("host,user\na,b;c,d\n").has_value());
    EXPECT_FALSE(parseNodeList("host,user\na,$(id)\n").has_value());
    EXPECT_FALSE(parseNodeList("host,jump\na,-x\n").has_value());
}

TEST(NodeList, AnEmptyListIsEmpty) {
    EXPECT_TRUE(parseNodeList("\n# nothing\n")->empty());
}

}  // namespace
}  // namespace longship
