#include <gtest/gtest.h>

#include "tests/system/cli/cli_program.h"

namespace longship::test {
namespace {

class CliBadInput : public ::testing::Test {
protected:
    CliBadInput() : home(SCRIPTED_WORKER) {}

    /// The command is refused with code 2 and the text, and starts nothing.
    void expectRefused(const std::vector<std::string>& arguments, const std::string& text) {
        const auto result = home.run(arguments);
        EXPECT_EQ(result.exitCode, 2);
        EXPECT_NE((result.error + result.out).find(text), std::string::npos) << result.error << result.out;
        EXPECT_FALSE(std::filesystem::exists(home.data() / "clusters")) << "agents were started";
    }

    CliHome home;
};

TEST_F(CliBadInput, AJobFileIsToldWithLineAndColumn) {
    const std::string file = home.write("job.yaml", "dataset: fashion-mnist\nglobal_batch: 0\n");
    expectRefused({"run", file}, file + ":2:");
    expectRefused({"run", home.write("key.yaml", "dataset: fashion-mnist\nepoch: 3\n")}, "key.yaml:2:1: ");
    expectRefused({"run", home.write("empty.yaml", "")}, "empty");
    expectRefused({"run", home.file("missing.yaml")}, "missing.yaml");
    const auto json = home.run({"run", file, "--json"});
    ASSERT_EQ(json.events("job_problem").size(), 1u);
    EXPECT_EQ(json.events("job_problem")[0]["line"], 2);
    EXPECT_EQ(json.events("error").size(), 1u);
}

TEST_F(CliBadInput, AnOverrideIsNamed) {
    const std::string file = home.write("job.yaml", "dataset: fashion-mnist\n");
    expectRefused({"run", file, "--set", "epochs=none"}, "epochs");
    expectRefused({"run", file, "--set", "nonsense"}, "nonsense");
}

TEST_F(CliBadInput, ATableIsLookedAtBeforeAnythingIsStarted) {
    const std::string file = home.write("job.yaml", "dataset: {csv: t.csv, label: kind}\n");
    expectRefused({"run", file}, "t.csv");
    home.write("t.csv", "height,other\n1,2\n");
    expectRefused({"run", file}, "kind");
    home.write("t.csv", "height,kind\n1,a\n2\n3,b\n");
    expectRefused({"run", file}, "t.csv:3: ");
}

TEST_F(CliBadInput, WrongOptionsAndNamesAreRefused) {
    expectRefused({}, "Subcommands:");
    expectRefused({"model"}, "save");
    expectRefused({"model", "burn"}, "burn");
    expectRefused({"sail"}, "sail");
    expectRefused({"demo", "--nodes", "many"}, "many");
    expectRefused({"demo", "--nodes", "0"}, "0");
    expectRefused({"demo", "--epochs", "0"}, "epochs");
    expectRefused({"demo", "--strategy", "magic"}, "magic");
    expectRefused({"status", "last"}, "no runs yet");
    expectRefused({"export", "last", "--output", "x.pdf"}, "pdf");
    expectRefused(
        {"run", home.write("job.yaml", "dataset: {csv: t.csv, label: kind}\n"), "--cluster", "nope"},
        "t.csv");
    expectRefused({"cluster", "stop", "nope"}, "nope");
    expectRefused({"pause", "last"}, "no runs yet");
    expectRefused({"resume"}, "RUN");
    expectRefused({"drill", "last", "--fault", "flood"}, "pause, slow-link, partition or disk-full");
    expectRefused({"drill", "last", "--fault", "pause"}, "no runs yet");
    expectRefused({"task", "move", "last", "worker-0"}, "NODE");
    expectRefused({"task", "move", "last", "worker-0", "node-b"}, "no runs yet");
    expectRefused({"node"}, "undrain");
    expectRefused({"node", "drain", "node-a", "--cluster", "nope"}, "no cluster nope");
}

TEST_F(CliBadInput, WhatHasEndedIsNeitherPausedNorMoved) {
    home.write("t.csv", "height,kind\n1,a\n2,b\n");
    const std::string file =
        home.write("job.yaml", "name: short\nglobal_batch: 100\ndataset: {csv: t.csv, label: kind}\n");
    ASSERT_EQ(home.run({"run", file}).exitCode, 0);
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
        {{"pause", "last"}, "completed already"},
        {{"resume", "last"}, "completed already"},
        {{"task", "move", "last", "worker-0", "node-b"}, "completed already"},
        {{"node", "drain", "node-x"}, "It has: node-a, node-b, node-c"},
        {{"node", "undrain", "node-x"}, "no node node-x"}};
    for (const auto& [arguments, text] : cases) {
        const auto refused = home.run(arguments);
        EXPECT_EQ(refused.exitCode, 2) << arguments.front();
        EXPECT_NE(refused.error.find(text), std::string::npos) << refused.error;
    }
}

TEST_F(CliBadInput, AnUnknownRunIsAnsweredWithNearOnes) {
    home.write("t.csv", "height,kind\n1,a\n2,b\n");
    const std::string file =
        home.write("job.yaml", "name: short\nglobal_batch: 100\ndataset: {csv: t.csv, label: kind}\n");
    const auto first = home.run({"run", file, "--json"});
    const auto second = home.run({"run", file, "--json"});
    ASSERT_EQ(first.exitCode, 0) << first.error;
    ASSERT_EQ(second.exitCode, 0) << second.error;
    const std::string id = first.events("run_submitted").at(0)["run"];
    std::string typo = id;
    typo.back() = typo.back() == 'x' ? 'y' : 'x';
    const auto unknown = home.run({"status", typo});
    EXPECT_EQ(unknown.exitCode, 2);
    EXPECT_NE(unknown.error.find(id), std::string::npos) << unknown.error;
    const auto ambiguous = home.run({"status", "2"});
    EXPECT_EQ(ambiguous.exitCode, 2);
    EXPECT_NE(ambiguous.error.find(id), std::string::npos) << ambiguous.error;
}

}  // namespace
}  // namespace longship::test
