#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <set>

#include "tests/core/training/faulty_mesh.h"
#include "tests/core/training/team.h"

// Members that die, fall behind, join and come back: under `numerics: reproducible` the parameters, the
// optimizer and the buffers have the SHA-256 of a run that nobody disturbed, and the rows prove each sample.
namespace longship {
namespace {

using namespace std::chrono_literals;
using test::Fault;
using test::Team;

constexpr std::uint64_t kSamples = 100;
constexpr std::uint64_t kBatch = 24;         // Five steps an epoch, the last of 4 samples.
constexpr std::uint64_t kTestSamples = 600;  // Three ranges.
constexpr Step kSteps = 10;
constexpr Step kCutAt = 3;  // The step that is disturbed.

JobSpec jobOf(const std::string& model, OptimizerKind optimizer, Numerics numerics = Numerics::Reproducible) {
    JobSpec job;
    job.dataset.name = "fashion-mnist";  // Replaced by data in memory; named so that the job is valid.
    job.model.name = model;
    job.model.hidden = {16};
    job.optimizer.kind = optimizer;
    job.optimizer.learningRate = optimizer == OptimizerKind::Adam ? 0.005 : 0.05;
    job.numerics = numerics;
    job.globalBatch = kBatch;
    job.microBatch = 4;
    job.epochs = 2;
    return job;
}

TrainingData data() {
    return test::syntheticData({1, 8, 8}, 3, kSamples, kTestSamples);
}

/// Puts the fault on one rank's mesh.
Team::WrapMesh faultOn(Rank faulty, const std::shared_ptr<Fault>& fault) {
    return [=](Rank rank, std::unique_ptr<Mesh> mesh) -> std::unique_ptr<Mesh> {
        return rank == faulty ? std::make_unique<test::FaultyMesh>(std::move(mesh), fault) : std::move(mesh);
    };
}

void waitUntil(const std::function<bool()>& condition) {
    const TimePoint deadline = BootClock::now() + 20s;
    while (!condition() && BootClock::now() < deadline) {
        std::this_thread::yield();
    }
    EXPECT_TRUE(condition()) << "in time";
}

struct Case {
    const char* model;
    OptimizerKind optimizer;
    std::uint32_t servers = 0;  ///< 0: allreduce.
};

class Memberships : public testing::TestWithParam<Case> {
protected:
    static JobSpec job() {
        JobSpec job = jobOf(GetParam().model, GetParam().optimizer);
        if (GetParam().servers > 0) {
            job.strategy = {.kind = StrategyKind::ParameterServer, .servers = GetParam().servers};
        }
        return job;
    }
    Team team(std::size_t members) const {
        return {job(), {.hashEverySteps = 3}, test::shared(data(), members)};
    }

    struct Outcome {
        std::string hash;
        std::vector<EvaluationFinished> evaluations;
    };
    const Outcome& undisturbed() const {
        static std::map<std::pair<std::string, OptimizerKind>, Outcome> outcomes;
        Outcome& outcome = outcomes[{GetParam().model, GetParam().optimizer}];
        if (outcome.hash.empty()) {
            // One worker and its own optimizer, whatever the strategy.
            Team alone(jobOf(GetParam().model, GetParam().optimizer), {.hashEverySteps = 3},
                       test::shared(data(), 1));
            alone.enterAs({0});
            alone.finish();
            outcome = {alone.hash(), alone[0].evaluations};
        }
        return outcome;
    }

    /// Of members that finished and were there from the first step on.
    void expectAsUndisturbed(Team& team, const std::vector<std::size_t>& members) const {
        EXPECT_EQ(team.hash(), undisturbed().hash);
        for (const std::size_t member : members) {
            SCOPED_TRACE(member);
            EXPECT_TRUE(team[member].last.finished);
            EXPECT_EQ(team[member].trainer->samplesApplied(), 2 * kSamples);
            EXPECT_EQ(team[member].evaluations, undisturbed().evaluations) << "each once";
            ASSERT_EQ(team[member].rows.size(), kSteps) << "each once";
            const auto proof = proveSamples(team.snapshot(), team[member].rows);
            ASSERT_TRUE(proof) << proof.error().text;
            EXPECT_TRUE(proof->exact()) << proof->summary();
            EXPECT_EQ(team[member].rows, team[members.front()].rows) << "identical, whoever reports them";
        }
    }

