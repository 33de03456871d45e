// The client over real sockets and a real history, against agents that follow a script.
#include "core/client/cluster_client.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <span>

#include "core/base/digest.h"
#include "core/client/cluster_record.h"
#include "tests/core/client/fake_agent.h"
#include "tests/support/temp_folder.h"

namespace longship::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const RunId kRun("20260131-120000-aaaa");

/// Lets a test wait for what the client tells its observers.
class Listener : public ClientObserver {
public:
    explicit Listener(Client& client) : m_client(client) { m_client.addObserver(this); }
    ~Listener() override { m_client.removeObserver(this); }

    void clusterChanged() override { note(); }
    void runChanged(const RunId&) override { note(); }

    template <typename Done>
    bool waitFor(Done done, milliseconds patience = seconds(10)) {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, patience, done);
    }

private:
    void note() {
        const std::lock_guard lock(m_mutex);
        m_changed.notify_all();
    }

    Client& m_client;
    std::mutex m_mutex;
    std::condition_variable m_changed;
};

class ClusterClientTest : public ::testing::Test {
protected:
    ClusterClientTest()
        : m_home{m_folder.path() / "data", m_folder.path() / "config"},
          m_files{"fake", m_home.data / "clusters" / "fake"},
          m_records(kRun),
          m_keys(loadClientKey(m_files).value()),
          m_first(NodeId("node-a"), NodeId("node-a"), m_records, m_keys.publicKey),
          m_second(NodeId("node-b"), NodeId("node-a"), m_records, m_keys.publicKey) {}

