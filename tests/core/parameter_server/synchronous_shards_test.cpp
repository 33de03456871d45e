#include "core/parameter_server/synchronous_shards.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "core/base/random.h"
#include "core/optimizer/fixed_point.h"
#include "core/parameter_server/wire.h"

namespace longship {
namespace {

constexpr std::size_t kElements = 300;
constexpr std::uint64_t kTermsMax = 8;

class PushFrame final : public Frame {
public:
    PushFrame(Rank from, FrameKey key, std::span<const std::byte> payload)
        : m_from(from), m_key(key), m_payload(payload.begin(), payload.end()) {}

    Rank from() const override { return m_from; }
    const FrameKey& key() const override { return m_key; }
    std::span<const std::byte> payload() const override { return m_payload; }

private:
    Rank m_from;
    FrameKey m_key;
    std::vector<std::byte> m_payload;
};

OptimizerSpec adam() {
    OptimizerSpec spec;
    spec.kind = OptimizerKind::Adam;
    spec.learningRate = 0.01;
    return spec;
}

/// Two buckets on one server: two pieces of one chunk each.
ShardMap twoPieces() {
    const std::vector<Stretch> buckets{{0, 100}, {100, kElements}};
    return ShardMap::make(buckets, 1);
}

std::vector<float> gradient(Step step, Rank worker) {
    SeededRandom random(keyOf({step, worker}));
    std::vector<float> values(kElements);
    for (float& value : values) {
        value = static_cast<float>(random.unit() - 0.5);
    }
    return values;
}

/// One server, and the plain loop that it must be equal to bit by bit.
class Server {
public:
    Server(GradientSums sums, std::uint32_t workers)
        : m_sums(sums), m_workers(workers), m_shards({twoPieces(), 0, adam(), sums}) {
        EXPECT_TRUE(m_shards.enter(0, workers));
    }

    SynchronousShards<float>& shards() { return m_shards; }

    /// Pushes numbered 2 · worker + piece, in this order; the pieces that were updated.
    std::vector<std::uint32_t> push(Step step, const std::vector<std::uint32_t>& order) {
        std::vector<std::uint32_t> updated;
        for (const std::uint32_t number : order) {
            const auto update = m_shards.push(frame(step, number / 2, number % 2));
            EXPECT_TRUE(update) << update.error().text;
            if (update && *update) {
                EXPECT_EQ((*update)->step, step);
                updated.push_back((*update)->piece);
            }
        }
        return updated;
    }

    std::vector<float> reference(Step steps) const {
        std::vector<float> parameters(kElements, 0.0F);
        std::vector<float> first(kElements, 0.0F);
        std::vector<float> second(kElements, 0.0F);
        const auto optimizer = Optimizer<float>::make(adam());
        for (Step step = 0; step < steps; ++step) {
            const std::vector<float> sum = sumOf(step);
            optimizer->update(step, {parameters, sum, {first, second}, parameters, {first, second}});
        }
        return parameters;
    }

    std::vector<float> parameters() {
        std::vector<float> all;
        for (std::size_t piece = 0; piece < 2; ++piece) {
            const auto part = m_shards.valid(piece, 0);
            all.insert(all.end(), part.begin(), part.end());
        }
        return all;
    }

private:
    std::unique_ptr<Frame> frame(Step step, Rank worker, std::uint32_t piece) const {
        const std::vector<float> all = gradient(step, worker);
        const Stretch range = twoPieces().pieces()[piece].range;
        const auto part = std::span(all).subspan(range.begin, range.size());
        const FrameKey key = parameterKey(1, Exchange::Kind::Push, step, piece, 0);
        if (m_sums == GradientSums::Float) {
            return std::make_unique<PushFrame>(worker, key, std::as_bytes(part));
        }
        std::vector<std::int64_t> fixed(part.size());
        EXPECT_TRUE(addFixedPoint<float>(part, fixed, kGradientBits, fixedPointLimit(kTermsMax), true));
        return std::make_unique<PushFrame>(worker, key, std::as_bytes(std::span(fixed)));
    }

    std::vector<float> sumOf(Step step) const {
        std::vector<float> sum = gradient(step, 0);
        std::vector<std::int64_t> fixed(kElements, 0);
        for (Rank worker = 0; worker < m_workers; ++worker) {
            const std::vector<float> term = gradient(step, worker);
            if (worker > 0) {
                std::ranges::transform(sum, term, sum.begin(), std::plus<>());
            }
            EXPECT_TRUE(addFixedPoint<float>(term, fixed, kGradientBits, fixedPointLimit(kTermsMax), false));
        }
        if (m_sums == GradientSums::FixedPoint) {
            fromFixedPoint<float>(fixed, sum, kGradientBits);
        }
        return sum;
    }

