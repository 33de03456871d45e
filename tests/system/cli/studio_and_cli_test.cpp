// The studio's program and the command line beside each other, on one home folder.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <limits>

#include "core/history/history.h"
#include "tests/system/cli/cli_program.h"
#include "tests/system/test_cluster.h"

namespace longship::test {
namespace {

constexpr auto kStart = std::chrono::seconds(40);

class StudioAndCli : public ::testing::Test {
protected:
    StudioAndCli() : home(SCRIPTED_WORKER) {
        home.addProgram(LONGSHIP_STUDIO_PROGRAM);
        home.write("table.csv", "height,weight,kind\n1.5,2,a\n2.5,3,b\n3.5,4,a\n4.5,5,b\n");
    }

    CliProcess startStudio() { return home.startProgram("longship-studio", {}); }

    std::string job(const std::string& name, unsigned epochs) {
        return home.write(name + ".yaml", fmt::format("name: {}\ndataset:\n  csv: table.csv\n  label: kind\n"
                                                      "epochs: {}\nglobal_batch: 100\n",
                                                      name, epochs));
    }

    /// The agents' processes, once they are three that live.
    std::vector<pid_t> threeAgents() {
        std::vector<pid_t> agents;
        EXPECT_TRUE(waitUntil(
            [&] {
                agents = home.agents();
                return agents.size() == 3 && std::none_of(agents.begin(), agents.end(), isGone);
            },
            kStart));
        return agents;
    }

    /// All processes that run the agent of this home's folder of programs.
    std::size_t runningAgents() const {
        std::size_t count = 0;
        std::error_code ignored;
        for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
            count += std::filesystem::read_symlink(entry.path() / "exe", ignored) ==
                             home.file("bin") / "longship-agent"
                         ? 1
                         : 0;
        }
        return count;
    }

    CliHome home;
};

TEST_F(StudioAndCli, ProgramsThatStartTheDemoAtOnceShareOneCluster) {
    auto studio = startStudio();
    auto first = home.start({"run", job("first", 3), "--json"});
    auto second = home.start({"run", job("second", 3), "--json"});
    for (CliProcess* run : {&first, &second}) {
        const auto result = run->wait();
        EXPECT_EQ(result.exitCode, 0) << result.error;
        ASSERT_FALSE(result.lines().empty());
        EXPECT_EQ(result.lines().back()["state"], "completed");
    }
    threeAgents();
    // Each agent has a parent that supervises it; no other was left over from the race.
    EXPECT_EQ(runningAgents(), 6u);
    EXPECT_EQ(home.run({"runs", "--json"}).events("run").size(), 2u);
    EXPECT_FALSE(studio.hasEnded());
}

TEST_F(StudioAndCli, OneWindowForStudiosThatStartAtOnce) {
    std::vector<CliProcess> studios;
    for (int i = 0; i < 4; ++i) {
        studios.push_back(startStudio());
    }
    const auto running = [&] {
        return std::count_if(studios.begin(), studios.end(),
                             [](const CliProcess& studio) { return !studio.hasEnded(); });
    };
    EXPECT_TRUE(waitUntil([&] { return running() == 1; }, kStart)) << running() << " windows";
    const auto agents = threeAgents();
    const auto last =
        std::find_if(studios.begin(), studios.end(), [](const auto& studio) { return !studio.hasEnded(); });
    ASSERT_NE(last, studios.end());
    for (auto& studio : studios) {
        if (studio.id() != last->id()) {
            EXPECT_EQ(studio.wait().exitCode, 0);
        }
    }
    // One that crashed keeps nobody from opening the next window.
    last->signal(SIGKILL);
    ASSERT_TRUE(waitUntil([&] { return last->hasEnded(); }));
    auto next = startStudio();
    auto afterNext = startStudio();
    EXPECT_TRUE(waitUntil([&] { return next.hasEnded() != afterNext.hasEnded(); }, kStart));
    EXPECT_EQ(home.agents(), agents) << "the agents outlive the window";
}

TEST_F(StudioAndCli, BothKeepOneHistory) {
    auto studio = startStudio();
    threeAgents();
    // Three that write: the studio, the one that started the run, and one that watches.
    auto run = home.start({"run", job("both", 20), "--json"});
    ASSERT_TRUE(waitUntil([&] { return run.outSoFar().find("\"step\"") != std::string::npos; }, kStart))
        << run.outSoFar();
    auto watch = home.start({"watch", "last", "--json"});
    const auto finished = run.wait();
    EXPECT_EQ(finished.exitCode, 0) << finished.error;
    EXPECT_EQ(watch.wait().exitCode, 0);
    const RunId both(finished.lines().back()["run"].get<std::string>());

    // Nobody but the studio is there for this one.
    const auto detached = home.run({"run", job("alone", 20), "--detach", "--json"});
    ASSERT_EQ(detached.exitCode, 0) << detached.error;
    const RunId alone(detached.events("run_submitted").at(0)["run"].get<std::string>());

    auto history = History::open(home.data() / "history.db");
    ASSERT_TRUE(history) << history.error().text;
    const auto rowsOf = [&](const RunId& id) {
        return (*history)->rows(id, std::nullopt, std::numeric_limits<std::size_t>::max());
    };
    EXPECT_TRUE(waitUntil(
        [&] {
            const auto snapshot = (*history)->snapshot(alone);
            return snapshot && isTerminal(snapshot->state) && rowsOf(alone).size() == 200;
        },
        kStart))
        << rowsOf(alone).size() << " rows";
    for (const RunId& id : {both, alone}) {
        const auto events = (*history)->events(id, 0);
        for (std::size_t i = 0; i < events.size(); ++i) {
            EXPECT_EQ(events[i].sequence, i + 1) << id.value;
        }
        const auto rows = rowsOf(id);
        ASSERT_EQ(rows.size(), 200u) << id.value;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            EXPECT_EQ(rows[i].key.step, i) << id.value;
        }
        EXPECT_EQ(home.run({"verify", id.value}).exitCode, 0);
    }
    EXPECT_FALSE(studio.hasEnded());
}

}  // namespace
}  // namespace longship::test