    void publish() {
        const ClusterRecord record{"fake", false, {m_first.entry(), m_second.entry()}};
        ASSERT_TRUE(writeClusterRecord(m_files, record));
    }
    std::unique_ptr<Client> open() {
        auto client = openClient(m_home, m_files);
        EXPECT_TRUE(client) << client.error().text;
        return std::move(*client);
    }
    static std::size_t rowCount(const Client& client) {
        return client.rows(kRun, std::nullopt, 100'000).size();
    }

    TempFolder m_folder;
    HomeFolders m_home;
    ClusterFiles m_files;
    FakeRecords m_records;
    KeyPair m_keys;
    FakeAgent m_first;
    FakeAgent m_second;
};

TEST_F(ClusterClientTest, OpensAtOnceWithoutAClusterAndFindsItLater) {
    const TimePoint before = BootClock::now();
    const auto client = open();
    EXPECT_LT(toSeconds(BootClock::now() - before), 2.0);
    EXPECT_FALSE(client->cluster().connected);
    EXPECT_NE(client->cluster().detail.find("has not been started"), std::string::npos);
    Listener listener(*client);
    publish();
    EXPECT_TRUE(listener.waitFor([&] { return client->cluster().connected; }));
}

TEST_F(ClusterClientTest, ARowCanBeReadSoonAfterTheAgentHasIt) {
    publish();
    m_records.addEvent(RunQueued{"dataset: fashion-mnist\n", "fake"});
    const auto client = open();
    Listener listener(*client);
    ASSERT_TRUE(listener.waitFor([&] { return client->cluster().caughtUp; }));
    std::vector<double> delays;
    for (Step step = 0; step < 20; ++step) {
        const TimePoint added = BootClock::now();
        m_records.addRow(step);
        ASSERT_TRUE(listener.waitFor([&] { return rowCount(*client) == step + 1; }));
        delays.push_back(toSeconds(BootClock::now() - added));
    }
    std::sort(delays.begin(), delays.end());
    EXPECT_LT(delays[delays.size() / 2], 0.2);
    std::vector<RowKey> keys;
    for (const StepRow& row : client->rows(kRun, RowKey{1, 4}, 5)) {
        keys.push_back(row.key);
    }
    EXPECT_EQ(keys, (std::vector<RowKey>{{1, 5}, {1, 6}, {1, 7}, {1, 8}, {1, 9}}));
}

TEST_F(ClusterClientTest, ALostConnectionLosesAndDoublesNothing) {
    publish();
    m_records.addEvent(RunQueued{"dataset: fashion-mnist\n", "fake"});
    m_records.addRow(0);
    const auto client = open();
    Listener listener(*client);
    ASSERT_TRUE(listener.waitFor([&] { return rowCount(*client) == 1; }));
    // The leader goes; the other node knows more meanwhile.
    m_first.die();
    m_records.addRow(1);
    m_records.addEvent(StateChanged{RunState::Training});
    ASSERT_TRUE(listener.waitFor([&] { return rowCount(*client) == 2; }, seconds(5)));
    ASSERT_TRUE(listener.waitFor([&] { return client->events(kRun).size() == 2; }));
    m_first.revive();
    m_second.die();
    m_records.addRow(2);
    ASSERT_TRUE(listener.waitFor([&] { return rowCount(*client) == 3; }));
    EXPECT_EQ(client->events(kRun).size(), 2u);
    EXPECT_EQ(client->run(kRun)->state, RunState::Training);
}

TEST_F(ClusterClientTest, WhatWasPulledIsThereWithoutTheCluster) {
    publish();
    m_records.addEvent(RunQueued{"dataset: fashion-mnist\nname: kept\n", "fake"});
    for (Step step = 0; step < 50; ++step) {
        m_records.addRow(step);
    }
    {
        const auto client = open();
        Listener listener(*client);
        ASSERT_TRUE(listener.waitFor([&] { return rowCount(*client) == 50; }));
    }
    m_first.die();
    m_second.die();
    const auto client = openHistoryClient(m_home);
    ASSERT_TRUE(client);
    ASSERT_EQ((*client)->runs().size(), 1u);
    EXPECT_EQ((*client)->runs()[0].name, "kept");
    EXPECT_EQ(rowCount(**client), 50u);
}

TEST_F(ClusterClientTest, TwoProgramsOnOneHistoryKeepEachRecordOnce) {
    publish();
    m_records.addEvent(RunQueued{"dataset: fashion-mnist\n", "fake"});
    {
        const auto one = open();
        const auto two = open();
        Listener first(*one);
        Listener second(*two);
        for (Step step = 0; step < 300; ++step) {
            m_records.addRow(step);
        }
        ASSERT_TRUE(first.waitFor([&] { return rowCount(*one) == 300; }));
        ASSERT_TRUE(second.waitFor([&] { return rowCount(*two) == 300; }));
    }
    const auto client = openHistoryClient(m_home);
    ASSERT_TRUE(client);
    EXPECT_EQ(rowCount(**client), 300u);
    EXPECT_EQ((*client)->events(kRun).size(), 1u);
}

TEST_F(ClusterClientTest, ARunOfAnotherProgramAppears) {
    publish();
    const auto history = openHistoryClient(m_home);
    ASSERT_TRUE(history);
    Listener listener(**history);
    m_records.addEvent(RunQueued{"dataset: fashion-mnist\n", "fake"});
    const auto client = open();
    EXPECT_TRUE(listener.waitFor([&] { return (*history)->runs().size() == 1; }));
}

TEST_F(ClusterClientTest, ACommandWhoseAnswerWasLostHasOneEffect) {
    publish();
    const auto client = open();
    Listener listener(*client);
    ASSERT_TRUE(listener.waitFor([&] { return client->cluster().connected; }));
    m_records.loseNextAnswer();
    std::thread breaker([&] {
        // Once the command was executed the connection breaks before the answer arrives.
        while (m_records.commandsExecuted() == 0) {
            std::this_thread::yield();
        }
        m_first.die();
        m_first.revive();
    });
    const auto run = client->submit(demoJob());
    breaker.join();
    ASSERT_TRUE(run) << run.error().text;
    EXPECT_EQ(*run, kRun);
    EXPECT_EQ(m_records.commandsExecuted(), 1);
}

TEST_F(ClusterClientTest, TheModelIsFetchedCheckedAndSavedWithoutTheNodes) {
    publish();
    std::string model(3'500'000, 'm');
    model += "end";
    m_records.setModel(model);
    m_records.addEvent(RunQueued{"dataset: fashion-mnist\n", "fake"});
    const auto client = open();
    EXPECT_EQ(client->saveModel(kRun, m_folder.path() / "early").error().kind, ErrorKind::NotFound);
    m_records.addEvent(
        ModelSaved{NodeId("node-b"), model.size(), sha256Hex(std::as_bytes(std::span(model)))});
    Listener listener(*client);
    ASSERT_TRUE(listener.waitFor([&] { return client->modelCopy(kRun).complete; }));
    m_first.die();
    m_second.die();
    const auto target = m_folder.path() / "taken-home.safetensors";
    const auto saved = client->saveModel(kRun, target);
    ASSERT_TRUE(saved) << saved.error().text;
    EXPECT_EQ(readFile(target).value(), model);
    EXPECT_EQ(client->saveModel(kRun, m_folder.path() / "no" / "folder").error().kind, ErrorKind::Io);
}

TEST_F(ClusterClientTest, AModelThatIsNotTheRunsIsNotKept) {
    publish();
    m_records.setModel("forged");
    m_records.addEvent(RunQueued{"dataset: fashion-mnist\n", "fake"});
    m_records.addEvent(ModelSaved{NodeId("node-a"), 6, std::string(64, 'a')});
    const auto client = open();
    Listener listener(*client);
    ASSERT_TRUE(listener.waitFor([&] { return !client->modelCopy(kRun).problem.empty(); }));
    EXPECT_FALSE(client->modelCopy(kRun).complete);
    EXPECT_NE(client->modelCopy(kRun).problem.find("SHA-256"), std::string::npos);
}

TEST_F(ClusterClientTest, AForgottenRunStaysForgotten) {
    publish();
    m_records.addEvent(RunQueued{"dataset: fashion-mnist\n", "fake"});
    auto client = open();
    {
        Listener listener(*client);
        ASSERT_TRUE(listener.waitFor([&] { return client->runs().size() == 1; }));
        EXPECT_EQ(client->forget(kRun).error().kind, ErrorKind::Refused) << "it goes on";
        m_records.addEvent(RunFinished{RunState::Failed, 0, 0, std::nullopt, "x", ""});
        m_records.addEvent(StateChanged{RunState::Failed});
        ASSERT_TRUE(listener.waitFor([&] { return isTerminal(client->run(kRun)->state); }));
        const auto forgotten = client->forget(kRun);
        ASSERT_TRUE(forgotten) << forgotten.error().text;
        ASSERT_TRUE(listener.waitFor([&] { return client->runs().empty(); }));
    }
    client.reset();
    client = open();
    Listener listener(*client);
    ASSERT_TRUE(listener.waitFor([&] { return client->cluster().caughtUp; }));
    EXPECT_TRUE(client->runs().empty());
}

TEST_F(ClusterClientTest, WhatATakeoverMadeVoidIsNotKept) {
    publish();
    m_records.addEvent(RunQueued{"dataset: fashion-mnist\n", "fake"});
    m_records.addEvent(StateChanged{RunState::Training});
    for (Step step = 0; step < 30; ++step) {
        m_records.addRow(step);
    }
    {
        const auto client = open();
        Listener listener(*client);
        ASSERT_TRUE(listener.waitFor([&] { return rowCount(*client) == 30; }));
        m_records.takeOver(
            {RunQueued{"dataset: fashion-mnist\nname: branch\n", "fake"}, StateChanged{RunState::Preparing}});
        m_records.addRow(0);
        // What it has is found void at its next question, which may be answered only after some seconds.
        ASSERT_TRUE(listener.waitFor(
            [&] { return rowCount(*client) == 1 && client->events(kRun).size() == 2; }, seconds(30)));
        EXPECT_EQ(client->run(kRun)->state, RunState::Preparing);
        EXPECT_EQ(client->runs().at(0).name, "branch");
        EXPECT_FALSE(client->isLeftBehind(kRun)) << "the cluster knows it";
    }
    const auto client = openHistoryClient(m_home);
    ASSERT_TRUE(client);
    EXPECT_EQ(rowCount(**client), 1u) << "it is gone from the disk, too";
}

TEST_F(ClusterClientTest, ARunThatNobodyKnowsAnyMoreIsLeftBehind) {
    m_records.addEvent(RunQueued{"dataset: fashion-mnist\n", "fake"});
    m_records.addEvent(StateChanged{RunState::Training});
    publish();
    const auto client = open();
    Listener listener(*client);
    ASSERT_TRUE(listener.waitFor([&] { return client->runs().size() == 1; }));
    EXPECT_FALSE(client->isLeftBehind(kRun));
    // Those that knew it are gone for good; others lead the cluster, and have a run of their own.
    const RunId other("20260131-130000-bbbb");
    FakeRecords records(other);
    records.addEvent(RunQueued{"dataset: fashion-mnist\n", "fake"});
    m_first.die();
    m_second.die();
    const FakeAgent third(NodeId("node-a"), NodeId("node-a"), records, m_keys.publicKey);
    ASSERT_TRUE(writeClusterRecord(m_files, {"fake", false, {third.entry()}}));
    ASSERT_TRUE(listener.waitFor([&] { return client->isLeftBehind(kRun); }, seconds(30)));
    EXPECT_FALSE(client->isLeftBehind(other));
    for (const RunSummary& run : client->runs()) {
        EXPECT_EQ(run.leftBehind, run.run == kRun);
    }
    EXPECT_EQ(client->run(kRun)->state, RunState::Training) << "as far as is known";
    const auto forgotten = client->forget(kRun);
    EXPECT_TRUE(forgotten) << forgotten.error().text;
}

}  // namespace
}  // namespace longship::test
