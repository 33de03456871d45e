#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <iostream>

#include "core/domain/checkpoint.h"
#include "tests/system/recovery_cluster.h"

// A whole cluster is killed, agents and workers: the run goes back to its last checkpoint and ends with the
// parameters of a run that nobody disturbed.
namespace longship::test {
namespace {

constexpr unsigned kNodes = 3;

class Checkpoints : public RecoveryTest {
protected:
    /// Until a checkpoint is committed and steps after it are final.
    RunId trainBeyondACheckpoint(RecoveryPolicy policy = RecoveryPolicy::Auto) {
        JobSpec spec = job();
        spec.checkpoint.everySteps = 40;
        spec.recovery.policy = policy;
        const RunId run = m_cluster.submit(spec);
        EXPECT_TRUE(waitUntil(
            [&] {
                const auto snapshot = m_cluster.run(run);
                const auto all = rows(run);
                return snapshot && !snapshot->checkpoints.empty() && !all.empty() &&
                       all.back().key.step > snapshot->checkpoints.back().step;
            },
            kPatience));
        return run;
    }

    void killEverything() {
        std::vector<pid_t> processes = m_cluster.allWorkers();
        for (unsigned index = 0; index < kNodes; ++index) {
            processes.push_back(m_cluster.agent(index).id());
            hit(processes.back(), SIGKILL);
        }
        EXPECT_TRUE(waitUntil([&] { return std::all_of(processes.begin(), processes.end(), isGone); }))
            << "workers do not outlive their agents";
    }

    void startEverything() {
        for (unsigned index = 0; index < kNodes; ++index) {
            m_cluster.startAgent(index);
        }
    }

    /// The membership that went back to a checkpoint, once it is committed.
    MembershipCommitted expectToGoBack(const RunId& run) {
        const auto wentBack = [&]() -> std::optional<MembershipCommitted> {
            const auto snapshot = m_cluster.run(run);
            for (const auto& membership :
                 snapshot ? snapshot->memberships : std::vector<MembershipCommitted>()) {
                if (membership.fromCheckpoint) {
                    return membership;
                }
            }
            return std::nullopt;
        };
        EXPECT_TRUE(waitUntil([&] { return wentBack() || isTerminal(m_cluster.stateOf(run)); }, kPatience));
        return wentBack().value_or(MembershipCommitted());
    }

    std::filesystem::path fileOf(const RunId& run, unsigned index, Step step) const {
        return m_cluster.nodeFolder(index) / "runs" / run.value / checkpointFileName(step);
    }

    /// Some incident of the run says this.
    bool told(const RunId& run, const std::string& words) {
        const auto snapshot = m_cluster.run(run);
        return std::ranges::any_of(snapshot->incidents, [&](const TimedIncident& timed) {
            return (timed.incident.what + timed.incident.action).find(words) != std::string::npos;
        });
    }
};

TEST_F(Checkpoints, TheWholeClusterIsKilledAndGoesOnExactly) {
    const std::string hash = undisturbedHash();
    const RunId run = trainBeyondACheckpoint();
    const UtcTime killed = UtcTime::now();
    killEverything();
    startEverything();
    const MembershipCommitted back = expectToGoBack(run);
    EXPECT_GT(back.baseStep, 0u);
    EXPECT_EQ(back.baseStep % 40, 0u);
    EXPECT_EQ(back.members.size(), kNodes);
    expectToGoOn(run, back.number - 1, killed, "cluster killed and started again");
    expectToEndAsUndisturbed(run, hash);
    EXPECT_TRUE(told(run, fmt::format("went back to the checkpoint of step {}", back.baseStep)));
    const auto snapshot = m_cluster.run(run);
    const auto resolved = std::ranges::find_if(snapshot->incidents, [](const TimedIncident& incident) {
        return incident.incident.action.find("went back") != std::string::npos;
    });
    ASSERT_TRUE(resolved != snapshot->incidents.end() && resolved->resolved);
    // What is left: the last one, on as many nodes as the job asks for.
    const CheckpointCommitted last = m_cluster.run(run)->checkpoints.back();
    EXPECT_EQ(last.nodes.size(), 2u);
    EXPECT_TRUE(waitUntil([&] {
        std::size_t copies = 0;
        std::size_t others = 0;
        for (unsigned index = 0; index < kNodes; ++index) {
            for (const auto& file :
                 std::filesystem::directory_iterator(m_cluster.nodeFolder(index) / "runs" / run.value)) {
                const std::string name = file.path().filename().string();
                copies += name == checkpointFileName(last.step) ? 1 : 0;
                others += checkpointStepOf(name) && *checkpointStepOf(name) != last.step ? 1 : 0;
            }
        }
        return copies == 2 && others == 0;
    })) << "older checkpoints are removed";
}

TEST_F(Checkpoints, ADamagedCopyIsRefusedAndTheOtherOneUsed) {
    const std::string hash = undisturbedHash();
    const RunId run = trainBeyondACheckpoint();
    killEverything();
    const CheckpointCommitted last = m_cluster.run(run)->checkpoints.back();
    ASSERT_EQ(last.nodes.size(), 2u);
    unsigned damaged = 0;
    while (m_cluster.node(damaged) != last.nodes.front()) {
        ++damaged;
    }
    // The client may lack the very last event: whatever is there is damaged.
    for (const auto& file :
         std::filesystem::directory_iterator(m_cluster.nodeFolder(damaged) / "runs" / run.value)) {
        if (checkpointStepOf(file.path().filename().string()) && file.path().extension() == ".safetensors") {
            std::fstream bytes(file.path(), std::ios::in | std::ios::out | std::ios::binary);
            bytes.seekp(static_cast<std::streamoff>(file.file_size() / 2));
            bytes.put('!');
            bytes.put('?');
        }
    }
    startEverything();
    const MembershipCommitted back = expectToGoBack(run);
    EXPECT_GT(back.baseStep, 0u);
    expectToEndAsUndisturbed(run, hash);
    EXPECT_TRUE(told(run, "is damaged"));
}

TEST_F(Checkpoints, UnderAskTheRunWaitsForResume) {
    const std::string hash = undisturbedHash();
    const RunId run = trainBeyondACheckpoint(RecoveryPolicy::Ask);
    killEverything();
    startEverything();
    ASSERT_TRUE(waitUntil([&] { return m_cluster.stateOf(run) == RunState::Paused; }, kPatience));
    ASSERT_TRUE(waitUntil([&] { return told(run, "It can go back to the checkpoint of step"); }, kPatience));
    EXPECT_TRUE(m_cluster.allWorkers().empty());
    const auto resumed = m_cluster.client().resume(run);
    ASSERT_TRUE(resumed) << resumed.error().text;
    expectToGoBack(run);
    expectToEndAsUndisturbed(run, hash);
}

}  // namespace
}  // namespace longship::test
