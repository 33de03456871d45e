#include "core/collective/allreduce_bench.h"

#include <gtest/gtest.h>

#include <thread>

namespace longship {
namespace {

TEST(AllreduceBench, MeasuresEachSizeOverSeparateProcesses) {
    for (const bool encrypted : {false, true}) {
        AllreduceBenchOptions options;
        options.nodes = 3;
        options.encrypted = encrypted;
        options.sizes = {4, 4096, 3'000'000};
        options.iterations = 2;
        std::vector<AllreduceBenchResult> results;
        const auto done = runAllreduceBench(
            options, [&](const AllreduceBenchResult& result) { results.push_back(result); });
        ASSERT_TRUE(done) << done.error().text;
        ASSERT_EQ(results.size(), 3U);
        for (std::size_t i = 0; i < 3; ++i) {
            EXPECT_EQ(results[i].bytes, options.sizes[i]);
            EXPECT_EQ(results[i].nodes, 3U);
            EXPECT_EQ(results[i].encrypted, encrypted);
            EXPECT_GT(results[i].timeMs, 0);
            const double bytes = 4.0 / 3 * static_cast<double>(results[i].bytes);
            EXPECT_NEAR(results[i].busGbS, bytes / (results[i].timeMs * 1e6), 1e-6);
        }
    }
}

TEST(AllreduceBench, RefusesWhatItCannotMeasure) {
    const auto kindOf = [](AllreduceBenchOptions options) {
        return runAllreduceBench(options, [](const AllreduceBenchResult&) {}).error().kind;
    };
    AllreduceBenchOptions options;
    options.nodes = 1;
    EXPECT_EQ(kindOf(options), ErrorKind::BadInput);
    options.nodes = 2;
    options.sizes = {4095};
    EXPECT_EQ(kindOf(options), ErrorKind::BadInput);
    options.sizes = {4096};
    options.iterations = 0;
    EXPECT_EQ(kindOf(options), ErrorKind::BadInput);
}

}  // namespace
}  // namespace longship
