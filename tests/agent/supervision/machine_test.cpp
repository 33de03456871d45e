#include "agent/supervision/machine.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_folder.h"

namespace longship {
namespace {

TEST(Machine, EndpointsAreTakenApart) {
    EXPECT_EQ(hostOf("tcp://127.0.0.1:40001"), "127.0.0.1");
    EXPECT_EQ(portOf("tcp://127.0.0.1:40001"), "40001");
    EXPECT_EQ(hostOf("tcp://[fe80::1]:7"), "[fe80::1]");
    EXPECT_EQ(hostOf("ipc:///a"), "");
    EXPECT_EQ(hostOf("tcp://nothing"), "");
    EXPECT_EQ(portOf("tcp://nothing"), "");
}

TEST(Machine, NodesOnOneMachineShareItsCores) {
    const Roster roster{"demo",
                        {{NodeId("a"), "tcp://127.0.0.1:1", ""},
                         {NodeId("b"), "tcp://127.0.0.1:2", ""},
                         {NodeId("c"), "tcp://10.0.0.3:1", ""}}};
    EXPECT_EQ(threadsPerWorker(roster, NodeId("a"), 8, false), 4u);
    EXPECT_EQ(threadsPerWorker(roster, NodeId("c"), 8, false), 8u);
    EXPECT_EQ(threadsPerWorker(roster, NodeId("a"), 1, false), 1u);
    EXPECT_EQ(threadsPerWorker(roster, NodeId("c"), 8, true), 1u)
        << "results must not depend on the core count";
    EXPECT_EQ(threadsPerWorker(Roster{}, NodeId("a"), 8, false), 8u);
    EXPECT_GE(usableCores(), 1u);
}

TEST(Machine, ASocketFolderIsShortPrivateAndTheSameAgain) {
    const test::TempFolder runtime;
    const auto folder = makeSocketFolder(runtime.path(), "/some/home");
    ASSERT_TRUE(folder);
    EXPECT_EQ(folder->parent_path(), runtime.path());
    struct stat status {};
    ASSERT_EQ(::stat(folder->c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700u);
    EXPECT_EQ(makeSocketFolder(runtime.path(), "/some/home").value(), *folder);
    EXPECT_NE(makeSocketFolder(runtime.path(), "/other/home").value(), *folder);
}

TEST(Machine, ALongRuntimeFolderIsNotUsed) {
    const test::TempFolder runtime;
    const std::filesystem::path deep = runtime.path() / std::string(120, 'd');
    std::filesystem::create_directories(deep);
    const auto folder = makeSocketFolder(deep, runtime.path());
    ASSERT_TRUE(folder);
    EXPECT_LE((*folder / "agent.sock").string().size(), 107u);
    std::filesystem::remove(*folder);
}

TEST(Machine, AFolderOpenToOthersIsNotUsed) {
    const test::TempFolder runtime;
    const auto first = makeSocketFolder(runtime.path(), "/some/home");
    ASSERT_TRUE(first);
    ASSERT_EQ(::chmod(first->c_str(), 0777), 0);
    const auto second = makeSocketFolder(runtime.path(), "/some/home");
    ASSERT_TRUE(second);
    EXPECT_NE(*second, *first);
    std::filesystem::remove(*second);
}

}  // namespace
}  // namespace longship
