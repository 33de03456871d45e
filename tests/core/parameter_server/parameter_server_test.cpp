#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <thread>

#include "core/base/random.h"
#include "core/collective/communicator.h"
#include "core/optimizer/fixed_point.h"
#include "core/parameter_server/shard_client.h"
#include "core/parameter_server/shard_server.h"
#include "tests/support/test_meshes.h"

// Workers and servers on real links, against one plain loop: the same bits after every step.
namespace longship {
namespace {

using namespace std::chrono_literals;
using test::MeshKind;

constexpr Step kSteps = 6;
constexpr auto kTimeout = 30s;
constexpr std::uint64_t kTermsMax = 8;

struct Case {
    MeshKind kind;
    std::uint32_t workers;
    std::uint32_t servers;
    GradientSums sums;
    OptimizerKind optimizer;
    bool backup = true;
};

/// A gap in the flat buffer, a bucket that is cut for any number of servers here, and small ones.
const std::vector<Stretch> kBuckets{{0, 1000}, {1008, 201'008}, {201'008, 201'009}, {201'024, 231'000}};
constexpr std::size_t kElements = 231'000;

std::vector<float> gradient(Step step, Rank worker) {
    SeededRandom random(keyOf({step, worker}));
    std::vector<float> values(kElements);
    for (float& value : values) {
        // Very different sizes: another order of additions gives other bits.
        value = static_cast<float>(std::ldexp(random.unit() - 0.5, -static_cast<int>(random.below(20))));
    }
    return values;
}

std::vector<std::int64_t> fixedPointOf(const std::vector<float>& values) {
    std::vector<std::int64_t> fixed(values.size());
    EXPECT_TRUE(addFixedPoint<float>(values, fixed, kGradientBits, fixedPointLimit(kTermsMax), true));
    return fixed;
}

OptimizerSpec specOf(OptimizerKind kind) {
    OptimizerSpec spec;
    spec.kind = kind;
    spec.weightDecay = 0.001;
    return spec;
}

class ParameterServer : public testing::TestWithParam<Case> {
protected:
    void SetUp() override {
        std::vector<float> parameters(kElements, 0.0F);
        const auto optimizer = Optimizer<float>::make(specOf(GetParam().optimizer));
        std::vector<std::vector<float>> state(optimizer->stateNames().size(), parameters);
        for (Step step = 0; step < kSteps; ++step) {
            const std::vector<float> sum = sumOf(step);
            OptimizerSlice<float> slice{parameters, sum, {}, parameters, {}};
            for (auto& buffer : state) {
                slice.state.emplace_back(buffer);
                slice.nextState.emplace_back(buffer);
            }
            optimizer->update(step, slice);
            m_reference.push_back(parameters);
        }
        m_state = std::move(state);
    }

    static std::vector<float> sumOf(Step step) {
        std::vector<float> sum = gradient(step, 0);
        std::vector<std::int64_t> fixed = fixedPointOf(sum);
        for (Rank worker = 1; worker < GetParam().workers; ++worker) {
            const std::vector<float> term = gradient(step, worker);
            std::ranges::transform(sum, term, sum.begin(), std::plus<>());
            std::ranges::transform(fixed, fixedPointOf(term), fixed.begin(), std::plus<>());
        }
        if (GetParam().sums == GradientSums::FixedPoint) {
            fromFixedPoint<float>(fixed, sum, kGradientBits);
        }
        return sum;
    }

    /// All steps of one worker.
    void work(std::unique_ptr<Mesh> mesh) const {
        const Rank rank = mesh->rank();
        Communicator communicator(std::move(mesh), {.timeout = kTimeout, .members = GetParam().workers});
        ShardClient<float> client(kBuckets, GetParam().servers, GetParam().sums);
        std::vector<float> staged(kElements);
        const std::vector<float> initial(kElements);
        const ShardClient<float>::Source source{initial};
        const auto entered = communicator.perform(
            [&](Exchange& exchange) { return client.enter(exchange, 0, rank == 0 ? &source : nullptr); });
        ASSERT_TRUE(entered) << entered.error().text;
        for (Step step = 0; step < kSteps; ++step) {
            const std::vector<float> values = gradient(step, rank);
            const std::vector<std::int64_t> fixed = fixedPointOf(values);
            client.beginStep(step, staged);
            const auto result = communicator.perform([&](Exchange& exchange) -> Result<void> {
                for (std::uint32_t bucket = 0; bucket < client.map().buckets(); ++bucket) {
                    LONGSHIP_TRY(push(client, exchange, bucket, values, fixed));
                }
                return {};
            });
            ASSERT_TRUE(result) << result.error().text;
            expectGather(communicator);
            expectPull(communicator, client);
            expectReference(staged, step);
        }
        expectState(communicator, client);
        ASSERT_TRUE(communicator.barrier());
    }

    static Result<void> push(ShardClient<float>& client, Exchange& exchange, std::uint32_t bucket,
                             const std::vector<float>& values, const std::vector<std::int64_t>& fixed) {
        const Stretch range = kBuckets[bucket];
        if (GetParam().sums == GradientSums::FixedPoint) {
            return client.push(exchange, bucket, std::span(fixed).subspan(range.begin, range.size()));
        }
        return client.push(exchange, bucket, std::span(values).subspan(range.begin, range.size()));
    }

    /// A collective among the workers while parameters arrive, as the step record is.
    static void expectGather(Communicator& communicator) {
        const std::byte mine{static_cast<unsigned char>(communicator.rank())};
        const auto all = communicator.allgather(std::span(&mine, 1));
        ASSERT_TRUE(all) << all.error().text;
        EXPECT_EQ(all->size(), GetParam().workers) << "servers take no part";
    }

    void expectPull(Communicator& communicator, ShardClient<float>& client) const {
        const auto pulled = communicator.perform([&](Exchange& exchange) -> Result<void> {
            // The first layers are needed first; their buckets are the last.
            for (std::uint32_t bucket = client.map().buckets(); bucket > 0; --bucket) {
                LONGSHIP_TRY(client.pull(exchange, bucket - 1));
            }
            return client.finishStep(exchange);
        });
        ASSERT_TRUE(pulled) << pulled.error().text;
    }

    void expectReference(const std::vector<float>& staged, Step step) const {
        for (const Stretch bucket : kBuckets) {
            for (std::size_t element = bucket.begin; element < bucket.end; ++element) {
                ASSERT_EQ(staged[element], m_reference[step][element])
                    << "of step " << step << " at " << element;
            }
        }
    }

    /// What a checkpoint gets from the servers.
    void expectState(Communicator& communicator, ShardClient<float>& client) const {
        std::vector<std::vector<float>> state(m_state.size(), std::vector<float>(kElements));
        const std::vector<std::span<float>> spans(state.begin(), state.end());
        const auto pulled = communicator.perform(
            [&](Exchange& exchange) { return client.pullState(exchange, kSteps, spans); });
        ASSERT_TRUE(pulled) << pulled.error().text;
        for (std::size_t buffer = 0; buffer < state.size(); ++buffer) {
            for (const Stretch bucket : kBuckets) {
                const auto part = [&](const std::vector<float>& all) {
                    return std::span(all).subspan(bucket.begin, bucket.size());
                };
                ASSERT_TRUE(std::ranges::equal(part(state[buffer]), part(m_state[buffer]))) << buffer;
            }
        }
    }

    /// Until the workers leave.
    static void serve(std::unique_ptr<Mesh> mesh) {
        ServerSeat seat{mesh->membership(), 0, GetParam().workers, {}, std::vector<bool>(mesh->size())};
        for (std::uint32_t server = 0; server < GetParam().servers; ++server) {
            seat.servers.push_back({server, NodeId(std::to_string(server)), true});
        }
        const std::uint32_t own = mesh->rank() - GetParam().workers;
        ShardServer<float> server(
            {GetParam().servers, GetParam().backup, specOf(GetParam().optimizer), GetParam().sums});
        const auto entered = server.enter(std::move(mesh), seat);
        ASSERT_TRUE(entered) << entered.error().text;
        Result<void> served;
        while (served) {
            served = server.advance(BootClock::now() + kTimeout);
        }
        EXPECT_EQ(served.error().kind, ErrorKind::Unavailable) << served.error().text;
        const bool two = GetParam().backup && GetParam().servers > 1;
        ASSERT_EQ(server.held().size(), two ? 2U : 1U);
        for (const ShardHeld& held : server.held()) {
            EXPECT_TRUE(held.shard == own || two);
            EXPECT_TRUE(held.isAt(kSteps)) << held.step;
        }
    }

    std::vector<std::vector<float>> m_state;  ///< Of the optimizer, at the end.
    std::vector<std::vector<float>> m_reference;
};

TEST_P(ParameterServer, GivesTheBitsOfAPlainLoop) {
    auto meshes = test::makeMeshes(GetParam().kind, GetParam().workers + GetParam().servers);
    std::vector<std::thread> threads;
    for (Rank rank = 0; rank < meshes.size(); ++rank) {
        threads.emplace_back([&, rank] {
            if (rank < GetParam().workers) {
                work(std::move(meshes[rank]));
            } else {
                serve(std::move(meshes[rank]));
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

constexpr auto kFloat = GradientSums::Float;
constexpr auto kFixed = GradientSums::FixedPoint;
constexpr auto kSgd = OptimizerKind::Sgd;
constexpr auto kAdam = OptimizerKind::Adam;

INSTANTIATE_TEST_SUITE_P(All, ParameterServer,
                         testing::Values(Case{MeshKind::Memory, 1, 1, kFloat, kSgd},
                                         Case{MeshKind::Memory, 3, 1, kFixed, kAdam},
                                         Case{MeshKind::Memory, 2, 3, kFloat, kAdam},
                                         Case{MeshKind::Memory, 2, 2, kFloat, kAdam, false},
                                         Case{MeshKind::Memory, 4, 2, kFixed, kSgd},
                                         Case{MeshKind::Plain, 2, 2, kFloat, kSgd},
                                         Case{MeshKind::Plain, 3, 2, kFixed, kAdam},
                                         Case{MeshKind::Encrypted, 2, 1, kFloat, kAdam}),
                         [](const auto& one) {
                             return test::toString(one.param.kind) + std::to_string(one.param.workers) +
                                    "Workers" + std::to_string(one.param.servers) + "Servers" +
                                    (one.param.sums == kFixed ? "Fixed" : "Float") +
                                    (one.param.optimizer == kAdam ? "Adam" : "Sgd") +
                                    (one.param.backup ? "" : "Alone");
                         });

}  // namespace
}  // namespace longship
