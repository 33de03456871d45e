#include "agent/supervision/supervising_parent.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "core/base/clock.h"
#include "core/base/files.h"
#include "tests/support/temp_folder.h"

namespace longship {
namespace {

using namespace std::chrono_literals;

/// Runs supervise() in a process of its own, as it is meant to be.
class Supervisor {
public:
    explicit Supervisor(const std::function<int(const std::filesystem::path&)>& agent) {
        m_process = ::fork();
        if (m_process == 0) {
            ::_exit(supervise(
                [&] {
                    std::ofstream(starts(), std::ios::app) << ::getpid() << "\n";
                    return agent(m_folder.path());
                },
                m_folder.path() / "died"));
        }
    }

    int exitStatus() const {
        int status = 0;
        ::waitpid(m_process, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    /// Process ids of the agents started so far.
    std::vector<pid_t> agents() const {
        std::ifstream file(starts());
        std::vector<pid_t> ids;
        for (pid_t id = 0; file >> id;) {
            ids.push_back(id);
        }
        return ids;
    }
    bool waitForAgents(std::size_t count) const {
        const TimePoint deadline = BootClock::now() + 10s;
        while (agents().size() < count && BootClock::now() < deadline) {
            std::this_thread::yield();
        }
        return agents().size() >= count;
    }
    pid_t process() const { return m_process; }
    std::string died() const { return readFile(m_folder.path() / "died").value_or(""); }

private:
    std::filesystem::path starts() const { return m_folder.path() / "starts"; }

    test::TempFolder m_folder;
    pid_t m_process = -1;
};

int runUntilSignal(const std::filesystem::path&) {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    int signal = 0;
    ::sigwait(&set, &signal);
    return 0;
}

TEST(SupervisingParent, EndsWithAnAgentThatEndedByItself) {
    const Supervisor done([](const auto&) { return 0; });
    EXPECT_EQ(done.exitStatus(), 0);
    EXPECT_EQ(done.agents().size(), 1u);
    const Supervisor wrong([](const auto&) { return kExitBadInput; });
    EXPECT_EQ(wrong.exitStatus(), kExitBadInput);
    EXPECT_EQ(wrong.agents().size(), 1u);
    EXPECT_EQ(wrong.died(), "");
}

TEST(SupervisingParent, StartsADeadAgentAgainButNotForEver) {
    const Supervisor supervisor([](const auto&) -> int {
        ::raise(SIGKILL);
        return 0;
    });
    EXPECT_EQ(supervisor.exitStatus(), 1);
    EXPECT_EQ(supervisor.agents().size(), 5u);
    EXPECT_NE(supervisor.died().find("died 5 times"), std::string::npos) << supervisor.died();
}

TEST(SupervisingParent, ReplacesAKilledAgentAndHandsSigtermOn) {
    const Supervisor supervisor(runUntilSignal);
    ASSERT_TRUE(supervisor.waitForAgents(1));
    ::kill(supervisor.agents()[0], SIGKILL);
    ASSERT_TRUE(supervisor.waitForAgents(2));
    ::kill(supervisor.process(), SIGTERM);
    EXPECT_GE(supervisor.exitStatus(), 0) << "it ended by itself, not by the signal";
    EXPECT_NE(::kill(supervisor.agents()[1], 0), 0) << "the agent is gone too";
}

}  // namespace
}  // namespace longship
