#include "agent/daemon/client_desk.h"

#include <gtest/gtest.h>

#include <deque>
#include <fstream>

#include "tests/support/run_records.h"
#include "tests/support/temp_folder.h"

namespace longship {
namespace {

using namespace std::chrono_literals;

/// A desk over a real history in a fresh folder, and what it said.
class Desk : public ::testing::Test {
protected:
    void SetUp() override {
        m_history = History::open(m_folder.path() / "history.db").value();
        m_home.emplace(AgentHome::open(m_folder.path() / "home").value());
        m_desk.emplace(
            *m_history, m_heads, *m_home,
            [this](const ConnectionId& to, const Message& message) {
                m_said.emplace_back(to, message);
                return !m_gone.contains(to);
            },
            [this](TimePoint) { return m_status; }, [this](const RunId&) { return m_heldBack; });
    }

    void store(std::uint64_t sequence, RunEventBody body) {
        const RunEvent event = test::eventOf(kRun, sequence, std::move(body));
        m_heads.apply(event);
        m_history->append({event}, {}, RunId());
        ASSERT_TRUE(m_history->sync());
        m_desk->eventsAppended(RunId(kRun), sequence);
    }

    PullRequest pullFrom(std::uint64_t afterSequence, std::uint32_t waitMs) {
        PullRequest request;
        request.request = ++m_requests;
        request.run = RunId(kRun);
        request.afterSequence = afterSequence;
        request.waitMs = waitMs;
        return request;
    }

    /// What was said since the last call, if it is one thing of this kind.
    template <typename T>
    std::optional<T> takeOnly() {
        const auto said = std::exchange(m_said, {});
        const T* only = said.size() == 1 ? std::get_if<T>(&said.front().second) : nullptr;
        return only == nullptr ? std::nullopt : std::optional<T>(*only);
    }

    static constexpr const char* kRun = "20260131-120000-aaaa";

    test::TempFolder m_folder;
    std::unique_ptr<History> m_history;
    RunHeads m_heads;
    std::optional<AgentHome> m_home;
    std::optional<ClientDesk> m_desk;
    ClusterStatus m_status;
    std::vector<std::pair<ConnectionId, Message>> m_said;
    std::set<ConnectionId> m_gone;
    std::uint64_t m_requests = 0;
    std::optional<Step> m_heldBack;
    TimePoint m_now{1h};
};

TEST_F(Desk, WhatIsThereIsAnsweredAtOnce) {
    store(1, StateChanged{RunState::Preparing});
    m_desk->pull("one", pullFrom(0, 1000), m_now);
    const auto answer = takeOnly<PullAnswer>();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->request, 1u);
    EXPECT_EQ(answer->events.size(), 1u);
}

TEST_F(Desk, ALongPollIsAnsweredWhenSomethingComes) {
    store(1, StateChanged{RunState::Preparing});
    m_desk->publish(m_now);
    m_desk->pull("one", pullFrom(1, 1000), m_now);
    m_desk->publish(m_now);
    EXPECT_TRUE(m_said.empty());
    store(2, StateChanged{RunState::Training});
    m_desk->publish(m_now + 1ms);
    const auto answer = takeOnly<PullAnswer>();
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->events.size(), 1u);
    EXPECT_EQ(answer->events[0].sequence, 2u);
    m_desk->publish(m_now + 2ms);
    EXPECT_TRUE(m_said.empty()) << "once is enough";
}

TEST_F(Desk, ALongPollEndsEmptyWhenItsTimeIsOver) {
    store(1, StateChanged{RunState::Preparing});
    m_desk->publish(m_now);
    m_desk->pull("one", pullFrom(1, 1000), m_now);
    EXPECT_LE(m_desk->nextTimeout(), m_now + 1000ms);
    m_desk->publish(m_now + 999ms);
    EXPECT_TRUE(m_said.empty());
    m_desk->publish(m_now + 1000ms);
    const auto answer = takeOnly<PullAnswer>();
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->events.empty() && answer->rows.empty());
}

