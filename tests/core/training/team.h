#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/collective/collective_thread.h"
#include "core/training/trainer.h"
#include "core/training/trainer_factory.h"
#include "core/transport/data_mesh.h"

namespace longship::test {

/// Trainers of one run in one process, each driven by a thread of its own, over memory meshes.
class Team {
public:
    struct Member {
        std::unique_ptr<Trainer> trainer;
        std::unique_ptr<CollectiveThread> collectives;
        std::vector<StepRow> rows;
        std::vector<EvaluationFinished> evaluations;
        Error error;  ///< Of the last call that failed.
        bool failed = false;
        TrainingProgress last;
    };
    /// Puts something between a member and its mesh.
    using WrapMesh = std::function<std::unique_ptr<Mesh>(Rank, std::unique_ptr<Mesh>)>;

    /// Data of each member: they may differ, to let one of them read wrongly.
    Team(const JobSpec& job, const Trainer::Options& options, const std::vector<TrainingData>& data);

    /// Begins the next membership of all members, with these shares, at the step that all have applied.
    void enter(const std::vector<std::uint32_t>& shares, const WrapMesh& wrap = {});
    /// Every member advances until it has applied `steps` steps or an error ends it. After an error of one
    /// member the others are interrupted, as the worker does when a membership breaks.
    void runTo(Step steps);
    /// Every member advances once.
    void advanceOnce();
    /// Every member advances until the run is finished or an error ends it.
    void finish();

    Member& operator[](std::size_t rank) { return m_members[rank]; }
    std::size_t size() const { return m_members.size(); }
    bool anyFailed() const;
    /// The hash that all members share; fails the test when they differ.
    std::string hash() const;

private:
    void onAll(const std::function<void(Member&)>& work);
    void advance(Member& member);
    void advanceWhile(const std::function<bool(const Member&)>& more);

    std::vector<Member> m_members;
    MembershipNumber m_membership = 0;
};

/// `count` times the same data.
std::vector<TrainingData> shared(const TrainingData& data, std::size_t count);

/// Synthetic training and test data.
TrainingData syntheticData(std::vector<std::int64_t> shape, std::size_t classes, std::uint64_t training,
                           std::uint64_t test);

}  // namespace longship::test
