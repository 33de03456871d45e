#include "core/parameter_server/shard_copy.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace longship {
namespace {

/// Two chunks: one piece of more than a chunk.
constexpr std::size_t kElements = ShardMap::kChunkElements + 3;

OptimizerSpec momentum() {
    OptimizerSpec spec;
    spec.learningRate = 0.5;
    spec.momentum = 0.9;
    return spec;
}

class ShardCopyTest : public testing::Test {
protected:
    static ShardCopy<float> make(Step step) {
        const std::vector<Stretch> buckets{{0, kElements}};
        return {std::make_shared<ShardMap>(ShardMap::make(buckets, 1)), 0, Optimizer<float>::make(momentum()),
                step};
    }

    Result<void> apply(Step step, std::uint32_t chunk, float gradient) {
        const std::size_t size = chunk == 0 ? ShardMap::kChunkElements : 3;
        return m_copy.apply(step, 0, chunk, std::vector<float>(size, gradient));
    }
    float parameter(Step step) { return m_copy.chunkAt(step, 0, 0, 1).front(); }
    float velocity(Step step) { return m_copy.chunkAt(step, 1, 0, 1).front(); }

    ShardCopy<float> m_copy = make(7);
};

TEST_F(ShardCopyTest, KeepsTheLastVersionAndTheNextUntilTheOneAfterBegins) {
    EXPECT_EQ(m_copy.held(), (ShardHeld{0, 7, false}));
    ASSERT_TRUE(apply(7, 0, 1));
    EXPECT_FALSE(m_copy.hasNext()) << "a chunk is missing";
    ASSERT_TRUE(apply(7, 1, 1));
    EXPECT_EQ(m_copy.held(), (ShardHeld{0, 7, true}));
    EXPECT_EQ(parameter(7), 0);
    EXPECT_EQ(parameter(8), -0.5F);
    ASSERT_TRUE(apply(8, 1, 1));
    EXPECT_EQ(m_copy.held(), (ShardHeld{0, 8, false}));
    EXPECT_EQ(parameter(8), -0.5F);
    EXPECT_EQ(velocity(8), 1);
    EXPECT_TRUE(m_copy.chunkAt(7, 0, 0, 1).empty());
}

TEST_F(ShardCopyTest, GoesOnFromEitherOfTheTwo) {
    for (const Step base : {Step{7}, Step{8}}) {
        m_copy = make(7);
        ASSERT_TRUE(apply(7, 0, 1));
        ASSERT_TRUE(apply(7, 1, 1));
        ASSERT_TRUE(m_copy.restAt(base));
        EXPECT_EQ(m_copy.held(), (ShardHeld{0, base, false}));
        EXPECT_EQ(parameter(base), base == 7 ? 0 : -0.5F);
        ASSERT_TRUE(apply(base, 1, 1));
        ASSERT_TRUE(apply(base, 0, 1));
        EXPECT_EQ(velocity(base + 1), base == 7 ? 1.0F : 1.9F);
    }
}

TEST_F(ShardCopyTest, ForgetsAStepThatWasNotFinished) {
    ASSERT_TRUE(apply(7, 0, 1));
    ASSERT_TRUE(m_copy.restAt(7));
    ASSERT_TRUE(apply(7, 0, 2)) << "computed again";
    ASSERT_TRUE(apply(7, 1, 2));
    EXPECT_EQ(parameter(8), -1);
}

TEST_F(ShardCopyTest, RefusesAnyOtherStep) {
    EXPECT_EQ(m_copy.restAt(8).error().kind, ErrorKind::Refused);
    EXPECT_EQ(apply(8, 0, 1).error().kind, ErrorKind::Corrupt);
    EXPECT_EQ(apply(6, 0, 1).error().kind, ErrorKind::Corrupt);
    ASSERT_TRUE(apply(7, 0, 1));
    EXPECT_EQ(apply(7, 0, 1).error().kind, ErrorKind::Corrupt) << "twice";
    EXPECT_EQ(apply(8, 0, 1).error().kind, ErrorKind::Corrupt) << "the other chunk is a step behind";
}

}  // namespace
}  // namespace longship
