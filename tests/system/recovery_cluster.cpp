#include "tests/system/recovery_cluster.h"

#include <fmt/format.h>
#include <signal.h>

#include <cmath>
#include <fstream>
#include <iostream>
#include <map>

#include "core/base/random.h"

namespace longship::test {
namespace {

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

}  // namespace

void RecoveryTest::SetUp() {
    m_cluster.start();
    writeTable(m_cluster.files().folder / "table.csv");
}

JobSpec RecoveryTest::job() {
    JobSpec job;
    job.name = "table";
    job.dataset.csv = (m_cluster.files().folder / "table.csv").string();
    job.dataset.label = "kind";
    job.model.name = "mlp";
    job.model.hidden = {64};
    job.optimizer.kind = OptimizerKind::Adam;
    job.optimizer.learningRate = 0.001;
    job.workers = m_workers;
    job.globalBatch = 60;
    job.microBatch = 2;
    job.epochs = m_epochs;
    job.numerics = Numerics::Reproducible;
    if (m_servers > 0) {
        job.strategy = {.kind = StrategyKind::ParameterServer, .servers = m_servers};
    }
    return job;
}

std::string RecoveryTest::undisturbedHash() {
    static std::map<unsigned, std::string> hashes;
    std::string& hash = hashes[m_epochs];
    if (hash.empty()) {
        const RunId run = m_cluster.submit(job());
        EXPECT_TRUE(m_cluster.waitForEnd(run, kPatience));
        hash = m_cluster.run(run)->finished->parameterHash;
    }
    return hash;
}

std::vector<StepRow> RecoveryTest::rows(const RunId& run) {
    return m_cluster.client().rows(run, std::nullopt, kRowsMax);
}

MembershipNumber RecoveryTest::trainingIn(const RunId& run) {
    const auto all = rows(run);
    return all.empty() ? 0 : all.back().key.membership;
}

RunId RecoveryTest::startTraining() {
    const RunId run = m_cluster.submit(job());
    EXPECT_TRUE(waitUntil([&] { return rows(run).size() > 20; }, kPatience));
    return run;
}

MembershipNumber RecoveryTest::expectToGoOn(const RunId& run, MembershipNumber number, UtcTime begin,
                                            const std::string& what) {
    EXPECT_TRUE(
        waitUntil([&] { return trainingIn(run) > number || isTerminal(m_cluster.stateOf(run)); }, kPatience));
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

void RecoveryTest::expectToEndAsUndisturbed(const RunId& run, const std::string& hash) {
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

UtcTime RecoveryTest::hit(pid_t process, int signal) {
    const UtcTime now = UtcTime::now();
    EXPECT_EQ(::kill(process, signal), 0);
    return now;
}

}  // namespace longship::test
