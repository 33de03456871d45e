#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>

#include "core/base/random.h"
#include "tests/system/test_cluster.h"

// Agents and workers that die or hang while a real cluster trains: the run completes, the ledger is exact,
// and under `numerics: reproducible` the parameters are those of a run that nobody disturbed.
namespace longship::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 120s;  // Loading libtorch three times takes its time on a busy machine.
constexpr std::size_t kRowsMax = 100'000;

/// Three clouds of points with a label each, as a table.
void writeTable(const std::filesystem::path& path) {
    std::ofstream file(path);
    SeededRandom random(7);
    file << "x,y,kind\n";
    for (int i = 0; i < 1000; ++i) {
        const auto kind = random.below(3);
        const double angle = 2.1 * static_cast<double>(kind);
        file << std::cos(angle) + 0.4 * random.unit() << "," << std::sin(angle) + 0.4 * random.unit() << ","
             << std::string(1, static_cast<char>('a' + kind)) << "\n";
    }
}

class Recovery : public ::testing::Test {
protected:
    void SetUp() override {
        m_cluster.start();
        writeTable(m_cluster.files().folder / "table.csv");
    }

    JobSpec job() {
        JobSpec job;
        job.name = "table";
        job.dataset.csv = (m_cluster.files().folder / "table.csv").string();
        job.dataset.label = "kind";
        job.model.name = "mlp";
        job.model.hidden = {64};
        job.optimizer.kind = OptimizerKind::Adam;
        job.optimizer.learningRate = 0.001;
        job.workers = 3;  // The slots of the run before may be about to become free.
        job.globalBatch = 60;
        job.microBatch = 2;
        job.epochs = 150;  // 2250 steps: several seconds.
        job.numerics = Numerics::Reproducible;
        return job;
    }

    /// The parameters of a run that nobody disturbs. The same for every test.
    std::string undisturbedHash() {
        static std::string hash;
        if (hash.empty()) {
            const RunId run = m_cluster.submit(job());
            EXPECT_TRUE(m_cluster.waitForEnd(run, kPatience));
            hash = m_cluster.run(run)->finished->parameterHash;
        }
        return hash;
    }

    std::vector<StepRow> rows(const RunId& run) {
        return m_cluster.client().rows(run, std::nullopt, kRowsMax);
    }
    /// Membership of the newest row; 0: none.
    MembershipNumber trainingIn(const RunId& run) {
        const auto all = rows(run);
        return all.empty() ? 0 : all.back().key.membership;
    }

    RunId startTraining() {
        const RunId run = m_cluster.submit(job());
        EXPECT_TRUE(waitUntil([&] { return rows(run).size() > 20; }, kPatience));
        return run;
    }

    /// Until a membership above `number` has a final row; tells how long after `begin` its first step was
    /// applied.
    MembershipNumber expectToGoOn(const RunId& run, MembershipNumber number, UtcTime begin,
                                  const std::string& what) {
        EXPECT_TRUE(waitUntil([&] { return trainingIn(run) > number || isTerminal(m_cluster.stateOf(run)); },
                              kPatience));
        for (const StepRow& row : rows(run)) {
            if (row.key.membership > number) {
                const auto micros = row.appliedAt.microseconds - begin.microseconds;
                std::cout << fmt::format("{}: {:.3f} s to the first step of membership {}\n", what,
                                         static_cast<double>(micros) / 1e6, row.key.membership);
                return row.key.membership;
            }
        }
        ADD_FAILURE() << "no step of a membership after " << number;
        return number;
    }

    void expectToEndAsUndisturbed(const RunId& run, const std::string& hash) {
        ASSERT_TRUE(m_cluster.waitForEnd(run, kPatience));
        const auto snapshot = m_cluster.run(run);
        ASSERT_EQ(snapshot->state, RunState::Completed) << snapshot->finished->cause;
        EXPECT_EQ(snapshot->finished->parameterHash, hash);
        const std::uint64_t samples = snapshot->prepared->trainingSamples * job().epochs;
        EXPECT_EQ(snapshot->finished->samples, samples);
        Result<RunProof> proof = m_cluster.client().verify(run);
        // The last rows may still be on their way.
        waitUntil([&] {
            proof = m_cluster.client().verify(run);
            return proof && proof->exact();
        });
        ASSERT_TRUE(proof) << proof.error().text;
        EXPECT_TRUE(proof->exact()) << proof->summary();
        EXPECT_EQ(proof->samplesRead, samples);
        EXPECT_TRUE(waitUntil([&] { return m_cluster.allWorkers().empty(); }));
    }

