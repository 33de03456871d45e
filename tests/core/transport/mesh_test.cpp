#include "core/transport/mesh.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <thread>
#include <vector>

#include "core/base/random.h"
#include "tests/support/test_meshes.h"

namespace longship {
namespace {

using namespace std::chrono_literals;
using test::MeshKind;

class MeshContract : public testing::TestWithParam<MeshKind> {
protected:
    std::vector<std::unique_ptr<Mesh>> make(std::uint32_t size) { return test::makeMeshes(GetParam(), size); }
};

TimePoint soon() {
    return BootClock::now() + 20s;
}

std::vector<std::byte> randomBytes(std::size_t size, std::uint64_t seed) {
    SeededRandom random(seed);
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes) {
        byte = static_cast<std::byte>(random());
    }
    return bytes;
}

FrameKey keyOfOperation(std::uint64_t operation) {
    return {1, operation, 2, 3, 4};
}

TEST_P(MeshContract, CarriesPayloadsOfAllSizesInOrder) {
    const auto meshes = make(2);
    const std::vector<std::size_t> sizes{0,     1,     7,     8,       100,       4096,
                                         16383, 16384, 16385, 262'144, 1'000'003, Mesh::kPayloadMax};
    std::vector<std::vector<std::byte>> sent;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        sent.push_back(randomBytes(sizes[i], i));
        ASSERT_TRUE(meshes[0]->send(1, keyOfOperation(i), sent.back()));
    }
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const auto frame = meshes[1]->receive(soon());
        ASSERT_TRUE(frame) << frame.error().text;
        EXPECT_EQ((*frame)->from(), 0U);
        EXPECT_EQ((*frame)->key(), keyOfOperation(i));
        ASSERT_EQ((*frame)->payload().size(), sizes[i]);
        EXPECT_TRUE(std::ranges::equal((*frame)->payload(), sent[i]));
        bytes += sizes[i];
    }
    ASSERT_TRUE(meshes[0]->flush(soon()));
    EXPECT_EQ(meshes[0]->sendsDone(), sizes.size());
    EXPECT_GE(meshes[0]->bytesSent(), bytes);
    EXPECT_EQ(meshes[1]->bytesReceived(), meshes[0]->bytesSent());
}

TEST_P(MeshContract, ConnectsEveryPairInBothDirections) {
    const auto meshes = make(5);
    for (Rank from = 0; from < 5; ++from) {
        EXPECT_EQ(meshes[from]->rank(), from);
        EXPECT_EQ(meshes[from]->size(), 5U);
        for (Rank to = 0; to < 5; ++to) {
            if (to != from) {
                const std::uint32_t text = from * 10 + to;
                ASSERT_TRUE(meshes[from]->send(to, keyOfOperation(0), std::as_bytes(std::span(&text, 1))));
            }
        }
    }
    for (Rank to = 0; to < 5; ++to) {
        std::set<Rank> heard;
        for (int i = 0; i < 4; ++i) {
            const auto frame = meshes[to]->receive(soon());
            ASSERT_TRUE(frame) << frame.error().text;
            std::uint32_t text = 0;
            std::memcpy(&text, (*frame)->payload().data(), sizeof text);
            EXPECT_EQ(text, (*frame)->from() * 10 + to);
            heard.insert((*frame)->from());
        }
        EXPECT_EQ(heard.size(), 4U);
    }
}

TEST_P(MeshContract, DropsMessagesOfOtherMemberships) {
    const auto meshes = make(2);
    FrameKey stale = keyOfOperation(1);
    stale.membership = 7;
    ASSERT_TRUE(meshes[0]->send(1, stale, randomBytes(10, 0)));
    ASSERT_TRUE(meshes[0]->send(1, keyOfOperation(2), randomBytes(10, 1)));
    const auto frame = meshes[1]->receive(soon());
    ASSERT_TRUE(frame);
    EXPECT_EQ((*frame)->key().operation, 2U);
}

TEST_P(MeshContract, GivesUpAtTheDeadline) {
    const auto meshes = make(2);
    const TimePoint start = BootClock::now();
    const auto frame = meshes[0]->receive(start + 20ms);
    ASSERT_FALSE(frame);
    EXPECT_EQ(frame.error().kind, ErrorKind::Unavailable);
    EXPECT_GE(BootClock::now() - start, 20ms);
    EXPECT_LT(BootClock::now() - start, 10s);
}

