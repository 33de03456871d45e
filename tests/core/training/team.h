#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/collective/collective_thread.h"
#include "core/domain/ledger.h"
#include "core/training/trainer.h"
#include "core/training/trainer_factory.h"
#include "core/transport/data_mesh.h"
#include "tests/core/training/server_crew.h"

namespace longship::test {

/// Trainers of one run in one process, each driven by a thread of its own, over memory meshes; with servers
/// where the job has them, in the ranks behind the trainers.
class Team {
public:
    struct Member {
        std::unique_ptr<Trainer> trainer;
        std::unique_ptr<CollectiveThread> collectives;
        std::vector<StepRow> rows;
        std::vector<EvaluationFinished> evaluations;
        Error error;  ///< Of the last call that failed.
        bool failed = false;
        bool hasState = true;  ///< False: a new process that has joined in no membership yet.
        TrainingProgress last;
        std::atomic<Step> applied{0};  ///< Steps; any thread.
        std::atomic<bool> finished{false};
    };
    /// Puts something between a member and its mesh.
    using WrapMesh = std::function<std::unique_ptr<Mesh>(Rank, std::unique_ptr<Mesh>)>;

    /// Data of each member: they may differ, to let one of them read wrongly.
    Team(const JobSpec& job, const Trainer::Options& options, const std::vector<TrainingData>& data);
    ~Team() { leave(); }

    /// Begins the next membership of all members, with these shares, at the highest step that one with state
    /// has applied.
    void enter(const std::vector<std::uint32_t>& shares, const WrapMesh& wrap = {});
    /// The same of some members, named by their numbers in the order of their ranks, with equal shares. Until
    /// the next membership only they take part.
    void enterAs(const std::vector<std::size_t>& members, const WrapMesh& wrap = {});
    /// A new process in the place of this member, which has died: it knows nothing.
    void restart(std::size_t member);
    /// New processes in the place of all members and servers.
    void restartAll();
    /// The membership ends, whatever it was doing.
    void leave();
    ServerCrew& servers() { return *m_servers; }

    /// Every member advances until it has applied `steps` steps or an error ends it. After an error of one
    /// member the others are interrupted, as the worker does when a membership breaks.
    void runTo(Step steps);
    /// Every member advances once.
    void advanceOnce();
    /// Every member advances as long as it evaluates.
    void finishEvaluation();
    /// Every member advances until the run is finished or an error ends it.
    void finish();

    Member& operator[](std::size_t member) { return *m_members[member]; }
    std::size_t size() const { return m_members.size(); }
    bool anyFailed() const;
    /// The hash that all members of the membership share; fails the test when they differ.
    std::string hash() const;
    /// The run as its events would tell it: for the ledger.
    RunSnapshot snapshot() const;

private:
    void begin(const std::vector<std::size_t>& members, const std::vector<std::uint32_t>& shares,
               const WrapMesh& wrap);
    std::unique_ptr<Trainer> makeTrainer(std::size_t member) const;
    void onAll(const std::function<void(Member&)>& work);
    void advance(Member& member);
    void advanceWhile(const std::function<bool(const Member&)>& more);

    const JobSpec m_job;
    const Trainer::Options m_options;
    const std::vector<TrainingData> m_data;
    std::vector<std::unique_ptr<Member>> m_members;
    std::vector<std::size_t> m_present;  ///< Members of the current membership, by rank.
    std::vector<MembershipCommitted> m_memberships;
    std::unique_ptr<ServerCrew> m_servers;  ///< May be null.
};

/// `count` times the same data.
std::vector<TrainingData> shared(const TrainingData& data, std::size_t count);

/// Synthetic training and test data.
TrainingData syntheticData(std::vector<std::int64_t> shape, std::size_t classes, std::uint64_t training,
                           std::uint64_t test);

}  // namespace longship::test
