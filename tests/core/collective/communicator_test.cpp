#include "core/collective/communicator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

#include "core/base/random.h"
#include "core/collective/reference.h"
#include "tests/support/test_meshes.h"

namespace longship {
namespace {

using namespace std::chrono_literals;
using test::MeshKind;
using Members = std::vector<std::unique_ptr<Communicator>>;

Members makeMembers(MeshKind kind, std::uint32_t size, Communicator::Options options = {}) {
    Members members;
    for (auto& mesh : test::makeMeshes(kind, size)) {
        members.push_back(std::make_unique<Communicator>(std::move(mesh), options));
    }
    return members;
}

/// Runs the body of every rank on a thread of its own.
void onAllRanks(Members& members, const std::function<void(Communicator&)>& body) {
    std::vector<std::thread> threads;
    for (auto& member : members) {
        threads.emplace_back([&body, &member] { body(*member); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

template <typename T>
std::vector<T> randomValues(std::size_t count, std::uint64_t seed) {
    SeededRandom random(seed);
    std::vector<T> values(count);
    for (T& value : values) {
        if constexpr (std::is_integral_v<T>) {
            value = static_cast<T>(random());
        } else {
            // Very different sizes: another order of additions gives other bits.
            value = static_cast<T>(std::ldexp(random.unit() - 0.5, static_cast<int>(random.below(40))));
        }
    }
    return values;
}

template <typename T>
bool sameBits(const std::vector<T>& left, const std::vector<T>& right) {
    return left.size() == right.size() &&
           (left.empty() || std::memcmp(left.data(), right.data(), left.size() * sizeof(T)) == 0);
}

/// Sums random vectors of this length on all ranks and compares each with the reference, bit by bit.
template <typename T>
void expectSum(Members& members, std::size_t count, const Communicator::Options& options) {
    std::vector<std::vector<T>> inputs;
    for (std::size_t rank = 0; rank < members.size(); ++rank) {
        inputs.push_back(randomValues<T>(count, keyOf({count, rank})));
    }
    std::vector<std::vector<T>> outputs = inputs;
    onAllRanks(members, [&](Communicator& member) {
        const auto result = member.allreduce(std::span<T>(outputs[member.rank()]));
        EXPECT_TRUE(result) << result.error().text;
    });
    std::vector<T> expected = inputs[0];
    if constexpr (std::is_integral_v<T>) {
        for (std::size_t rank = 1; rank < inputs.size(); ++rank) {
            for (std::size_t i = 0; i < count; ++i) {
                expected[i] = static_cast<T>(static_cast<std::uint64_t>(expected[i]) +
                                             static_cast<std::uint64_t>(inputs[rank][i]));
            }
        }
    } else {
        expected = referenceAllreduce<T>(inputs, options);
    }
    for (std::size_t rank = 0; rank < members.size(); ++rank) {
        EXPECT_TRUE(sameBits(outputs[rank], expected))
            << count << " values over " << members.size() << " ranks differ at rank " << rank;
    }
}

struct Case {
    MeshKind kind;
    std::uint32_t size;
};

class Collectives : public testing::TestWithParam<Case> {
protected:
    // Small limits, so that small vectors already go round the ring in several chunks.
    const Communicator::Options m_options{20s, 512, 1024};
    Members makeAll() { return makeMembers(GetParam().kind, GetParam().size, m_options); }
};

TEST_P(Collectives, SumBitByBitLikeTheReference) {
    Members members = makeAll();
    for (const std::size_t count : {0, 1, 2, 3, 7, 127, 128, 129, 130, 255, 256, 257, 1000, 2047, 2048, 2049,
                                    4 * 256 * 3, 4 * 256 * 3 + 1, 12'345}) {
        expectSum<float>(members, count, m_options);
    }
    for (const std::size_t count : {0, 1, 2, 3, 63, 64, 65, 127, 128, 129, 5000}) {
        expectSum<double>(members, count, m_options);
        expectSum<std::int64_t>(members, count, m_options);
    }
}

TEST_P(Collectives, SumWithTheUsualLimits) {
    const Communicator::Options usual;
    Members members = makeMembers(GetParam().kind, GetParam().size, usual);
    const std::size_t direct = usual.directBytesMax / sizeof(float);
    const std::size_t chunk = usual.chunkBytes / sizeof(float);
    for (const std::size_t count : {direct - 1, direct, direct + 1, chunk * GetParam().size + 1}) {
        expectSum<float>(members, count, usual);
    }
}

TEST_P(Collectives, GatherBytesOfDifferentSizes) {
    Members members = makeAll();
    for (const std::size_t scale : {0, 1, 100, 8184, 8192, 8193, 30'000}) {
        onAllRanks(members, [&](Communicator& member) {
            // Rank 0 has nothing to say.
            const auto mine = randomValues<std::int64_t>(member.rank() * scale / 8, member.rank());
            const auto all = member.allgather(std::as_bytes(std::span(mine)));
            ASSERT_TRUE(all) << all.error().text;
            ASSERT_EQ(all->size(), member.size());
            for (Rank rank = 0; rank < member.size(); ++rank) {
                const auto theirs = randomValues<std::int64_t>(rank * scale / 8, rank);
                EXPECT_TRUE(std::ranges::equal((*all)[rank], std::as_bytes(std::span(theirs))));
            }
        });
    }
}

TEST_P(Collectives, BroadcastFromEveryRoot) {
    Members members = makeAll();
    for (Rank root = 0; root < members.size(); ++root) {
        for (const std::size_t count : {0, 1, 64, 65, 128, 129, 10'000}) {
            const auto expected = randomValues<std::int64_t>(count, root);
            onAllRanks(members, [&](Communicator& member) {
                std::vector<std::int64_t> values = expected;
                if (member.rank() != root) {
                    values.assign(count, 0);
                }
                const auto result = member.broadcast(std::as_writable_bytes(std::span(values)), root);
                EXPECT_TRUE(result) << result.error().text;
                EXPECT_EQ(values, expected);
            });
        }
    }
}

/// Relays from one root to some of the others, with a sum before and after it, which only comes out right
/// when nobody's operations are out of step.
void expectRelay(Members& members, std::size_t count, Rank root, std::uint32_t receiverBits) {
    std::vector<bool> receives;
    for (Rank rank = 0; rank < members.size(); ++rank) {
        receives.push_back((receiverBits >> rank & 1) == 1);
    }
    const auto expected = randomValues<std::int64_t>(count, keyOf({count, root}));
    onAllRanks(members, [&](Communicator& member) {
        const Rank rank = member.rank();
        const bool takesPart = rank == root || receives[rank];
        // Who does not take part has no room for the bytes.
        std::vector<std::int64_t> values(takesPart ? count : 0);
        if (rank == root) {
            values = expected;
        }
        std::int64_t before = 1;
        std::int64_t after = 2;
        ASSERT_TRUE(member.allreduce(std::span(&before, 1)));
        const auto result = member.relay(std::as_writable_bytes(std::span(values)), root, receives);
        ASSERT_TRUE(result) << result.error().text;
        ASSERT_TRUE(member.allreduce(std::span(&after, 1)));
        EXPECT_EQ(values, takesPart ? expected : std::vector<std::int64_t>());
        EXPECT_EQ(before, member.size());
        EXPECT_EQ(after, 2 * std::int64_t{member.size()});
    });
}

TEST_P(Collectives, RelayToEverySubsetOfTheOthers) {
    Members members = makeAll();
    const auto size = static_cast<std::uint32_t>(members.size());
    // Every subset from every root where that is quick, else the subsets from the first and the last root.
    const bool isQuick = GetParam().kind == MeshKind::Memory && size <= 5;
    for (Rank root = 0; root < size; root += isQuick ? 1 : std::max(size - 1, 1U)) {
        for (std::uint32_t bits = 0; bits < 1U << size; ++bits) {
            expectRelay(members, 129, root, bits);
        }
    }
    for (const std::size_t count : {0, 1, 63, 64, 65, 128, 127, 10'001}) {
        expectRelay(members, count, size - 1, 0b0101'0101);
        expectRelay(members, count, 0, ~0U);
    }
}

TEST_P(Collectives, RunOneAfterTheOtherWithoutWaiting) {
    Members members = makeAll();
    onAllRanks(members, [&](Communicator& member) {
        for (std::int64_t round = 0; round < 50; ++round) {
            std::vector<std::int64_t> large(1000, round + member.rank());
            std::vector<std::int64_t> small(3, round);
            ASSERT_TRUE(member.allreduce(std::span(large)));
            ASSERT_TRUE(member.allreduce(std::span(small)));
            ASSERT_TRUE(member.barrier());
            const auto all = member.allgather(std::as_bytes(std::span(&round, 1)));
            ASSERT_TRUE(all);
            ASSERT_TRUE(member.broadcast(std::as_writable_bytes(std::span(large)), 0));
            const std::int64_t n = member.size();
            EXPECT_EQ(large[0], n * round + n * (n - 1) / 2);
            EXPECT_EQ(small[2], n * round);
            EXPECT_EQ(std::memcmp(all->back().data(), &round, sizeof round), 0);
        }
    });
}

std::vector<Case> allCases() {
    std::vector<Case> cases;
    for (std::uint32_t size = 1; size <= 8; ++size) {
        cases.push_back({MeshKind::Memory, size});
    }
    for (const std::uint32_t size : {1U, 2U, 3U, 4U, 5U, 8U}) {
        cases.push_back({MeshKind::Plain, size});
    }
    cases.push_back({MeshKind::Encrypted, 2});
    cases.push_back({MeshKind::Encrypted, 3});
    return cases;
}

std::string nameOf(const testing::TestParamInfo<Case>& info) {
    return test::toString(info.param.kind) + std::to_string(info.param.size);
}

INSTANTIATE_TEST_SUITE_P(All, Collectives, testing::ValuesIn(allCases()), nameOf);

class Failures : public testing::TestWithParam<MeshKind> {};

TEST_P(Failures, OfAMemberInMidOperationAreToldToAllOthersByRank) {
    Members members = makeMembers(GetParam(), 4, {30s, 512, 1024});
    const TimePoint start = BootClock::now();
    // Rank 2 takes part in three sums and is gone. When it has the third, everybody has the second; the first
    // to miss it drops its links, which may still reach another in the third.
    std::vector<std::thread> threads;
    for (Rank rank = 0; rank < 4; ++rank) {
        threads.emplace_back([&members, rank] {
            std::vector<float> values(100'000, 1.0F);
            Result<void> result;
            int sums = 0;
            while ((rank != 2 || sums < 3) && (result = members[rank]->allreduce(std::span(values)))) {
                ++sums;
            }
            EXPECT_GE(sums, 2);
            EXPECT_LE(sums, 3);
            if (rank == 2) {
                members[rank].reset();
                return;
            }
            ASSERT_FALSE(result);
            EXPECT_EQ(result.error().kind, ErrorKind::Unavailable) << result.error().text;
            EXPECT_NE(result.error().text.find("rank"), std::string::npos) << result.error().text;
            // Nothing works any more, and says why.
            EXPECT_EQ(members[rank]->barrier().error().text, result.error().text);
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_LT(BootClock::now() - start, 10s);
}

TEST_P(Failures, OfAMemberThatHangsEndAtTheTimeoutAndNameIt) {
    Members members = makeMembers(GetParam(), 2, {200ms, 512, 1024});
    std::vector<float> values(100'000, 1.0F);
    const auto result = members[0]->allreduce(std::span(values));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::Unavailable);
    EXPECT_NE(result.error().text.find("for rank 1"), std::string::npos) << result.error().text;
}

TEST_P(Failures, OfMembersThatDoDifferentThingsAreTold) {
    Members members = makeMembers(GetParam(), 2, {20s, 512, 1024});
    std::vector<std::thread> threads;
    std::vector<Result<void>> results(2);
    for (Rank rank = 0; rank < 2; ++rank) {
        threads.emplace_back([&, rank] {
            std::vector<float> values(rank == 0 ? 100 : 99);
            results[rank] = members[rank]->allreduce(std::span(values));
            members[rank].reset();
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_FALSE(results[0]);
    EXPECT_FALSE(results[1]);
    EXPECT_TRUE(results[0].error().kind == ErrorKind::Corrupt ||
                results[1].error().kind == ErrorKind::Corrupt);
}

TEST_P(Failures, ByInterruptComeAtOnce) {
    Members members = makeMembers(GetParam(), 2, {30s, 512, 1024});
    std::vector<float> values(1'000'000, 1.0F);
    std::thread other([&] { members[0]->mesh().interrupt(); });
    const auto result = members[0]->allreduce(std::span(values));
    other.join();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::Interrupted);
}

INSTANTIATE_TEST_SUITE_P(All, Failures,
                         testing::Values(MeshKind::Memory, MeshKind::Plain, MeshKind::Encrypted),
                         test::meshKindName);

TEST(LargeSum, OfMoreThan100MiBIsRight) {
    const Communicator::Options options;
    Members members = makeMembers(MeshKind::Plain, 2, options);
    const std::size_t count = (std::size_t{101} << 20) / sizeof(float) + 1;
    std::vector<std::vector<float>> values(2);
    onAllRanks(members, [&](Communicator& member) {
        auto& mine = values[member.rank()];
        mine.resize(count);
        for (std::size_t i = 0; i < count; ++i) {
            mine[i] = static_cast<float>(i % 1000 + member.rank());
        }
        EXPECT_TRUE(member.allreduce(std::span(mine)));
    });
    for (const auto& mine : values) {
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < count; ++i) {
            wrong += mine[i] != static_cast<float>(2 * (i % 1000) + 1) ? 1 : 0;
        }
        EXPECT_EQ(wrong, 0U);
    }
}

}  // namespace
}  // namespace longship