    /// What one member sends in one step of a membership of so many.
    int sendsInAStep(std::size_t members) const {
        const auto counted = std::make_shared<Fault>();
        Team team = this->team(members);
        team.enter(std::vector<std::uint32_t>(members, 1), faultOn(1, counted));
        team.runTo(kCutAt);
        const int before = counted->sends;
        team.runTo(kCutAt + 1);
        return counted->sends - before;
    }
};

TEST_P(Memberships, AMemberDiesBeforeInAndAfterTheBuckets) {
    const int sends = sendsInAStep(3);
    ASSERT_GE(sends, 4);
    std::set<int> moments{0, 1, 2, sends / 2, sends - 1};
    for (const int moment : moments) {
        SCOPED_TRACE(moment);
        const auto fault = std::make_shared<Fault>();
        Team team = this->team(3);
        team.enter({1, 1, 1}, faultOn(1, fault));
        team.runTo(kCutAt);
        const std::string before = team.hash();
        fault->sendsLeft = moment;
        team.runTo(kSteps);
        ASSERT_TRUE(team[0].failed && team[1].failed && team[2].failed);
        if (moment <= 1) {
            // Somebody misses this member's record: nobody can have finished the step.
            EXPECT_EQ(team[0].trainer->parameterHash(), before) << "nothing of the step remains";
        }
        team.enterAs({2, 0});
        team.finish();
        expectAsUndisturbed(team, {0, 2});
    }
}

/// Brings `behind` to kCutAt steps and everybody else to one more.
void leaveBehind(Team& team, Rank behind, int sends) {
    const auto fault = std::make_shared<Fault>();
    team.enter(std::vector<std::uint32_t>(team.size(), 1), faultOn(behind, fault));
    team.runTo(kCutAt);
    // It has sent all that the others need of it, and dies to them before it has all that it needs of them.
    fault->beforeLoss = [&team, behind] {
        for (Rank other = 0; other < team.size(); ++other) {
            waitUntil([&] { return other == behind || team[other].applied == kCutAt + 1; });
        }
    };
    fault->receivesLost = sends;
    team.runTo(kSteps);
    for (Rank rank = 0; rank < team.size(); ++rank) {
        ASSERT_EQ(team[rank].trainer->stepsApplied(), rank == behind ? kCutAt : kCutAt + 1);
    }
}

TEST_P(Memberships, AMemberOneStepBehindIsGivenTheState) {
    for (const std::size_t members : {2, 3}) {
        const int sends = sendsInAStep(members);
        for (const std::vector<std::size_t>& order : std::vector<std::vector<std::size_t>>{{0, 1}, {1, 0}}) {
            Team team = this->team(members);
            leaveBehind(team, 1, sends);
            team.enterAs(order);  // Also with the one behind as the lowest rank.
            EXPECT_FALSE(team.anyFailed()) << team[0].error.text;
            team.hash();
            team.finish();
            expectAsUndisturbed(team, {0, 1});
        }
    }
}

TEST_P(Memberships, TheOnlyOneAheadDiesNextAndLeavesItsStateAndRows) {
    const int sends = sendsInAStep(2);
    Team team = this->team(2);
    leaveBehind(team, 1, sends);
    team.enterAs({0, 1});
    ASSERT_FALSE(team.anyFailed());
    team.enterAs({1});
    team.finish();
    expectAsUndisturbed(team, {1});
}

TEST_P(Memberships, AJoinerIsGivenTheState) {
    for (const std::vector<std::size_t>& order :
         std::vector<std::vector<std::size_t>>{{0, 1, 2}, {2, 0, 1}}) {
        Team team = this->team(3);
        team.restart(2);
        team.enterAs({0, 1});
        team.runTo(4);
        team.enterAs(order);
        EXPECT_FALSE(team.anyFailed()) << team[2].error.text;
        team.hash();
        team.finish();
        expectAsUndisturbed(team, {0, 1});
        ASSERT_EQ(team[2].rows.size(), 8u) << "the last two before it joined, and all since";
        EXPECT_TRUE(std::equal(team[2].rows.begin(), team[2].rows.end(), team[0].rows.begin() + 2));
        EXPECT_EQ(team[2].trainer->samplesApplied(), 2 * kSamples);
        EXPECT_EQ(team[2].evaluations, team[0].evaluations);
    }
}

TEST_P(Memberships, ShrinkToOneAndGrowAgain) {
    Team team = this->team(3);
    team.enterAs({0, 1, 2});
    team.runTo(2);
    team.enterAs({1, 2});
    team.runTo(4);
    team.enterAs({1});
    team.runTo(7);
    team.restart(0);
    team[2].hasState = false;  // It still holds what it had at step 4: that counts for nothing.
    team.enterAs({0, 1, 2});
    team.runTo(8);
    team.enterAs({2, 0});
    team.finish();
    EXPECT_EQ(team.hash(), undisturbed().hash);
    ASSERT_FALSE(team[1].evaluations.empty());
    EXPECT_EQ(team[1].evaluations.front(), undisturbed().evaluations.front());
    EXPECT_EQ(team[2].evaluations.back(), undisturbed().evaluations.back());
    // Nobody was there all the time; together they prove it.
    std::map<RowKey, StepRow> rows;
    for (std::size_t member = 0; member < 3; ++member) {
        for (const StepRow& row : team[member].rows) {
            const auto [known, isNew] = rows.try_emplace(row.key, row);
            EXPECT_TRUE(isNew || known->second == row) << "step " << row.key.step;
        }
    }
    std::vector<StepRow> all;
    for (const auto& [key, row] : rows) {
        all.push_back(row);
    }
    const auto proof = proveSamples(team.snapshot(), all);
    ASSERT_TRUE(proof && proof->exact()) << proof->summary();
}

TEST_P(Memberships, ADeathDuringAnEvaluation) {
    for (const int parts : {1, 2}) {  // Before its range, and when the results are gathered.
        const auto fault = std::make_shared<Fault>();
        Team team = this->team(3);
        team.enter({1, 1, 1}, faultOn(2, fault));
        team.runTo(5);
        for (int i = 0; i < parts; ++i) {
            team.advanceOnce();
        }
        EXPECT_EQ(team[0].last.phase, RunState::Evaluating);
        fault->sendsLeft = 1;
        team.finish();
        ASSERT_TRUE(team[0].failed && team[1].failed);
        EXPECT_TRUE(team[0].evaluations.empty());
        team.enterAs({0, 1});
        team.finish();
        expectAsUndisturbed(team, {0, 1});
    }
}

TEST_P(Memberships, OneHasFinishedWhenAnotherIsCutOff) {
    const auto fault = std::make_shared<Fault>();
    Team team = this->team(2);
    team.enter({1, 1}, faultOn(1, fault));
    team.runTo(kSteps);
    // The closing step is all that remains after the evaluation.
    team.finishEvaluation();
    ASSERT_FALSE(team[0].last.finished);
    fault->beforeLoss = [&team] { waitUntil([&] { return team[0].finished.load(); }); };
    fault->receivesLost = 1;
    team.finish();
    ASSERT_TRUE(team[0].last.finished && !team[1].last.finished);
    team.restart(0);  // And the one that had finished is lost with all it knew…
    team.enterAs({1, 0});
    team.finish();
    expectAsUndisturbed(team, {1});
}

TEST_P(Memberships, AFinishedOneTakesASeatAgain) {
    Team team = this->team(2);
    team.restart(1);
    team.enterAs({0});
    team.finish();
    team.enterAs({0, 1});
    team.finish();
    expectAsUndisturbed(team, {0});
    EXPECT_TRUE(team[1].last.finished);
}

TEST_P(Memberships, DeathsDuringTheTransferItself) {
    // The source, a bystander and the joiner each die after so many messages of the entry.
    for (const std::size_t dying : {0, 1, 2}) {
        for (const int moment : {0, 2, 4}) {
            SCOPED_TRACE(testing::Message() << "member " << dying << " after " << moment);
            Team team = this->team(4);
            team.restart(2);
            team.restart(3);
            team.enterAs({0, 1});
            team.runTo(4);
            const auto fault = std::make_shared<Fault>();
            fault->sendsLeft = moment;
            team.enterAs({0, 1, 2, 3}, faultOn(static_cast<Rank>(dying), fault));
            std::vector<std::size_t> left;
            for (std::size_t member = 0; member < 4; ++member) {
                if (member != dying) {
                    left.push_back(member);
                }
            }
            team.enterAs(left);
            ASSERT_FALSE(team.anyFailed()) << team[left.front()].error.text << team[left.back()].error.text;
            team.finish();
            expectAsUndisturbed(team, {dying == 0 ? std::size_t{1} : std::size_t{0}});
        }
    }
}

std::string nameOf(const testing::TestParamInfo<Case>& tested) {
    return std::string(tested.param.model) +
           (tested.param.optimizer == OptimizerKind::Adam ? "Adam" : "Sgd") +
           (tested.param.servers > 0 ? std::to_string(tested.param.servers) + "Servers" : "");
}

INSTANTIATE_TEST_SUITE_P(All, Memberships,
                         testing::Values(Case{"mlp", OptimizerKind::Sgd}, Case{"mlp", OptimizerKind::Adam},
                                         Case{"cnn", OptimizerKind::Sgd}, Case{"cnn", OptimizerKind::Adam},
                                         Case{"resnet", OptimizerKind::Sgd},
                                         Case{"resnet", OptimizerKind::Adam},
                                         Case{"mlp", OptimizerKind::Adam, 2},
                                         Case{"resnet", OptimizerKind::Sgd, 3}),
                         nameOf);

TEST(FastMemberships, ReplicasAreBitEqualAfterATransfer) {
    for (const char* model : {"mlp", "cnn", "resnet"}) {
        Team team(jobOf(model, OptimizerKind::Adam, Numerics::Fast), {}, test::shared(data(), 3));
        team.restart(2);
        team.enterAs({0, 1});
        team.runTo(4);
        team.enterAs({0, 2});
        team.hash();
        team.runTo(6);
        team.hash();
        team[1].hasState = false;
        team.enterAs({2, 1, 0});
        team.finish();
        team.hash();
    }
}

TEST(MembershipChange, AStopThatOneHasSeenHoldsForAll) {
    const JobSpec job = jobOf("mlp", OptimizerKind::Sgd);
    Team team(job, {}, test::shared(data(), 2));
    team.enter({1, 1});
    team.runTo(kCutAt - 1);
    team[1].trainer->requestStop();
    const auto fault = std::make_shared<Fault>();
    team.enter({1, 1}, faultOn(1, fault));
    // One message each for the record and the bucket; the step is the last one for member 0 alone.
    fault->receivesLost = 2;
    fault->beforeLoss = [&team] { waitUntil([&] { return team[0].applied == kCutAt; }); };
    team.runTo(kSteps);
    ASSERT_EQ(team[0].trainer->stepsApplied(), kCutAt);
    ASSERT_EQ(team[1].trainer->stepsApplied(), kCutAt - 1);
    team.restart(1);  // Whoever asked for the stop is gone.
    team.enterAs({0, 1});
    team.finish();
    team.hash();
    for (const std::size_t member : {0, 1}) {
        EXPECT_TRUE(team[member].last.stopped);
        EXPECT_EQ(team[member].trainer->stepsApplied(), kCutAt);
    }
    EXPECT_EQ(team[0].rows.size(), kCutAt);
}

TEST(MembershipChange, NobodyHasTheState) {
    Team team(jobOf("mlp", OptimizerKind::Sgd), {}, test::shared(data(), 1));
    const TrainingSeat seat{.membership = 2, .baseStep = 4, .shares = {1}, .hasState = {false}};
    const auto entered = team[0].trainer->enter(seat, nullptr);
    EXPECT_EQ(entered.error().kind, ErrorKind::Refused);
    EXPECT_NE(entered.error().text.find("no member has the state of that step"), std::string::npos);
}

/// Interrupts a trainer when it reads for the first time after being armed, and counts what it reads later.
class InterruptingReader final : public Dataset {
public:
    explicit InterruptingReader(std::shared_ptr<const Dataset> inner) : m_inner(std::move(inner)) {}
    std::uint64_t samples() const override { return m_inner->samples(); }
    const SampleShape& shape() const override { return m_inner->shape(); }
    void read(std::span<const std::uint64_t> indices, std::span<float> inputs, std::span<std::int64_t> labels,
              SampleDigest& digest) const override {
        ++reads;
        if (interrupt) {
            interrupt();
        }
        m_inner->read(indices, inputs, labels, digest);
    }

    mutable int reads = 0;
    std::function<void()> interrupt;

private:
    std::shared_ptr<const Dataset> m_inner;
};

TEST(MembershipChange, AnInterruptIsSeenBetweenTwoPasses) {
    TrainingData mine = data();
    const auto reader = std::make_shared<InterruptingReader>(mine.training);
    mine.training = reader;
    Team team(jobOf("resnet", OptimizerKind::Adam), {}, {mine});
    team.enterAs({0});
    team.runTo(2);
    const std::string before = team.hash();
    reader->reads = 0;
    reader->interrupt = [&team] { team[0].trainer->interrupt(1); };
    team.runTo(3);
    ASSERT_TRUE(team[0].failed);
    EXPECT_EQ(team[0].error.kind, ErrorKind::Interrupted);
    EXPECT_EQ(reader->reads, 1) << "of the six passes of the step";
    EXPECT_EQ(team[0].trainer->parameterHash(), before);
    reader->interrupt = {};
    team.enterAs({0});
    team.runTo(3);
    EXPECT_FALSE(team.anyFailed());
    EXPECT_EQ(team[0].trainer->stepsApplied(), 3u);
}

}  // namespace
}  // namespace longship