    UtcTime hit(pid_t process, int signal) {
        const UtcTime now = UtcTime::now();
        EXPECT_EQ(::kill(process, signal), 0);
        return now;
    }

    TestCluster m_cluster{LONGSHIP_WORKER_PROGRAM};
};

TEST_F(Recovery, AKilledWorkerCostsNothingAndComesBack) {
    const std::string hash = undisturbedHash();
    const RunId run = startTraining();
    const UtcTime killed = hit(m_cluster.workersOf(1).at(0), SIGKILL);
    const MembershipNumber number = expectToGoOn(run, 1, killed, "worker killed");
    expectToGoOn(run, number, killed, "worker back");
    expectToEndAsUndisturbed(run, hash);
    const auto snapshot = m_cluster.run(run);
    ASSERT_GE(snapshot->memberships.size(), 3u);
    EXPECT_EQ(snapshot->memberships[number - 1].members.size(), 2u);
    const MembershipCommitted& whole = snapshot->memberships[number];
    ASSERT_EQ(whole.members.size(), 3u) << whole.reason;
    EXPECT_TRUE(std::ranges::any_of(whole.members, [&](const Member& member) {
        return member.node == m_cluster.node(1) && member.generation == 2;
    }));
    ASSERT_FALSE(snapshot->incidents.empty());
    const IncidentRaised& incident = snapshot->incidents.front().incident;
    EXPECT_EQ(incident.node, m_cluster.node(1));
    EXPECT_NE((incident.what + incident.why).find("SIGKILL"), std::string::npos)
        << incident.what << " / " << incident.why;
    const auto& resolved = snapshot->incidents.front().resolved;
    ASSERT_TRUE(resolved);
    EXPECT_EQ(resolved->membership, number);
    std::cout << fmt::format("  the incident says {:.3f} s, {} steps redone: {}\n", resolved->secondsLost,
                             resolved->stepsRedone, resolved->action);
}

TEST_F(Recovery, TheWorkerBesideTheLeaderIsKilled) {
    const std::string hash = undisturbedHash();
    const RunId run = startTraining();
    const UtcTime killed = hit(m_cluster.workersOf(0).at(0), SIGKILL);
    expectToGoOn(run, 1, killed, "worker of the leader's node killed");
    expectToEndAsUndisturbed(run, hash);
}

TEST_F(Recovery, AKilledAgentCostsNothing) {
    const std::string hash = undisturbedHash();
    const RunId run = startTraining();
    const UtcTime killed = hit(m_cluster.agent(2).id(), SIGKILL);
    expectToGoOn(run, 1, killed, "agent killed");
    expectToEndAsUndisturbed(run, hash);
}

TEST_F(Recovery, AStoppedWorkerIsLeftBehind) {
    const std::string hash = undisturbedHash();
    const RunId run = startTraining();
    const UtcTime stopped = hit(m_cluster.workersOf(2).at(0), SIGSTOP);
    expectToGoOn(run, 1, stopped, "worker stopped");
    expectToEndAsUndisturbed(run, hash);
}

TEST_F(Recovery, TwoWorkersAreKilledOneAfterTheOther) {
    const std::string hash = undisturbedHash();
    const RunId run = startTraining();
    const UtcTime first = hit(m_cluster.workersOf(2).at(0), SIGKILL);
    const MembershipNumber number = expectToGoOn(run, 1, first, "first worker killed");
    const UtcTime second = hit(m_cluster.workersOf(1).at(0), SIGKILL);
    expectToGoOn(run, number, second, "second worker killed");
    expectToEndAsUndisturbed(run, hash);
}

}  // namespace
}  // namespace longship::test
