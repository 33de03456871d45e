#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>

#include "tests/simulation/log/log_havoc.h"
#include "tests/simulation/log/log_scenarios.h"

namespace longship::test {
namespace {

std::uint64_t numberFrom(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(LogSimulation, KeepsItsPromisesUnderHavoc) {
    const std::uint64_t only = numberFrom("LONGSHIP_LOG_SEED", 0);
    const std::uint64_t count = only != 0 ? 1 : numberFrom("LONGSHIP_LOG_SEEDS", 3000);
    LogHistory sum;
    std::uint64_t lostMajorities = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t seed = only != 0 ? only : i + 1;
        const LogHistory history = liveThroughHavoc(seed, only != 0);
        ASSERT_EQ(history.problem, "") << "Again with: LONGSHIP_LOG_SEED=" << seed << " simulation_log_test";
        sum.committed += history.committed;
        sum.elections += history.elections;
        sum.snapshots += history.snapshots;
        sum.events += history.events;
        sum.lostDisks += history.lostDisks;
        lostMajorities += history.lostMajority ? 1 : 0;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::cout << count << " histories, " << sum.events << " events, " << sum.elections << " elections, "
              << sum.committed << " entries committed, " << sum.snapshots << " snapshots, " << sum.lostDisks
              << " disks lost (" << lostMajorities << " times too many), in " << took.count() << " s\n";
    if (only == 0 && count >= 1000) {  // The faults really happen.
        EXPECT_GT(sum.elections, 2 * count);
        EXPECT_GT(sum.snapshots, count / 10);
        EXPECT_GT(sum.lostDisks, count / 4);
        EXPECT_GT(sum.committed, 10 * count);
        EXPECT_LT(lostMajorities, count / 100);
    }
}

TEST(LogSimulation, KeepsEachPromiseUnderOneFault) {
    for (const LogScenario& scenario : logScenarios()) {
        EXPECT_EQ(scenario.run(), "") << scenario.name;
    }
}

TEST(LogSimulation, TheSameSeedIsTheSameHistory) {
    for (const std::uint64_t seed : {3U, 16U, 1234U}) {
        const LogHistory once = liveThroughHavoc(seed, false);
        const LogHistory again = liveThroughHavoc(seed, false);
        EXPECT_EQ(once.fingerprint, again.fingerprint) << "seed " << seed;
        EXPECT_NE(once.fingerprint, liveThroughHavoc(seed + 1, false).fingerprint);
    }
}

}  // namespace
}  // namespace longship::test