    GradientSums m_sums;
    std::uint32_t m_workers;
    SynchronousShards<float> m_shards;
};

/// The pushes of three workers in any order, some of them again.
std::vector<std::uint32_t> anyOrder() {
    std::vector<std::uint32_t> numbers{0, 1, 2, 3, 4, 5};
    const auto again = *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange(0U, 6U));
    numbers.insert(numbers.end(), again.begin(), again.end());
    for (std::size_t left = numbers.size(); left > 1; --left) {
        std::swap(numbers[left - 1], numbers[*rc::gen::inRange(std::size_t{0}, left)]);
    }
    return numbers;
}

RC_GTEST_PROP(SynchronousShardsProperties, AnyOrderAndRepetitionGivesTheSameBits, ()) {
    for (const GradientSums sums : {GradientSums::Float, GradientSums::FixedPoint}) {
        Server server(sums, 3);
        for (Step step = 0; step < 3; ++step) {
            auto updated = server.push(step, anyOrder());
            std::ranges::sort(updated);
            RC_ASSERT(updated == (std::vector<std::uint32_t>{0, 1}));
            RC_ASSERT(server.shards().isComplete());
            RC_ASSERT(server.shards().step() == step);
            RC_ASSERT(server.parameters() == server.reference(step));
        }
        RC_ASSERT(static_cast<bool>(server.shards().enter(3, 3)));
        RC_ASSERT(server.parameters() == server.reference(3));
    }
}

TEST(SynchronousShards, AStepThatWasThrownAwayIsDoneAgain) {
    Server server(GradientSums::FixedPoint, 3);
    server.push(0, {0, 1, 2, 3, 4, 5});
    // Of step 1 one piece is complete; worker 2 dies before it pushes the other.
    EXPECT_EQ(server.push(1, {0, 1, 2, 3, 4}), std::vector<std::uint32_t>{0});
    EXPECT_EQ(server.shards().step(), 1u);
    EXPECT_FALSE(server.shards().isComplete());
    EXPECT_EQ(server.shards().enter(2, 3).error().kind, ErrorKind::Refused);
    ASSERT_TRUE(server.shards().enter(1, 3));
    EXPECT_EQ(server.push(1, {5, 4, 3, 2, 1, 0}), (std::vector<std::uint32_t>{1, 0}));
    ASSERT_TRUE(server.shards().enter(2, 3));
    EXPECT_EQ(server.parameters(), server.reference(2));
}

TEST(SynchronousShards, TheStepBesideTheValidOneIsTakenOrDropped) {
    Server server(GradientSums::Float, 1);
    server.push(0, {0, 1});
    // Nobody has gone on: both are at hand.
    ASSERT_TRUE(server.shards().enter(0, 1));
    EXPECT_EQ(server.parameters(), server.reference(0));
    EXPECT_FALSE(server.shards().isComplete()) << "what was beside it is dropped";
    EXPECT_EQ(server.shards().enter(1, 1).error().kind, ErrorKind::Refused);
    server.push(0, {0, 1});
    ASSERT_TRUE(server.shards().enter(1, 1));
    EXPECT_EQ(server.parameters(), server.reference(1));
    EXPECT_EQ(server.shards().enter(0, 1).error().kind, ErrorKind::Refused) << "it cannot go back two";
}

TEST(SynchronousShards, WhatNoWorkerCouldSendIsRefused) {
    Server server(GradientSums::Float, 2);
    const auto refused = [&](Rank from, const FrameKey& key, std::size_t elements) {
        const std::vector<float> numbers(elements);
        const auto result =
            server.shards().push(std::make_unique<PushFrame>(from, key, std::as_bytes(std::span(numbers))));
        return !result && result.error().kind == ErrorKind::Corrupt;
    };
    using Kind = Exchange::Kind;
    EXPECT_TRUE(refused(0, parameterKey(1, Kind::Push, 0, 0, 0), 99)) << "another length";
    EXPECT_TRUE(refused(2, parameterKey(1, Kind::Push, 0, 0, 0), 100)) << "no worker";
    EXPECT_TRUE(refused(0, parameterKey(1, Kind::Push, 0, 2, 0), 100)) << "no such piece";
    EXPECT_TRUE(refused(0, parameterKey(1, Kind::Push, 0, 0, 1), 100)) << "no such chunk";
    EXPECT_TRUE(refused(0, parameterKey(1, Kind::Push, 1, 0, 0), 100)) << "a step ahead of what it has";
    EXPECT_TRUE(refused(0, parameterKey(1, Kind::Pull, 0, 0, 0), 100)) << "no push";
    EXPECT_FALSE(refused(0, parameterKey(1, Kind::Push, 0, 0, 0), 100));
}

}  // namespace
}  // namespace longship
