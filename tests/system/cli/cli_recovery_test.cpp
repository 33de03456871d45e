// What a person does with a run that goes on: pause, resume, drain, undrain, move, drills, and the answer to
// an incident. Real agents and a worker that follows a script.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cmath>

#include "tests/system/cli/cli_program.h"
#include "tests/system/test_cluster.h"

namespace longship::test {
namespace {

class CliRecovery : public ::testing::Test {
protected:
    CliRecovery() : home(SCRIPTED_WORKER) {
        home.write("table.csv", "height,weight,kind\n1.5,2,a\n2.5,3,b\n3.5,4,a\n4.5,5,b\n");
    }

    /// A job of 10 scripted steps (of 10 ms) an epoch.
    std::string job(const std::string& name, unsigned epochs, const std::string& more = "") {
        return home.write(name + ".yaml", fmt::format("name: {}\ndataset:\n  csv: table.csv\n  label: kind\n"
                                                      "epochs: {}\nglobal_batch: 100\n{}",
                                                      name, epochs, more));
    }

    /// A run that goes on for longer than any test, once it trains.
    std::string startRun(const std::string& more = "") {
        const auto submitted = home.run({"run", job("endless", 100'000, more), "--detach", "--json"});
        EXPECT_EQ(submitted.exitCode, 0) << submitted.error;
        const auto events = submitted.events("run_submitted");
        const std::string id = events.empty() ? "" : events[0]["run"].get<std::string>();
        EXPECT_TRUE(waitUntil([&] { return stateOf(id) == "training"; }));
        return id;
    }

    nlohmann::json status(const std::string& id) {
        const auto events = home.run({"status", id, "--json"}).events("run");
        return events.empty() ? nlohmann::json::object() : events[0];
    }
    std::string stateOf(const std::string& id) { return status(id).value("state", ""); }

    /// Where a task is and how it stands: "node-b running".
    std::string placeOf(const std::string& id, const std::string& task) {
        for (const auto& line : home.run({"task", "list", id, "--json"}).events("task")) {
            if (line["task"] == task) {
                return line["node"].get<std::string>() + " " + line["state"].get<std::string>();
            }
        }
        return "";
    }

    void expectExact(const std::string& id) {
        EXPECT_EQ(home.run({"stop", id}).exitCode, 0);
        const auto verify = home.run({"verify", id});
        EXPECT_EQ(verify.exitCode, 0) << verify.out << verify.error;
    }

    CliHome home;
};

TEST_F(CliRecovery, ARunIsPausedAndResumed) {
    const std::string id = startRun();
    const auto paused = home.run({"pause", id, "--json"});
    EXPECT_EQ(paused.exitCode, 0) << paused.error;
    EXPECT_EQ(paused.events("run_paused").at(0)["run"], id);
    EXPECT_EQ(stateOf(id), "paused");
    EXPECT_EQ(home.run({"pause", id}).exitCode, 0) << "it is paused";
    const auto resumed = home.run({"resume", id, "--json"});
    EXPECT_EQ(resumed.exitCode, 0) << resumed.error;
    EXPECT_EQ(resumed.events("run_resumed").at(0)["state"], "training");
    expectExact(id);
}

TEST_F(CliRecovery, ANodeIsDrainedUndrainedAndATaskMovesThere) {
    ASSERT_EQ(home.run({"run", job("short", 1)}).exitCode, 0) << "starts the cluster";
    auto drained = home.run({"node", "drain", "node-c", "--json"});
    EXPECT_EQ(drained.exitCode, 0) << drained.error;
    const std::string id = startRun();
    EXPECT_EQ(home.run({"task", "list", id, "--json"}).events("task").size(), 2u);

    EXPECT_EQ(home.run({"task", "move", id, "worker-1", "node-c"}).exitCode, 2) << "node-c is drained";
    const auto undrained = home.run({"node", "undrain", "node-c", "--json"});
    EXPECT_EQ(undrained.exitCode, 0) << undrained.error;
    EXPECT_EQ(undrained.events("node_undrained").at(0)["node"], "node-c");
    const std::string from = placeOf(id, "worker-1");
    const auto moved = home.run({"task", "move", id, "worker-1", "node-c", "--json"});
    ASSERT_EQ(moved.exitCode, 0) << moved.error;
    EXPECT_EQ(moved.events("task_moved").at(0)["node"], "node-c");
    EXPECT_EQ(moved.events("task_moved").at(0)["from"].get<std::string>() + " running", from);
    EXPECT_EQ(placeOf(id, "worker-1"), "node-c running");

    drained = home.run({"node", "drain", "node-c", "--json"});
    EXPECT_EQ(drained.exitCode, 0) << drained.error;
    EXPECT_EQ(drained.events("node_drained").at(0)["node"], "node-c");
    EXPECT_NE(placeOf(id, "worker-1"), "node-c running");
    EXPECT_TRUE(waitUntil([&] { return stateOf(id) == "training"; }));

    // Both of its logs can be read, also the one where it is no more.
    const auto logs = home.run({"logs", id, "--json"});
    EXPECT_EQ(logs.exitCode, 0) << logs.error;
    EXPECT_GE(logs.events("log").size(), 3u);
    expectExact(id);
}

TEST_F(CliRecovery, ADrillReportsWhatAFaultCost) {
    const std::string id = startRun();
    const auto killed = home.run({"drill", id, "--fault", "kill-worker", "--json"});
    EXPECT_EQ(killed.exitCode, 0) << killed.out << killed.error;
    ASSERT_EQ(killed.events("drill").size(), 1u);
    const auto drill = killed.events("drill")[0];
    EXPECT_EQ(drill["fault"], "kill-worker");
    EXPECT_GT(drill["recover_ms"].get<double>(), drill["detect_ms"].get<double>());
    for (const char* none : {"steps_lost", "samples_lost", "samples_twice"}) {
        EXPECT_EQ(drill[none], 0) << none;
    }
    // The incident tells the same: from the last step before to the first one after.
    const auto incidents = status(id)["incidents"];
    ASSERT_FALSE(incidents.empty());
    const double lost = incidents[0]["seconds_lost"].get<double>() * 1e3;
    EXPECT_NEAR(lost, drill["recover_ms"].get<double>(), 500);
    EXPECT_EQ(incidents[0]["steps_redone"], drill["steps_redone"]);
    EXPECT_TRUE(waitUntil([&] { return stateOf(id) == "training"; }));
    expectExact(id);
}

TEST_F(CliRecovery, UnderPolicyAskTheRunWaitsForTheAnswer) {
    const std::string id = startRun("recovery:\n  policy: ask\n");
    const auto agents = home.agents();
    ASSERT_EQ(agents.size(), 3u);
    const auto workers = childrenOf(agents[2]);
    ASSERT_EQ(workers.size(), 1u);
    ::kill(workers[0], SIGKILL);
    ASSERT_TRUE(waitUntil([&] { return stateOf(id) == "paused"; }));
    const auto told = home.run({"status", id});
    EXPECT_NE(told.out.find("longship resume " + id), std::string::npos) << told.out;
    EXPECT_NE(told.out.find("longship task move " + id), std::string::npos) << told.out;
    const auto resumed = home.run({"resume", id, "--json"});
    EXPECT_EQ(resumed.exitCode, 0) << resumed.error;
    EXPECT_TRUE(waitUntil([&] { return stateOf(id) == "training"; }));
    expectExact(id);
}

}  // namespace
}  // namespace longship::test
