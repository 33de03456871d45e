// The command line from outside, with real agents and a worker that follows a script: no data, no libtorch.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <regex>

#include "core/base/digest.h"
#include "core/base/files.h"
#include "tests/system/cli/cli_program.h"
#include "tests/system/test_cluster.h"

namespace longship::test {
namespace {

class Cli : public ::testing::Test {
protected:
    Cli() : home(SCRIPTED_WORKER) {
        home.write("table.csv", "height,weight,kind\n1.5,2,a\n2.5,3,b\n3.5,4,a\n4.5,5,b\n");
    }

    /// A job of 10 scripted steps (of 10 ms) an epoch.
    std::string job(const std::string& name, unsigned epochs) {
        return home.write(name + ".yaml", fmt::format("name: {}\ndataset:\n  csv: table.csv\n  label: kind\n"
                                                      "epochs: {}\nglobal_batch: 100\n",
                                                      name, epochs));
    }

    CliHome home;
};

/// Every line has a name and a time, the run's events are numbered without a gap, the steps come once each.
void expectWholeStory(const CliResult& result, std::uint64_t steps) {
    const std::regex utc(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)");
    std::uint64_t sequence = 0;
    std::uint64_t step = 0;
    for (const auto& line : result.lines()) {
        EXPECT_FALSE(line.value("event", "").empty()) << line;
        EXPECT_TRUE(std::regex_match(line.value("time", ""), utc)) << line;
        if (line.contains("sequence")) {
            EXPECT_EQ(line["sequence"], ++sequence) << line;
        }
        if (line["event"] == "step") {
            EXPECT_EQ(line["step"], step++) << line;
        }
    }
    EXPECT_EQ(step, steps);
    ASSERT_FALSE(result.lines().empty());
    EXPECT_EQ(result.lines().back()["event"], "run_finished");
}

TEST_F(Cli, ARunTellsItsWholeStoryAndCanBeUsedAfterwards) {
    const auto run = home.run({"run", job("short", 3), "--json"});
    EXPECT_EQ(run.exitCode, 0) << run.error;
    expectWholeStory(run, 30);
    const auto finished = run.lines().back();
    EXPECT_EQ(finished["state"], "completed");
    EXPECT_EQ(finished["steps"], 30);
    EXPECT_EQ(finished["samples"], 3000);
    EXPECT_EQ(run.events("table_inferred").size(), 1u);
    const std::string id = finished["run"];

    const auto verify = home.run({"verify", id, "--json"});
    EXPECT_EQ(verify.exitCode, 0) << verify.error;
    EXPECT_EQ(verify.events("epoch_verified").size(), 3u);
    EXPECT_EQ(verify.events("run_verified").at(0)["samples_read"], 3000);

    const auto runs = home.run({"runs", "--json"});
    ASSERT_EQ(runs.events("run").size(), 1u);
    EXPECT_EQ(runs.events("run")[0]["run"], id);
    EXPECT_EQ(runs.events("run")[0]["state"], "completed");
    const auto status = home.run({"status", id.substr(0, id.size() - 2)});
    EXPECT_EQ(status.exitCode, 0);
    EXPECT_NE(status.out.find("30 of 30"), std::string::npos) << status.out;

    for (const std::string format : {"csv", "json", "html"}) {
        const auto path = home.file("run." + format);
        const auto exported = home.run({"export", "last", "--format", format, "--output", path});
        EXPECT_EQ(exported.exitCode, 0) << exported.error;
        EXPECT_NE(readFile(path).value_or("").find(id), std::string::npos) << format;
    }
    const auto tasks = home.run({"task", "list", id, "--json"});
    EXPECT_EQ(tasks.events("task").size(), 3u);
    const auto logs = home.run({"logs", id, "--node", "node-b", "--json"});
    ASSERT_EQ(logs.events("log").size(), 1u) << logs.error;
    EXPECT_NE(logs.events("log")[0]["text"].get<std::string>().find("connected"), std::string::npos);
}

TEST_F(Cli, TheModelIsSavedWithoutTheNodes) {
    const auto run = home.run({"run", job("short", 1), "--json"});
    ASSERT_EQ(run.exitCode, 0) << run.error;
    ASSERT_EQ(run.events("model_fetched").size(), 1u);
    const std::string sha256 = run.events("model_saved").at(0)["sha256"];
    const auto agents = home.agents();
    ASSERT_EQ(agents.size(), 3u);
    EXPECT_EQ(home.run({"cluster", "stop", "demo"}).exitCode, 0);
    for (const pid_t agent : agents) {
        EXPECT_TRUE(isGone(agent));
    }
    const auto path = home.file("model.safetensors");
    const auto saved = home.run({"model", "save", "last", "--output", path});
    EXPECT_EQ(saved.exitCode, 0) << saved.error;
    EXPECT_NE(saved.out.find("from safetensors.torch import load_file"), std::string::npos);
    const std::string bytes = readFile(path).value();
    EXPECT_EQ(sha256Hex(std::as_bytes(std::span(bytes.data(), bytes.size()))), sha256);
    EXPECT_EQ(home.run({"model", "save", "last", "--output", "/nowhere/m"}).exitCode, 2);

    // The logs are on the nodes alone.
    EXPECT_EQ(home.run({"logs", "last"}).exitCode, 3);
}

TEST_F(Cli, ADetachedRunIsFollowedLaterWithoutAGap) {
    const auto submitted = home.run({"run", job("long", 30), "--detach", "--json"});
    ASSERT_EQ(submitted.exitCode, 0) << submitted.error;
    const std::string id = submitted.events("run_submitted").at(0)["run"];
    // Two at once, on one history.
    auto first = home.start({"watch", id, "--json"});
    const auto second = home.run({"watch", "last", "--json"});
    const auto one = first.wait();
    EXPECT_EQ(one.exitCode, 0) << one.error;
    EXPECT_EQ(second.exitCode, 0) << second.error;
    expectWholeStory(one, 300);
    expectWholeStory(second, 300);
    const auto verify = home.run({"verify", id});
    EXPECT_EQ(verify.exitCode, 0) << verify.out << verify.error;
}

TEST_F(Cli, ControlCLeavesTheRunToItsAgents) {
    auto run = home.start({"run", job("endless", 100'000), "--json"});
    ASSERT_TRUE(waitUntil([&] { return run.outSoFar().find("\"step\"") != std::string::npos; }));
    run.signal(SIGINT);
    const auto left = run.wait();
    EXPECT_EQ(left.exitCode, 130);
    EXPECT_EQ(left.events("detached").size(), 1u);
    const std::string id = left.events("run_submitted").at(0)["run"];
    EXPECT_NE(left.error.find("longship watch " + id), std::string::npos) << left.error;
    EXPECT_NE(left.error.find("longship stop " + id), std::string::npos);

    EXPECT_EQ(home.run({"status", id, "--json"}).events("run").at(0)["state"], "training");
    const auto stopped = home.run({"stop", id, "--json"});
    EXPECT_EQ(stopped.exitCode, 0) << stopped.error;
    EXPECT_EQ(stopped.events("run_finished").at(0)["state"], "stopped");
    EXPECT_EQ(home.run({"stop", id}).exitCode, 2) << "it has ended already";
}

TEST_F(Cli, ControlCOnTheDemoEndsRunAndAgents) {
    if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist")) {
        GTEST_SKIP() << "needs the dataset: apt-get install dataset-fashion-mnist";
    }
    auto demo = home.start({"demo", "--nodes", "2", "--epochs", "100000", "--json"});
    ASSERT_TRUE(waitUntil([&] { return demo.outSoFar().find("\"step\"") != std::string::npos; }));
    const auto agents = home.agents();
    ASSERT_EQ(agents.size(), 2u);
    demo.signal(SIGINT);
    const auto ended = demo.wait();
    EXPECT_EQ(ended.exitCode, 130);
    EXPECT_EQ(ended.events("cluster_stopped").size(), 1u) << ended.error;
    EXPECT_EQ(ended.lines().back()["event"], "run_finished");
    EXPECT_EQ(ended.lines().back()["state"], "stopped");
    for (const pid_t agent : agents) {
        EXPECT_TRUE(isGone(agent)) << agent;
    }
}

TEST_F(Cli, AFailedRunEndsWithItsCause) {
    const auto run = home.run({"run", job("fails", 3)});
    EXPECT_EQ(run.exitCode, 1);
    EXPECT_NE(run.out.find("the script says so"), std::string::npos) << run.out;
    const auto status = home.run({"status", "last", "--json"});
    EXPECT_EQ(status.events("run").at(0)["state"], "failed");
    EXPECT_NE(status.events("run").at(0)["cause"].get<std::string>().find("the script says so"),
              std::string::npos);
    EXPECT_EQ(home.run({"model", "save", "last", "--output", home.file("m")}).exitCode, 2);
}

TEST_F(Cli, AKilledAgentAndWhatWasDoneAreToldWhileTheRunGoesOn) {
    auto run = home.start({"run", job("endless", 100'000), "--json"});
    ASSERT_TRUE(waitUntil([&] { return run.outSoFar().find("\"step\"") != std::string::npos; }));
    const auto agents = home.agents();
    ASSERT_EQ(agents.size(), 3u);
    // The leader: the program has to learn it from another node.
    ::kill(agents[0], SIGKILL);
    EXPECT_TRUE(waitUntil([&] { return run.outSoFar().find("\"incident_resolved\"") != std::string::npos; },
                          std::chrono::seconds(10)))
        << run.outSoFar();
    CliResult soFar;
    soFar.out = run.outSoFar().substr(0, run.outSoFar().rfind('\n') + 1);
    const std::string id = soFar.events("run_submitted").at(0)["run"];
    const auto stopped = home.run({"stop", id, "--json"});
    EXPECT_EQ(stopped.exitCode, 0) << stopped.error;
    const auto ended = run.wait();
    const auto incidents = ended.events("incident_raised");
    ASSERT_FALSE(incidents.empty());
    EXPECT_EQ(incidents[0]["node"], "node-a") << incidents[0];
    const auto resolved = ended.events("incident_resolved");
    ASSERT_FALSE(resolved.empty());
    EXPECT_EQ(resolved[0]["incident"], incidents[0]["sequence"]);
    EXPECT_GT(resolved[0]["membership"].get<int>(), 1);
    const auto finished = ended.events("run_finished");
    ASSERT_EQ(finished.size(), 1u);
    EXPECT_EQ(finished[0]["state"], "stopped");
}

}  // namespace
}  // namespace longship::test
