#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>

#include "core/protocol/lineage.h"
#include "tests/system/test_cluster.h"

// One of two nodes that held most of the votes is gone, and a person tells the other to go on: real processes
// with a scripted worker.
namespace longship::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 40s;

struct Said {
    int status = -1;
    std::string text;
};

class Takeovers : public ::testing::Test {
protected:
    void SetUp() override {
        m_cluster.start();
        m_run = m_cluster.submit(scriptedJob("endless", 1'000'000));
        ASSERT_TRUE(m_cluster.waitForTraining(m_run));
        ASSERT_TRUE(waitForMembers(0, 2));
        m_holder = m_cluster.leader();
        m_other = 1 - m_holder;
    }

    MembershipCommitted membership() {
        const auto run = m_cluster.run(m_run);
        return run && !run->memberships.empty() ? run->memberships.back() : MembershipCommitted{};
    }
    /// Trains in a membership after that one with so many members.
    bool waitForMembers(MembershipNumber after, std::size_t members) {
        return waitUntil(
            [&] {
                const MembershipCommitted now = membership();
                return now.number > after && now.members.size() == members &&
                       !m_cluster.client().rows(m_run, RowKey{now.number, 0}, 1).empty();
            },
            kPatience);
    }
    /// What the command line says to it.
    Said takeOver() {
        const std::string command =
            fmt::format("LONGSHIP_HOME='{}' timeout 60 '{}' cluster takeover test --yes --json 2>&1",
                        m_cluster.home().data.parent_path().string(), LONGSHIP_PROGRAM);
        Said said;
        std::FILE* pipe = ::popen(command.c_str(), "r");
        char part[512];
        while (std::fgets(part, sizeof part, pipe) != nullptr) {
            said.text += part;
        }
        said.status = WEXITSTATUS(::pclose(pipe));
        return said;
    }
    void comeBack(unsigned index) {
        m_cluster.startAgent(index);
        const auto told = m_cluster.handOutRoster();
        ASSERT_TRUE(told) << told.error().text;
    }
    void stopAndVerify() {
        const auto stopped = m_cluster.client().stop(m_run);
        ASSERT_TRUE(stopped) << stopped.error().text;
        ASSERT_TRUE(m_cluster.waitForEnd(m_run, kPatience));
        EXPECT_EQ(m_cluster.stateOf(m_run), RunState::Stopped);
        const auto proof = m_cluster.client().verify(m_run);
        ASSERT_TRUE(proof) << proof.error().text;
        for (const EpochProof& epoch : proof->epochs) {
            EXPECT_TRUE(epoch.exact()) << "epoch " << epoch.epoch;
        }
        EXPECT_FALSE(proof->epochs.empty());
    }

    TestCluster m_cluster{SCRIPTED_WORKER, 2};
    RunId m_run;
    unsigned m_holder = 0;  ///< Of two votes of three.
    unsigned m_other = 0;
};

TEST_F(Takeovers, TheRunGoesOnWhenTheOneWithTheVotesIsDestroyed) {
    const Said early = takeOver();
    EXPECT_EQ(early.status, 2) << "nothing is taken over while somebody leads";
    EXPECT_NE(early.text.find("leads the cluster"), std::string::npos) << early.text;
    const MembershipNumber before = membership().number;
    const std::vector<pid_t> survivors = m_cluster.workersOf(m_other);
    m_cluster.killAgent(m_holder);
    std::filesystem::remove_all(m_cluster.nodeFolder(m_holder));
    const Said said = takeOver();
    EXPECT_EQ(said.status, 0) << said.text;
    const std::string lost = m_cluster.node(m_holder).value;
    EXPECT_NE(said.text.find(lost + "     does not answer"), std::string::npos) << said.text;
    EXPECT_NE(said.text.find("\"event\":\"taken_over\""), std::string::npos) << said.text;
    ASSERT_TRUE(waitForMembers(before, 1));
    EXPECT_GT(takeoversBefore(membership().term), 0U);
    EXPECT_EQ(m_cluster.workersOf(m_other), survivors) << "its worker goes on with what it has";

    ASSERT_NO_FATAL_FAILURE(comeBack(m_holder));
    ASSERT_TRUE(waitForMembers(membership().number, 2)) << "a node with an empty home joins";
    stopAndVerify();
}

TEST_F(Takeovers, WhatTheOtherSideDidMeanwhileIsVoid) {
    const MembershipNumber before = membership().number;
    const auto cut = m_cluster.client().drill(m_run, m_cluster.node(m_other), Fault::Partition, 15s);
    ASSERT_TRUE(cut) << cut.error().text;
    ASSERT_TRUE(waitForMembers(before, 1)) << "the one with two votes goes on alone";
    m_cluster.killAgent(m_holder);
    const Said said = takeOver();
    ASSERT_EQ(said.status, 0) << said.text;
    const auto isOfTheBranch = [](const MembershipCommitted& one) { return takeoversBefore(one.term) > 0; };
    ASSERT_TRUE(
        waitUntil([&] { return isOfTheBranch(membership()) && waitForMembers(before, 1); }, kPatience));
    const auto run = m_cluster.run(m_run);
    for (const MembershipCommitted& one : run->memberships) {
        EXPECT_TRUE(one.number <= before || isOfTheBranch(one)) << "membership " << one.number << " is void";
    }

    ASSERT_NO_FATAL_FAILURE(comeBack(m_holder));
    ASSERT_TRUE(waitForMembers(membership().number, 2)) << "with its old home, too";
    EXPECT_NE(m_cluster.agentLog(m_holder).find("is void"), std::string::npos);
    EXPECT_EQ(m_cluster.leader(), m_other);
    stopAndVerify();
}

}  // namespace
}  // namespace longship::test
