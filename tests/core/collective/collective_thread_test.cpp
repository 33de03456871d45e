#include "core/collective/collective_thread.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/test_meshes.h"

namespace longship {
namespace {

using namespace std::chrono_literals;
using test::MeshKind;

std::unique_ptr<CollectiveThread> startMember(std::unique_ptr<Mesh> mesh) {
    const auto shared = std::make_shared<std::unique_ptr<Mesh>>(std::move(mesh));
    return std::make_unique<CollectiveThread>([shared]() -> Result<std::unique_ptr<Communicator>> {
        return std::make_unique<Communicator>(std::move(*shared), Communicator::Options{});
    });
}

std::vector<std::unique_ptr<CollectiveThread>> startMembers(std::uint32_t size) {
    std::vector<std::unique_ptr<CollectiveThread>> members;
    for (auto& mesh : makeMemoryMeshes(size, 1)) {
        members.push_back(startMember(std::move(mesh)));
        EXPECT_TRUE(members.back()->started());
    }
    return members;
}

TEST(CollectiveThread, RunsQueuedOperationsInOrder) {
    auto members = startMembers(3);
    std::vector<std::vector<float>> floats(3, std::vector<float>(5, 1.0F));
    std::vector<std::vector<double>> doubles(3, std::vector<double>(100'000, 2.0));
    std::vector<std::vector<std::int64_t>> numbers(3, std::vector<std::int64_t>(7, 3));
    std::vector<std::future<Result<void>>> futures;
    std::vector<std::future<Result<std::vector<std::vector<std::byte>>>>> gathered;
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(members[i]->rank(), i);
        EXPECT_EQ(members[i]->size(), 3U);
        futures.push_back(members[i]->allreduce(std::span(floats[i])));
        futures.push_back(members[i]->allreduce(std::span(doubles[i])));
        futures.push_back(members[i]->allreduce(std::span(numbers[i])));
        gathered.push_back(members[i]->allgather({std::byte(i)}));
        futures.push_back(members[i]->broadcast(std::as_writable_bytes(std::span(floats[i])), 0));
    }
    for (auto& future : futures) {
        EXPECT_TRUE(future.get());
    }
    for (auto& future : gathered) {
        EXPECT_EQ(future.get().value(),
                  (std::vector<std::vector<std::byte>>{{std::byte{0}}, {std::byte{1}}, {std::byte{2}}}));
    }
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(floats[i], std::vector<float>(5, 3.0F));
        EXPECT_EQ(doubles[i], std::vector<double>(100'000, 6.0));
        EXPECT_EQ(numbers[i], std::vector<std::int64_t>(7, 9));
    }
    EXPECT_GT(members[0]->bytesSent(), 0U);
    EXPECT_GT(members[0]->bytesReceived(), 0U);
}

TEST(CollectiveThread, PassesOnWhyItCouldNotStart) {
    CollectiveThread thread([]() -> Result<std::unique_ptr<Communicator>> {
        return failure(ErrorKind::Unavailable, "Nobody is there.");
    });
    EXPECT_EQ(thread.started().error().text, "Nobody is there.");
    std::vector<float> values(1);
    EXPECT_EQ(thread.allreduce(std::span(values)).get().error().text, "Nobody is there.");
}

TEST(CollectiveThread, InterruptFailsWhatRunsAndWhatIsQueued) {
    auto members = startMembers(2);
    std::vector<float> values(10, 1.0F);
    auto running = members[0]->allreduce(std::span(values));
    auto queued = members[0]->allreduce(std::span(values));
    members[0]->interrupt();
    EXPECT_EQ(running.get().error().kind, ErrorKind::Interrupted);
    EXPECT_EQ(queued.get().error().kind, ErrorKind::Interrupted);
    EXPECT_EQ(members[0]->broadcast({}, 0).get().error().kind, ErrorKind::Interrupted);
}

TEST(CollectiveThread, EndsWhileAnOperationWaitsForPeers) {
    auto members = startMembers(2);
    std::vector<float> values(10, 1.0F);
    auto running = members[0]->allreduce(std::span(values));
    members[0].reset();
    EXPECT_EQ(running.get().error().kind, ErrorKind::Interrupted);
}

TEST(CollectiveThread, FailsEverythingAfterAnError) {
    auto members = startMembers(2);
    members[1].reset();
    std::vector<float> values(10, 1.0F);
    EXPECT_EQ(members[0]->allreduce(std::span(values)).get().error().kind, ErrorKind::Unavailable);
    EXPECT_EQ(members[0]->allgather({}).get().error().kind, ErrorKind::Unavailable);
}

}  // namespace
}  // namespace longship
