#include "core/parameter_server/parameter_server_bench.h"

#include <gtest/gtest.h>

namespace longship {
namespace {

TEST(ParameterServerBench, MeasuresEachSizeOverSeparateProcesses) {
    for (const bool encrypted : {false, true}) {
        ParameterServerBenchOptions options;
        options.workers = 2;
        options.servers = 3;
        options.encrypted = encrypted;
        options.sizes = {4, 4096, 5'000'000};
        options.iterations = 2;
        std::vector<ParameterServerBenchResult> results;
        const auto done = runParameterServerBench(
            options, [&](const ParameterServerBenchResult& result) { results.push_back(result); });
        ASSERT_TRUE(done) << done.error().text;
        ASSERT_EQ(results.size(), 3U);
        for (std::size_t i = 0; i < 3; ++i) {
            EXPECT_EQ(results[i].bytes, options.sizes[i]);
            EXPECT_EQ(results[i].workers, 2U);
            EXPECT_EQ(results[i].servers, 3U);
            EXPECT_EQ(results[i].encrypted, encrypted);
            EXPECT_GT(results[i].timeMs, 0);
            EXPECT_NEAR(results[i].gbitS, 16e-6 * static_cast<double>(results[i].bytes) / results[i].timeMs,
                        1e-6);
        }
    }
}

TEST(ParameterServerBench, RefusesWhatItCannotMeasure) {
    const auto kindOf = [](const ParameterServerBenchOptions& options) {
        return runParameterServerBench(options, [](const ParameterServerBenchResult&) {}).error().kind;
    };
    ParameterServerBenchOptions options;
    options.servers = 0;
    EXPECT_EQ(kindOf(options), ErrorKind::BadInput);
    options.servers = 64;
    EXPECT_EQ(kindOf(options), ErrorKind::BadInput);
    options.servers = 1;
    options.sizes = {4095};
    EXPECT_EQ(kindOf(options), ErrorKind::BadInput);
    options.sizes = {4096};
    options.iterations = 0;
    EXPECT_EQ(kindOf(options), ErrorKind::BadInput);
}

}  // namespace
}  // namespace longship
