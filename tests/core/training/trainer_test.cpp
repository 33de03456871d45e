#include "core/training/trainer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/digest.h"
#include "core/base/files.h"
#include "core/domain/job_yaml.h"
#include "core/training/dataset.h"
#include "tests/core/training/faulty_mesh.h"
#include "tests/core/training/team.h"
#include "tests/core/training/tensor_file.h"
#include "tests/support/temp_folder.h"

namespace longship {
namespace {

using test::Team;

constexpr std::uint64_t kSamples = 100;
constexpr std::uint64_t kBatch = 24;  // Five steps an epoch, the last of 4 samples.

JobSpec smallJob(const std::string& model, Numerics numerics) {
    JobSpec job;
    job.dataset.name = "fashion-mnist";  // Replaced by data in memory; named so that the job is valid.
    job.model.name = model;
    job.model.hidden = {16};
    job.numerics = numerics;
    job.globalBatch = kBatch;
    job.microBatch = 4;
    job.epochs = 2;
    return job;
}

TrainingData smallData() {
    return test::syntheticData({1, 8, 8}, 3, kSamples, 30);
}

std::string hashAfter(const JobSpec& job, Step steps, const std::vector<std::uint32_t>& shares) {
    Team team(job, {}, test::shared(smallData(), shares.size()));
    team.enter(shares);
    team.runTo(steps);
    return team.hash();
}

class EveryModel : public testing::TestWithParam<const char*> {};

TEST_P(EveryModel, ReproducibleGivesTheSameBitsForAnyMembership) {
    const JobSpec job = smallJob(GetParam(), Numerics::Reproducible);
    constexpr Step kSteps = 9;
    const std::string alone = hashAfter(job, kSteps, {1});
    EXPECT_EQ(hashAfter(job, kSteps, {1, 1}), alone);
    EXPECT_EQ(hashAfter(job, kSteps, {2, 0, 5}), alone) << "a member without work contributes zeros";

    Team team(job, {}, test::shared(smallData(), 3));
    team.enter({1, 1, 1});
    team.runTo(3);
    team.enter({5, 1, 0});
    team.runTo(6);
    team.enter({1, 2, 3});
    team.runTo(kSteps);
    EXPECT_EQ(team.hash(), alone) << "shares changed in mid-run";
}

TEST_P(EveryModel, FastReplicasAreBitEqual) {
    const JobSpec job = smallJob(GetParam(), Numerics::Fast);
    Team team(job, {}, test::shared(smallData(), 3));
    team.enter({1, 1, 1});
    team.runTo(4);
    team.hash();
    team.enter({4, 1, 0});
    team.runTo(9);
    team.hash();
}

TEST_P(EveryModel, AStepCutInTheMiddleIsDoneAgain) {
    const JobSpec job = smallJob(GetParam(), Numerics::Reproducible);
    const std::string undisturbed = hashAfter(job, 6, {1});
    // The first message of a step is its record, the second belongs to its sums. While one is missing, no
    // member can have finished the step.
    for (const int sends : {0, 1}) {
        const auto fault = std::make_shared<test::Fault>();
        Team team(job, {}, test::shared(smallData(), 2));
        team.enter({1, 1}, [&](Rank rank, std::unique_ptr<Mesh> mesh) -> std::unique_ptr<Mesh> {
            return rank == 1 ? std::make_unique<test::FaultyMesh>(std::move(mesh), fault) : std::move(mesh);
        });
        team.runTo(3);
        const std::string before = team.hash();
        fault->sendsLeft = sends;
        team.runTo(6);
        ASSERT_TRUE(team[0].failed && team[1].failed);
        EXPECT_TRUE(team[1].error.kind == ErrorKind::Unavailable ||
                    team[1].error.kind == ErrorKind::Interrupted)
            << team[1].error.text;
        for (std::size_t rank = 0; rank < 2; ++rank) {
            EXPECT_EQ(team[rank].trainer->stepsApplied(), 3u);
            EXPECT_EQ(team[rank].trainer->parameterHash(), before) << "nothing of the step remains";
        }
        team.enter({1, 1});
        team.runTo(6);
        EXPECT_EQ(team.hash(), undisturbed) << "cut after " << sends << " messages";
    }
}

INSTANTIATE_TEST_SUITE_P(Models, EveryModel, testing::Values("mlp", "cnn", "resnet"));

TEST(Trainer, RowsAreFinalCompleteAndProveEachSampleOnce) {
    const JobSpec job = smallJob("mlp", Numerics::Fast);
    Team team(job, {.hashEverySteps = 3}, test::shared(smallData(), 2));
    team.enter({1, 1});
    team.finish();
    team.hash();
    ASSERT_EQ(team[0].rows.size(), 10u);
    EXPECT_TRUE(team[0].last.finished);
    EXPECT_FALSE(team[0].last.stopped);
    for (Step step = 0; step < 10; ++step) {
        const StepRow& row = team[0].rows[step];
        EXPECT_EQ(row.key, (RowKey{1, step}));
        EXPECT_EQ(row.epoch, step / 5);
        EXPECT_EQ(row.digest.count, step % 5 == 4 ? 4u : kBatch);
        EXPECT_TRUE(std::isfinite(row.loss));
        EXPECT_EQ(row.members.size(), 2u);
        EXPECT_GT(row.durationMs, 0);
        EXPECT_EQ(row.parameterHash.empty(), (step + 1) % 3 != 0 && step % 5 != 4) << step;
    }
    EXPECT_EQ(team[0].rows, team[1].rows) << "the same on both, times included";
    EXPECT_EQ(team[0].rows.back().parameterHash, team.hash());

    ASSERT_EQ(team[0].evaluations.size(), 2u);
    EXPECT_EQ(team[0].evaluations[1].step, 10u);
    EXPECT_EQ(team[0].evaluations[1].epoch, 1u);
    EXPECT_EQ(team[0].evaluations[1].samples, 30u);
    EXPECT_EQ(team[0].evaluations, team[1].evaluations);

    const auto proof = proveSamples(team.snapshot(), team[0].rows);
    ASSERT_TRUE(proof) << proof.error().text;
    EXPECT_TRUE(proof->exact());
    EXPECT_EQ(proof->samplesRead, 2 * kSamples);
}

TEST(Trainer, Learns) {
    for (const OptimizerKind kind : {OptimizerKind::Sgd, OptimizerKind::Adam}) {
        JobSpec job = smallJob("mlp", Numerics::Fast);
        job.optimizer.kind = kind;
        job.optimizer.learningRate = kind == OptimizerKind::Sgd ? 0.1 : 0.01;
        job.epochs = 15;
        Team team(job, {}, test::shared(test::syntheticData({6}, 3, 300, 100), 2));
        team.enter({1, 1});
        team.finish();
        ASSERT_EQ(team[0].evaluations.size(), 15u) << team[0].error.text;
        EXPECT_GT(team[0].evaluations.back().correct, 80u) << "of 100, three classes";
        EXPECT_LT(team[0].evaluations.back().loss, team[0].evaluations.front().loss);
    }
}

/// Reads the neighbour of every sample that it is asked for: an off-by-one.
class OffByOneReader final : public Dataset {
public:
    explicit OffByOneReader(std::shared_ptr<const Dataset> inner) : m_inner(std::move(inner)) {}
    std::uint64_t samples() const override { return m_inner->samples(); }
    const SampleShape& shape() const override { return m_inner->shape(); }
    void read(std::span<const std::uint64_t> indices, std::span<float> inputs, std::span<std::int64_t> labels,
              SampleDigest& digest) const override {
        std::vector<std::uint64_t> wrong(indices.begin(), indices.end());
        for (std::uint64_t& index : wrong) {
            index = (index + 1) % samples();
        }
        m_inner->read(wrong, inputs, labels, digest);
    }

private:
    std::shared_ptr<const Dataset> m_inner;
};

TEST(Trainer, AnOffByOneReaderIsCaught) {
    const JobSpec job = smallJob("mlp", Numerics::Fast);
    std::vector<TrainingData> data = test::shared(smallData(), 2);
    data[1].training = std::make_shared<OffByOneReader>(data[1].training);
    Team team(job, {}, data);
    team.enter({1, 1});
    team.finish();
    const auto proof = proveSamples(team.snapshot(), team[0].rows);
    ASSERT_TRUE(proof) << proof.error().text;
    EXPECT_FALSE(proof->exact());
    ASSERT_EQ(proof->epochs.size(), 2u);
    EXPECT_EQ(proof->epochs[0].stepsWrong, (std::vector<Step>{0, 1, 2, 3}))
        << "the only micro-batch of step 4 belongs to the member that reads well";
}

TEST(Trainer, EvaluationDoesNotDependOnTheMembership) {
    const JobSpec job = smallJob("resnet", Numerics::Reproducible);
    const TrainingData data = test::syntheticData({1, 8, 8}, 3, kSamples, 600);  // Three ranges.
    std::vector<EvaluationFinished> first;
    for (const std::vector<std::uint32_t>& shares :
         std::vector<std::vector<std::uint32_t>>{{1}, {1, 1}, {0, 3, 1}}) {
        Team team(job, {}, test::shared(data, shares.size()));
        team.enter(shares);
        team.finish();
        team.hash();
        if (first.empty()) {
            first = team[0].evaluations;
            ASSERT_EQ(first.size(), 2u);
            EXPECT_EQ(first[0].samples, 600u);
        }
        EXPECT_EQ(team[0].evaluations, first);
    }
}

TEST(Trainer, AMembershipChangeDuringAnEvaluationRepeatsIt) {
    const JobSpec job = smallJob("mlp", Numerics::Reproducible);
    const TrainingData data = test::syntheticData({1, 8, 8}, 3, kSamples, 600);  // Three ranges.
    Team undisturbed(job, {}, test::shared(data, 1));
    undisturbed.enter({1});
    undisturbed.finish();

    Team team(job, {}, test::shared(data, 2));
    team.enter({1, 1});
    team.runTo(5);
    team.advanceOnce();
    team.advanceOnce();
    EXPECT_EQ(team[0].last.phase, RunState::Evaluating);
    team.enter({1, 0});
    EXPECT_TRUE(team[0].evaluations.empty());
    team.finish();
    EXPECT_EQ(team[0].evaluations, undisturbed[0].evaluations);
    EXPECT_EQ(team[0].rows.size(), 10u);
    EXPECT_EQ(team.hash(), undisturbed.hash());
}

TEST(Trainer, AllStopAfterTheSameStep) {
    JobSpec job = smallJob("mlp", Numerics::Fast);
    job.epochs = 1000;
    Team team(job, {}, test::shared(smallData(), 3));
    team.enter({1, 1, 1});
    team.runTo(7);
    team[1].trainer->requestStop();
    team.finish();
    team.hash();
    const Step steps = team[0].trainer->stepsApplied();
    EXPECT_LE(steps, 10u);
    for (std::size_t rank = 0; rank < 3; ++rank) {
        EXPECT_TRUE(team[rank].last.stopped);
        EXPECT_EQ(team[rank].trainer->stepsApplied(), steps);
        EXPECT_EQ(team[rank].rows.size(), steps) << "the last step is final too";
    }
}

TEST(Trainer, EnteringComparesPlanAndState) {
    const JobSpec job = smallJob("mlp", Numerics::Fast);
    Team team(job, {}, test::shared(smallData(), 2));
    team.enter({1, 1});
    team.runTo(2);

    TrainingSeat seat{.membership = 9, .baseStep = 1, .shares = {1}, .hasState = {}};
    const auto behind = team[0].trainer->enter(seat, nullptr);
    EXPECT_EQ(behind.error().kind, ErrorKind::Refused);
    EXPECT_NE(behind.error().text.find("begins at step 1, but rank 0 has applied 2"), std::string::npos);
    seat.baseStep = 2;
    seat.shares = {1, 1};
    EXPECT_EQ(team[0].trainer->enter(seat, nullptr).error().kind, ErrorKind::Refused)
        << "two shares, one member";
    seat.shares = {0};
    EXPECT_EQ(team[0].trainer->enter(seat, nullptr).error().kind, ErrorKind::Refused) << "nobody works";
}

TEST(Trainer, DifferentDataIsNoticedBeforeTheFirstStep) {
    const JobSpec job = smallJob("mlp", Numerics::Fast);
    std::vector<TrainingData> data = test::shared(smallData(), 3);
    data[2] = test::syntheticData({1, 8, 8}, 3, kSamples + 1, 30);
    Team team(job, {}, data);
    team.enter({1, 1, 1});
    for (std::size_t rank = 0; rank < 3; ++rank) {
        ASSERT_TRUE(team[rank].failed);
        EXPECT_EQ(team[rank].error.kind, ErrorKind::Corrupt);
        EXPECT_NE(team[rank].error.text.find("plan of rank 2 differs"), std::string::npos);
    }
}

TEST(Trainer, DivergingTrainingSaysSo) {
    for (const Numerics numerics : {Numerics::Fast, Numerics::Reproducible}) {
        JobSpec job = smallJob("mlp", numerics);
        job.optimizer.learningRate = 1e12;
        Team team(job, {}, test::shared(smallData(), 1));
        team.enter({1});
        team.finish();
        ASSERT_TRUE(team[0].failed);
        EXPECT_EQ(team[0].error.kind, ErrorKind::BadInput);
        EXPECT_NE(team[0].error.text.find("ower the learning rate"), std::string::npos) << team[0].error.text;
    }
}

TEST(Trainer, DescribesWhatItPrepared) {
    Team team(smallJob("cnn", Numerics::Fast), {}, test::shared(smallData(), 1));
    const RunPrepared& prepared = team[0].trainer->prepared();
    EXPECT_EQ(prepared.trainingSamples, kSamples);
    EXPECT_EQ(prepared.testSamples, 30u);
    EXPECT_EQ(prepared.stepsTotal, 10u);
    EXPECT_EQ(prepared.microBatch, 4u);
    EXPECT_EQ(prepared.classNames.size(), 3u);
    EXPECT_EQ(prepared.parameters, 320u + 18'496 + 73'856 + 128 * 3 + 3);
    EXPECT_FALSE(prepared.device.empty());
    EXPECT_FALSE(prepared.blas.empty());
}

TEST(Trainer, RefusesModelsThatDoNotFitTheData) {
    const TrainingData table = test::syntheticData({12}, 3, kSamples, 30);
    const auto refused = createTrainer(smallJob("cnn", Numerics::Fast), {}, table);
    EXPECT_EQ(refused.error().kind, ErrorKind::BadInput);
    EXPECT_NE(refused.error().text.find("trains with the model mlp"), std::string::npos);
    EXPECT_TRUE(createTrainer(smallJob("mlp", Numerics::Fast), {}, table));
    EXPECT_EQ(createTrainer(smallJob("transformer", Numerics::Fast), {}, table).error().kind,
              ErrorKind::BadInput);
}

TEST(Trainer, SavesAModelThatOthersCanRead) {
    test::TempFolder folder;
    const auto path = folder.path() / "model.safetensors";
    Team team(smallJob("resnet", Numerics::Fast), {}, test::shared(smallData(), 1));
    team.enter({1});
    team.runTo(3);
    const auto saved = team[0].trainer->saveModel(path);
    ASSERT_TRUE(saved) << saved.error().text;
    EXPECT_TRUE(saved->node.empty());
    const std::string bytes = readFile(path).value();
    EXPECT_EQ(saved->bytes, bytes.size());
    EXPECT_EQ(saved->sha256, sha256Hex(std::as_bytes(std::span(bytes))));

    const test::TensorFile file = test::TensorFile::read(path);
    EXPECT_EQ(file.metadata.at("model"), "resnet");
    EXPECT_EQ(file.metadata.at("steps"), "3");
    EXPECT_EQ(file.metadata.at("input_shape"), "[1,8,8]");
    EXPECT_EQ(file.metadata.at("classes"), R"(["class 0","class 1","class 2"])");
    EXPECT_EQ(file.tensors.at("conv1.weight").shape, (std::vector<std::int64_t>{16, 1, 3, 3}));
    EXPECT_EQ(file.tensors.at("bn1.num_batches_tracked").values, std::vector<double>{3});
    EXPECT_EQ(file.tensors.at("fc.bias").dtype, "F32");

    EXPECT_EQ(team[0].trainer->saveModel("/proc/none/model").error().kind, ErrorKind::NotFound);
}

}  // namespace
}  // namespace longship
