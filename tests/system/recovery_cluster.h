#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/system/test_cluster.h"

namespace longship::test {

/// A cluster of real workers that trains while tests disturb it. The job is reproducible: whatever is done to
/// its runs, they end with the parameters of a run that nobody disturbed.
class RecoveryTest : public ::testing::Test {
protected:
    explicit RecoveryTest(unsigned nodes = 3) : m_cluster(LONGSHIP_WORKER_PROGRAM, nodes) {}

    /// Loading libtorch three times takes its time on a busy machine.
    static constexpr std::chrono::seconds kPatience{120};

    void SetUp() override;

    virtual JobSpec job();

    /// The parameters of a run that nobody disturbs. The same for every test with as many epochs.
    std::string undisturbedHash();

    std::vector<StepRow> rows(const RunId& run);
    /// Membership of the newest row; 0: none.
    MembershipNumber trainingIn(const RunId& run);
    RunId startTraining();

    /// Until a membership above `number` has a final row; tells how long after `begin` its first step was
    /// applied.
    MembershipNumber expectToGoOn(const RunId& run, MembershipNumber number, UtcTime begin,
                                  const std::string& what);

    void expectToEndAsUndisturbed(const RunId& run, const std::string& hash);

    /// The signal, and when it was sent.
    UtcTime hit(pid_t process, int signal);

    unsigned m_epochs = 150;  ///< Of 15 steps: several seconds.
    unsigned m_servers = 0;   ///< 0: allreduce.
    unsigned m_workers = 3;   ///< A run wants. The slots of the run before may be about to become free.
    TestCluster m_cluster;
};

}  // namespace longship::test
