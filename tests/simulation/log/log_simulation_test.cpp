#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/simulation/log/log_havoc.h"
#include "tests/simulation/log/log_scenarios.h"

namespace longship::test {
namespace {

/// `--seed N` lives through one history and tells what happens in it; `--seeds N` lives through that many.
std::uint64_t only = 0;
std::uint64_t count = 3000;

TEST(LogSimulation, KeepsItsPromisesUnderHavoc) {
    LogHistory sum;
    std::uint64_t lostMajorities = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < (only != 0 ? 1 : count); ++i) {
        const std::uint64_t seed = only != 0 ? only : i + 1;
        const LogHistory history = liveThroughHavoc(seed, only != 0);
        ASSERT_EQ(history.problem, "") << "replay: simulation_log_test --seed " << seed;
        sum.committed += history.committed;
        sum.elections += history.elections;
        sum.snapshots += history.snapshots;
        sum.events += history.events;
        sum.lostDisks += history.lostDisks;
        sum.takeovers += history.takeovers;
        sum.discards += history.discards;
        lostMajorities += history.lostMajority ? 1 : 0;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::cout << (only != 0 ? 1 : count) << " histories, " << sum.events << " events, " << sum.elections
              << " elections, " << sum.committed << " entries committed, " << sum.snapshots << " snapshots, "
              << sum.lostDisks << " disks lost (" << lostMajorities << " times too many), " << sum.takeovers
              << " takeovers, " << sum.discards << " logs dropped for another branch's, in " << took.count()
              << " s\n";
    if (only == 0 && count >= 1000) {  // The faults really happen.
        EXPECT_GT(sum.elections, 2 * count);
        EXPECT_GT(sum.snapshots, count / 10);
        EXPECT_GT(sum.lostDisks, count / 4);
        EXPECT_GT(sum.committed, 10 * count);
        EXPECT_GT(sum.takeovers, count / 100);
        EXPECT_GT(sum.discards, count / 100);
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

void takeOption(const std::string& option, const char* value) {
    if (option == "--seed") {
        only = std::strtoull(value, nullptr, 10);
    } else if (option == "--seeds") {
        count = std::strtoull(value, nullptr, 10);
    }
}

}  // namespace longship::test

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    for (int i = 1; i + 1 < argc; ++i) {
        longship::test::takeOption(argv[i], argv[i + 1]);
    }
    return RUN_ALL_TESTS();
}