TEST_F(Desk, RowsAreAnsweredOnceTheHistoryHasThem) {
    store(1, StateChanged{RunState::Training});
    m_desk->publish(m_now);
    m_desk->pull("one", pullFrom(1, 60'000), m_now);
    StepRow row;
    row.key = {1, 0};
    m_desk->rowsAppended(RunId(kRun), row.key);
    m_desk->publish(m_now);
    EXPECT_TRUE(m_said.empty()) << "they are on their way";
    EXPECT_LE(m_desk->nextTimeout(), m_now + 50ms) << "it looks again soon";
    m_history->append({}, {row}, RunId(kRun));
    ASSERT_TRUE(m_history->sync());
    m_desk->publish(m_now + 50ms);
    const auto answer = takeOnly<PullAnswer>();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->rows.size(), 1u);
}

TEST_F(Desk, RowsBehindAGapThatIsBeingFilledAreHeldBack) {
    store(1, StateChanged{RunState::Training});
    m_history->append({}, {test::rowOf(1, 0), test::rowOf(1, 1), test::rowOf(1, 3)}, RunId(kRun));
    ASSERT_TRUE(m_history->sync());
    m_heldBack = 2;
    PullRequest request = pullFrom(1, 0);
    request.rowsMax = 10;
    m_desk->pull("one", request, m_now);
    auto answer = takeOnly<PullAnswer>();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->rows.size(), 2u);
    EXPECT_FALSE(answer->more);
    m_heldBack.reset();
    request.afterRow = answer->rows.back().key;
    m_desk->pull("one", request, m_now);
    answer = takeOnly<PullAnswer>();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->rows.size(), 1u);
}

TEST_F(Desk, AnUnknownRunIsRefused) {
    m_desk->pull("one", pullFrom(0, 1000), m_now);
    const auto refusal = takeOnly<Refusal>();
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->kind, ErrorKind::NotFound);
    EXPECT_EQ(refusal->request, 1u);
}

TEST_F(Desk, WatchersAreToldEachSecondAndAtChanges) {
    m_status.nodes.resize(1);
    m_desk->watch("one", m_now);
    EXPECT_TRUE(takeOnly<ClusterStatus>()) << "at once";
    m_desk->publish(m_now);
    EXPECT_TRUE(takeOnly<ClusterStatus>());
    m_desk->statusChanged();
    m_desk->publish(m_now + 100ms);
    EXPECT_TRUE(m_said.empty()) << "nothing has changed in fact";
    m_status.nodes[0].sample = NodeSample{};
    m_desk->statusChanged();
    m_desk->publish(m_now + 200ms);
    EXPECT_TRUE(m_said.empty()) << "samples can wait for their second";
    m_status.nodes[0].state = NodeState::Ready;
    m_desk->statusChanged();
    m_desk->publish(m_now + 300ms);
    EXPECT_TRUE(takeOnly<ClusterStatus>());
    m_desk->publish(m_now + 1299ms);
    EXPECT_TRUE(m_said.empty());
    m_desk->publish(m_now + 1300ms);
    EXPECT_TRUE(takeOnly<ClusterStatus>());
}

TEST_F(Desk, AWatcherThatIsGoneIsForgotten) {
    m_desk->watch("one", m_now);
    EXPECT_TRUE(m_desk->anybodyWatches());
    m_gone.insert("one");
    m_desk->publish(m_now + 1s);
    EXPECT_FALSE(m_desk->anybodyWatches());
}

TEST_F(Desk, FilesAreHandedOutInParts) {
    const auto folder = m_home->makeRunFolder(RunId(kRun)).value();
    std::ofstream(folder / "worker-0.log") << "0123456789";
    FetchRequest request{7, RunId(kRun), "worker-0.log", 4, 3};
    m_desk->fetch("one", request);
    auto answer = takeOnly<FetchAnswer>();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->request, 7u);
    EXPECT_EQ(answer->bytes, "456");
    EXPECT_EQ(answer->bytesTotal, 10u);

    request.offset = 100;
    m_desk->fetch("one", request);
    answer = takeOnly<FetchAnswer>();
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->bytes.empty());
}

TEST_F(Desk, OnlyRealFilesOfTheRunAreHandedOut) {
    const auto folder = m_home->makeRunFolder(RunId(kRun)).value();
    std::filesystem::create_symlink(m_home->folder() / "agent.lock", folder / "worker-1.log");
    std::filesystem::create_directory(folder / "worker-2.log");
    for (const char* name : {"worker-0.log", "worker-1.log", "worker-2.log", "../../agent.lock"}) {
        m_desk->fetch("one", FetchRequest{7, RunId(kRun), name, 0, 100});
        const auto refusal = takeOnly<Refusal>();
        ASSERT_TRUE(refusal) << name;
        EXPECT_EQ(refusal->request, 7u);
    }
}

}  // namespace
}  // namespace longship
