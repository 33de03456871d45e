#include "agent/supervision/agent_home.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <future>

#include "core/base/files.h"
#include "tests/support/temp_folder.h"

namespace longship {
namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(AgentHome, OneHomeHoldsOneAgent) {
    const test::TempFolder folder;
    {
        const auto first = AgentHome::open(folder.path() / "home");
        ASSERT_TRUE(first) << first.error().text;
        const auto second = AgentHome::open(folder.path() / "home");
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().kind, ErrorKind::Refused);
        EXPECT_TRUE(contains(second.error().text, std::to_string(::getpid()))) << second.error().text;
    }
    EXPECT_TRUE(AgentHome::open(folder.path() / "home")) << "the lock ended with its holder";
}

TEST(AgentHome, WaitsForAHolderThatIsDying) {
    const test::TempFolder folder;
    const pid_t dead = ::fork();
    if (dead == 0) {
        ::_exit(0);
    }
    ASSERT_EQ(::waitpid(dead, nullptr, 0), dead);
    const std::string path = folder.path() / "agent.lock";
    std::ofstream(path) << dead << "\n";
    const int lock = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_EQ(::flock(lock, LOCK_EX), 0);
    auto opened =
        std::async(std::launch::async, [&] { return static_cast<bool>(AgentHome::open(folder.path())); });
    EXPECT_EQ(opened.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout)
        << "the lock is not taken from its holder, nor is the agent refused";
    ::close(lock);
    EXPECT_TRUE(opened.get());
}

TEST(AgentHome, IsClosedToOthers) {
    const test::TempFolder folder;
    const auto home = AgentHome::open(folder.path() / "home");
    ASSERT_TRUE(home);
    ASSERT_TRUE(home->publishEndpoint({"tcp://127.0.0.1:1", "key", 7, "node-a", "0.1.0"}));
    struct stat status {};
    ASSERT_EQ(::stat(home->folder().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700u);
    ASSERT_EQ(::stat((home->folder() / "endpoint").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    EXPECT_TRUE(
        contains(readFile(home->folder() / "endpoint").value(), "\"endpoint\":\"tcp://127.0.0.1:1\""));
    home->removeEndpoint();
    EXPECT_FALSE(std::filesystem::exists(home->folder() / "endpoint"));
}

TEST(AgentHome, ARosterIsReadBack) {
    const test::TempFolder folder;
    const auto home = AgentHome::open(folder.path());
    ASSERT_TRUE(home);
    ASSERT_TRUE(home->loadRoster());
    EXPECT_FALSE(home->loadRoster()->has_value()) << "there is none yet";
    const Roster roster{"demo",
                        {{NodeId("node-a"), "tcp://127.0.0.1:1", "key-a"}, {NodeId("node-b"), "", ""}}};
    ASSERT_TRUE(home->saveRoster(roster));
    const auto read = home->loadRoster();
    ASSERT_TRUE(read && *read);
    EXPECT_EQ(**read, roster);
}

TEST(AgentHome, ADamagedRosterIsPutAsideAndTheTextNamesIt) {
    for (const char* damage :
         {"{\"cluster\": \"demo\", \"nod", "[]", "{\"cluster\": 7, \"nodes\": []}", ""}) {
        const test::TempFolder folder;
        const auto home = AgentHome::open(folder.path());
        ASSERT_TRUE(home);
        ASSERT_TRUE(writeFileAtomically(folder.path() / "roster.json", damage));
        const auto read = home->loadRoster();
        ASSERT_FALSE(read) << damage;
        EXPECT_EQ(read.error().kind, ErrorKind::Corrupt);
        EXPECT_TRUE(contains(read.error().text, "roster.json.damaged-")) << read.error().text;
        EXPECT_TRUE(home->loadRoster().has_value()) << "the next start is clean";
    }
}

TEST(AgentHome, OnlyKnownFilesOfARunHavePaths) {
    const test::TempFolder folder;
    const auto home = AgentHome::open(folder.path());
    ASSERT_TRUE(home);
    const RunId run("20260131-120000-k3f9");
    EXPECT_EQ(home->runFile(run, "worker-0.log").value(),
              folder.path() / "runs" / run.value / "worker-0.log");
    EXPECT_TRUE(home->runFile(run, "model.safetensors"));
    EXPECT_TRUE(home->runFile(run, "job.yaml"));
    EXPECT_EQ(home->runFile(run, "worker-0@node-b.log").value(),
              folder.path() / "runs" / run.value / "worker-0@node-b.log");
    for (const char* name : {"", ".", "..", ".log", "../agent.key", "../../agent.log", "a/b.log", "agent.key",
                             "model.safetensors/..", "worker-0.log\n", "history.db", "@.log", "worker-0@.log",
                             "@node-b.log", "worker-0@../x.log", "worker-0@a@b.log", "worker-0.log@node-b"}) {
        EXPECT_FALSE(home->runFile(run, name)) << name;
    }
    for (const char* id : {"", "..", "../runs", "/etc", ".hidden"}) {
        EXPECT_FALSE(home->runFile(RunId(id), "job.yaml")) << id;
        EXPECT_FALSE(home->makeRunFolder(RunId(id))) << id;
    }
    EXPECT_FALSE(home->runFile(RunId(std::string("a\0b", 3)), "job.yaml"));
}

TEST(AgentHome, AFolderThatCannotBeMadeIsNamed) {
    const test::TempFolder folder;
    std::ofstream(folder.path() / "file") << "in the way";
    const auto home = AgentHome::open(folder.path() / "file" / "home");
    ASSERT_FALSE(home);
    EXPECT_TRUE(contains(home.error().text, "file")) << home.error().text;
}

}  // namespace
}  // namespace longship
