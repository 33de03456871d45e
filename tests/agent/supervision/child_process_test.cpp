#include "agent/supervision/child_process.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "core/base/clock.h"
#include "core/base/files.h"
#include "tests/support/temp_folder.h"

namespace longship {
namespace {

using namespace std::chrono_literals;

ChildProcess::Plan shell(const test::TempFolder& folder, const std::string& script) {
    ChildProcess::Plan plan;
    plan.program = "/bin/sh";
    plan.arguments = {"-c", script};
    plan.log = folder.path() / "log";
    return plan;
}

std::optional<ProcessEnd> waitForEnd(ChildProcess& process) {
    pollfd item{process.descriptor(), POLLIN, 0};
    return ::poll(&item, 1, 10'000) == 1 ? process.poll() : std::nullopt;
}

template <typename Condition>
bool waitUntil(Condition condition) {
    const TimePoint deadline = BootClock::now() + 10s;
    while (!condition()) {
        if (BootClock::now() > deadline) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

std::string logOf(const test::TempFolder& folder) {
    return readFile(folder.path() / "log").value_or("");
}

TEST(ChildProcess, ReadsItsInputAndWritesToItsLog) {
    const test::TempFolder folder;
    ChildProcess::Plan plan = shell(folder, "wc -c; echo problem >&2; echo $LONGSHIP_TEST $HOME; exit 3");
    plan.input = std::string(300'000, 'x');  // Far more than a pipe holds.
    plan.environment = {{"LONGSHIP_TEST", "given"}, {"HOME", "/elsewhere"}};
    auto process = ChildProcess::start(plan);
    ASSERT_TRUE(process) << process.error().text;
    EXPECT_FALSE(process->id() <= 0);
    const auto end = waitForEnd(*process);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->describe(), "exit status 3");
    EXPECT_EQ(logOf(folder), "300000\nproblem\ngiven /elsewhere\n");
    EXPECT_EQ(process->poll()->exitStatus, 3) << "asking again gives the same answer";
}

TEST(ChildProcess, ASignalIsNamed) {
    const test::TempFolder folder;
    auto process = ChildProcess::start(shell(folder, "kill -9 $$"));
    ASSERT_TRUE(process);
    const auto end = waitForEnd(*process);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->describe(), "killed by signal 9 (SIGKILL)");
}

TEST(ChildProcess, TerminateAsksAndKillDoesNot) {
    const test::TempFolder folder;
    auto polite =
        ChildProcess::start(shell(folder, "trap 'exit 7' TERM; echo up; while :; do sleep 0.01; done"));
    ASSERT_TRUE(polite);
    EXPECT_FALSE(polite->poll());
    ASSERT_TRUE(waitUntil([&] { return logOf(folder) == "up\n"; }));
    polite->terminate();
    EXPECT_EQ(waitForEnd(*polite).value().exitStatus, 7);

    auto deaf = ChildProcess::start(shell(folder, "trap '' TERM; echo deaf; while :; do sleep 0.01; done"));
    ASSERT_TRUE(deaf);
    ASSERT_TRUE(waitUntil([&] { return logOf(folder) == "up\ndeaf\n"; }));
    deaf->terminate();
    deaf->kill();
    EXPECT_EQ(waitForEnd(*deaf).value().signal, SIGKILL);
}

TEST(ChildProcess, AProgramThatIsNotThereIsNamed) {
    const test::TempFolder folder;
    ChildProcess::Plan plan = shell(folder, "");
    plan.program = "/nowhere/longship-worker";
    const auto process = ChildProcess::start(plan);
    ASSERT_FALSE(process);
    EXPECT_EQ(process.error().kind, ErrorKind::NotFound);
    EXPECT_NE(process.error().text.find("/nowhere/longship-worker"), std::string::npos)
        << process.error().text;
}

TEST(ChildProcess, DiesWithTheThreadThatStartedIt) {
    const test::TempFolder folder;
    std::optional<ChildProcess> process;
    std::thread([&] { process = ChildProcess::start(shell(folder, "exec sleep 1000")).value(); }).join();
    EXPECT_EQ(waitForEnd(*process).value().signal, SIGKILL);
}

TEST(ChildProcess, ItsEndTakesItsOwnChildrenAlong) {
    const test::TempFolder folder;
    auto process = ChildProcess::start(shell(folder, "sleep 1000 & echo $!; exit 0"));
    ASSERT_TRUE(process);
    ASSERT_TRUE(waitForEnd(*process));
    const pid_t grandchild = std::atoi(logOf(folder).c_str());
    ASSERT_GT(grandchild, 1);
    const std::string stat = "/proc/" + std::to_string(grandchild) + "/stat";
    EXPECT_TRUE(waitUntil([&] {
        const auto text = readFile(stat);
        return !text || text->find(") Z ") != std::string::npos;
    }));
}

TEST(ChildProcess, IsKilledWithItsOwner) {
    const test::TempFolder folder;
    pid_t id = 0;
    {
        auto process = ChildProcess::start(shell(folder, "exec sleep 1000"));
        ASSERT_TRUE(process);
        id = process->id();
        EXPECT_EQ(::kill(id, 0), 0);
    }
    EXPECT_NE(::kill(id, 0), 0);
}

}  // namespace
}  // namespace longship
