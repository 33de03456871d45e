#include "tests/core/training/team.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/training/memory_dataset.h"

namespace longship::test {
namespace {

std::unique_ptr<CollectiveThread> startCollectives(std::unique_ptr<Mesh> mesh) {
    // A std::function must be copyable; the mesh moves on when the thread calls it.
    const auto held = std::make_shared<std::unique_ptr<Mesh>>(std::move(mesh));
    auto thread = std::make_unique<CollectiveThread>([held]() -> Result<std::unique_ptr<Communicator>> {
        return std::make_unique<Communicator>(std::move(*held), Communicator::Options{});
    });
    EXPECT_TRUE(thread->started());
    return thread;
}

}  // namespace

Team::Team(const JobSpec& job, const Trainer::Options& options, const std::vector<TrainingData>& data)
    : m_members(data.size()) {
    for (std::size_t rank = 0; rank < data.size(); ++rank) {
        auto trainer = createTrainer(job, options, data[rank]);
        if (!trainer) {
            ADD_FAILURE() << trainer.error().text;
            std::abort();
        }
        m_members[rank].trainer = std::move(*trainer);
    }
}

void Team::enter(const std::vector<std::uint32_t>& shares, const WrapMesh& wrap) {
    ++m_membership;
    const TrainingSeat seat{
        .membership = m_membership, .baseStep = m_members[0].trainer->stepsApplied(), .shares = shares};
    for (Member& member : m_members) {
        member.failed = false;
        member.collectives.reset();
    }
    if (size() > 1) {
        auto meshes = makeMemoryMeshes(static_cast<std::uint32_t>(size()), m_membership);
        for (std::size_t rank = 0; rank < size(); ++rank) {
            auto mesh =
                wrap ? wrap(static_cast<Rank>(rank), std::move(meshes[rank])) : std::move(meshes[rank]);
            m_members[rank].collectives = startCollectives(std::move(mesh));
        }
    }
    onAll([&](Member& member) {
        const auto entered = member.trainer->enter(seat, member.collectives.get());
        if (!entered) {
            member.failed = true;
            member.error = entered.error();
        }
    });
}

void Team::runTo(Step steps) {
    advanceWhile([steps](const Member& member) { return member.trainer->stepsApplied() < steps; });
}

void Team::finish() {
    advanceWhile([](const Member& member) { return !member.last.finished; });
}

void Team::advanceOnce() {
    onAll([this](Member& member) { advance(member); });
}

void Team::advance(Member& member) {
    auto progress = member.trainer->advance();
    if (progress) {
        member.rows.insert(member.rows.end(), progress->finalRows.begin(), progress->finalRows.end());
        if (progress->evaluation) {
            member.evaluations.push_back(*progress->evaluation);
        }
        member.last = std::move(*progress);
        return;
    }
    member.failed = true;
    member.error = progress.error();
    for (Member& other : m_members) {
        if (other.collectives) {
            other.collectives->interrupt();
        }
    }
}

void Team::advanceWhile(const std::function<bool(const Member&)>& more) {
    onAll([&](Member& member) {
        while (!member.failed && more(member)) {
            advance(member);
        }
    });
}

void Team::onAll(const std::function<void(Member&)>& work) {
    std::vector<std::thread> threads;
    for (Member& member : m_members) {
        threads.emplace_back([&work, &member] { work(member); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

bool Team::anyFailed() const {
    return std::any_of(m_members.begin(), m_members.end(),
                       [](const Member& member) { return member.failed; });
}

std::string Team::hash() const {
    const std::string first = m_members[0].trainer->parameterHash();
    for (const Member& member : m_members) {
        EXPECT_FALSE(member.failed) << member.error.text;
        EXPECT_EQ(member.trainer->parameterHash(), first);
    }
    return first;
}

std::vector<TrainingData> shared(const TrainingData& data, std::size_t count) {
    return std::vector<TrainingData>(count, data);
}

TrainingData syntheticData(std::vector<std::int64_t> shape, std::size_t classes, std::uint64_t training,
                           std::uint64_t test) {
    TrainingData data;
    data.training = makeSyntheticDataset(shape, classes, training, 11);
    data.test = makeSyntheticDataset(shape, classes, test, 12);
    data.name = "synthetic";
    data.preprocessing.description = "{}";
    return data;
}

}  // namespace longship::test