TEST_P(MeshContract, NamesAPeerThatIsLostWhileItWaits) {
    auto meshes = make(3);
    Result<std::unique_ptr<Frame>> result;
    // A lost peer is told even to one that waits for another.
    std::thread waiter([&] { result = meshes[0]->receive(soon(), std::vector<Rank>{1}); });
    const TimePoint start = BootClock::now();
    meshes[2]->abandon();
    waiter.join();
    EXPECT_LT(BootClock::now() - start, 5s);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::Unavailable);
    EXPECT_NE(result.error().text.find("rank 2"), std::string::npos) << result.error().text;
    EXPECT_EQ(result.error().text.find("rank 1"), std::string::npos) << result.error().text;

    // A send to it fails as well, as soon as the loss is known.
    EXPECT_EQ(meshes[0]->send(2, keyOfOperation(0), {}).error().kind, ErrorKind::Unavailable);
}

TEST_P(MeshContract, DeliversTheLastMessagesOfAPeerThatLeaves) {
    auto meshes = make(2);
    std::vector<std::vector<std::byte>> sent;
    for (std::uint64_t i = 0; i < 20; ++i) {
        sent.push_back(randomBytes(i % 2 == 0 ? 100 : 300'000, i));
        ASSERT_TRUE(meshes[0]->send(1, keyOfOperation(i), sent.back()));
    }
    std::thread leaver([&] {
        EXPECT_TRUE(meshes[0]->flush(soon()));
        meshes[0].reset();
    });
    for (std::uint64_t i = 0; i < 20; ++i) {
        const auto frame = meshes[1]->receive(soon());
        ASSERT_TRUE(frame) << i << ": " << frame.error().text;
        EXPECT_TRUE(std::ranges::equal((*frame)->payload(), sent[i]));
    }
    leaver.join();
    EXPECT_EQ(meshes[1]->receive(soon()).error().kind, ErrorKind::Unavailable);
}

TEST_P(MeshContract, IsNotDisturbedByAPeerThatLeavesInOrder) {
    auto meshes = make(3);
    meshes[2].reset();
    const std::vector<Rank> one{1};
    EXPECT_NE(meshes[0]->receive(soon(), std::vector<Rank>{2}).error().text.find("rank 2"),
              std::string::npos);
    ASSERT_TRUE(meshes[1]->send(0, keyOfOperation(5), randomBytes(100'000, 0)));
    ASSERT_TRUE(meshes[1]->flush(soon()));
    const auto frame = meshes[0]->receive(soon(), one);
    ASSERT_TRUE(frame) << frame.error().text;
    EXPECT_EQ((*frame)->key().operation, 5U);
    EXPECT_TRUE(meshes[0]->flush(soon()));
}

TEST_P(MeshContract, IsInterruptedByAnotherThread) {
    const auto meshes = make(2);
    std::thread other([&] { meshes[0]->interrupt(); });
    EXPECT_EQ(meshes[0]->receive(soon()).error().kind, ErrorKind::Interrupted);
    other.join();
    EXPECT_EQ(meshes[0]->receive(soon()).error().kind, ErrorKind::Interrupted);
}

TEST_P(MeshContract, ReadsNoMemoryAfterItWasAbandoned) {
    const auto meshes = make(2);
    const std::size_t size = std::size_t{64} << 20;
    void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    const std::span<const std::byte> bytes(static_cast<const std::byte*>(memory), size);
    // The peer does not read: most of this is still queued when the links are dropped.
    for (std::size_t at = 0; at < size; at += 1 << 20) {
        ASSERT_TRUE(meshes[0]->send(1, keyOfOperation(at), bytes.subspan(at, 1 << 20)));
    }
    meshes[0]->abandon();
    ASSERT_EQ(::munmap(memory, size), 0);
    EXPECT_FALSE(meshes[0]->send(1, keyOfOperation(0), {}));
    EXPECT_FALSE(meshes[0]->receive(soon()));
    Result<std::unique_ptr<Frame>> last;
    do {
        last = meshes[1]->receive(soon());
    } while (last);
    EXPECT_NE(last.error().text.find("rank 0"), std::string::npos) << last.error().text;
}

INSTANTIATE_TEST_SUITE_P(All, MeshContract,
                         testing::Values(MeshKind::Memory, MeshKind::Plain, MeshKind::Encrypted),
                         test::meshKindName);

}  // namespace
}  // namespace longship
