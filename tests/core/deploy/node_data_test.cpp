#include "core/deploy/node_data.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/files.h"
#include "tests/core/deploy/ssh/test_sshd.h"

namespace longship::test {
namespace {

class NodeDataTest : public ::testing::Test {
protected:
    void SetUp() override {
        if (const std::string why = whyNoSshd(); !why.empty()) {
            GTEST_SKIP() << why;
        }
    }
    Bundle tableOf(const std::string& text) const {
        std::ofstream(folder.path() / "some.csv") << text;
        JobSpec job;
        job.dataset = {"", (folder.path() / "some.csv").string(), "kind"};
        const auto data = dataOf(job);
        EXPECT_TRUE(data.has_value()) << data.error().text;
        return *data;
    }
    DataDelivery bring(const TestSshd& server, const Bundle& data, const std::filesystem::path& usual = "-",
                       std::stop_token stop = {},
                       const std::function<void(const DeployProgress&)>& progress = {}) {
        return bringData({{NodeId("n1"), {{server.hop()}}}}, data, usual, {settings, questions},
                         std::move(stop), progress)
            .front();
    }
    static std::filesystem::path base(const TestSshd& server) {
        return server.home() / ".local/share/longship";
    }

    TempFolder folder;
    SshSettings settings = settingsIn(folder.path());
    ScriptedQuestions questions;
};

TEST_F(NodeDataTest, ATableIsBroughtOnceAndAnotherBesideIt) {
    const TestSshd server;
    const Bundle first = tableOf("x,kind\n1,a\n");
    const auto brought = bring(server, first);
    ASSERT_FALSE(brought.error) << brought.error->text;
    EXPECT_EQ(brought.bytes, first.bytes());
    EXPECT_FALSE(brought.skipped);
    EXPECT_EQ(readFile(base(server) / "datasets" / first.id / "table.csv").value_or(""), "x,kind\n1,a\n");
    const auto again = bring(server, first);
    ASSERT_FALSE(again.error) << again.error->text;
    EXPECT_TRUE(again.skipped);
    const Bundle second = tableOf("x,kind\n1,b\n");
    EXPECT_NE(second.id, first.id);
    ASSERT_FALSE(bring(server, second).error);
    EXPECT_TRUE(std::filesystem::exists(base(server) / "datasets" / first.id / "table.csv"));
}

TEST_F(NodeDataTest, WhatTheMachineHasAnywayIsNotSent) {
    const TestSshd server;
    const Bundle data = tableOf("x,kind\n1,a\n");
    const auto usual = folder.path() / "usual";
    std::filesystem::create_directories(usual);
    std::ofstream(usual / "other") << "something else";
    std::ofstream(usual / "its own name") << "x,kind\n1,a\n";
    const auto brought = bring(server, data, usual);
    ASSERT_FALSE(brought.error) << brought.error->text;
    EXPECT_EQ(brought.bytes, 0u);
    EXPECT_EQ(readFile(base(server) / "datasets" / data.id / "table.csv").value_or(""), "x,kind\n1,a\n");
}

TEST_F(NodeDataTest, ACutDeliveryIsGoneOnWithAndADamagedFileNeverUsed) {
    const Bundle data = tableOf("x,kind\n" + std::string(3'000'000, '1') + ",a\n");
    for (const std::string step : {"upload", "place"}) {
        const TestSshd server;
        std::stop_source stop;
        const auto cut = bring(server, data, "-", stop.get_token(), [&](const DeployProgress& now) {
            if (now.step == step) {
                stop.request_stop();
            }
        });
        ASSERT_TRUE(cut.error) << step;
        EXPECT_EQ(cut.error->kind, ErrorKind::Interrupted) << cut.error->text;
        EXPECT_FALSE(std::filesystem::exists(base(server) / "datasets" / data.id));
        if (step == "place") {
            const auto blob = base(server) / "store" / data.files[0].sha256;
            std::filesystem::permissions(blob, std::filesystem::perms::owner_all);
            std::ofstream(blob) << std::string(data.files[0].bytes, 'x');
            const auto damaged = bring(server, data);
            ASSERT_TRUE(damaged.error);
            EXPECT_NE(damaged.error->text.find("damaged"), std::string::npos) << damaged.error->text;
        }
        const auto again = bring(server, data);
        ASSERT_FALSE(again.error) << step << ": " << again.error->text;
        EXPECT_EQ(std::filesystem::file_size(base(server) / "datasets" / data.id / "table.csv"),
                  data.bytes());
        std::filesystem::remove(settings.acceptedKeys);
    }
}

TEST_F(NodeDataTest, ADatasetThatIsNowhereIsTold) {
    const TestSshd server;
    const std::vector<SshNode> nodes{{NodeId("n1"), {{server.hop()}}}};
    const auto absent = findDataset(nodes, folder.path() / "absent", {settings, questions}, {});
    ASSERT_TRUE(absent[0].error);
    EXPECT_EQ(absent[0].error->kind, ErrorKind::NotFound);
    EXPECT_FALSE(findDataset(nodes, folder.path(), {settings, questions}, {})[0].error);
    JobSpec job;
    job.dataset.csv = (folder.path() / "absent.csv").string();
    EXPECT_EQ(dataOf(job).error().kind, ErrorKind::NotFound);
}

}  // namespace
}  // namespace longship::test
