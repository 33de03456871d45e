#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "core/base/random.h"
#include "core/training/safetensors.h"
#include "tests/core/training/team.h"
#include "tests/core/training/tensor_file.h"
#include "tests/support/temp_folder.h"

// A run whose processes all die goes on from a checkpoint: under `numerics: reproducible` with the SHA-256 of
// a run that nobody disturbed, whatever the number of members before and after.
namespace longship {
namespace {

using test::Team;

constexpr std::uint64_t kSamples = 100;  // Five steps of 24 an epoch, the last of 4 samples.
constexpr Step kSteps = 10;

JobSpec jobOf(const std::string& model, OptimizerKind optimizer) {
    JobSpec job;
    job.dataset.name = "fashion-mnist";  // Replaced by data in memory; named so that the job is valid.
    job.model.name = model;
    job.model.hidden = {16};
    job.optimizer.kind = optimizer;
    job.optimizer.learningRate = optimizer == OptimizerKind::Adam ? 0.005 : 0.05;
    job.numerics = Numerics::Reproducible;
    job.globalBatch = 24;
    job.microBatch = 4;
    job.epochs = 2;
    return job;
}

Team teamOf(const JobSpec& job, std::size_t members) {
    return {
        job, {.hashEverySteps = 3}, test::shared(test::syntheticData({1, 8, 8}, 3, kSamples, 300), members)};
}

std::string imageOf(Team& team, std::size_t member) {
    std::string image = "whatever the buffer held before";
    const auto written = team[member].trainer->writeCheckpoint(image);
    EXPECT_TRUE(written) << written.error().text;
    return image;
}

Result<void> give(Team& team, std::size_t member, const std::string& image) {
    LONGSHIP_TRY(team[member].trainer->readCheckpoint(std::as_bytes(std::span(image))));
    team[member].hasState = true;
    return {};
}

struct Case {
    const char* model;
    OptimizerKind optimizer;
    std::uint32_t servers = 0;  ///< 0: allreduce.
};

class Checkpoints : public testing::TestWithParam<Case> {
protected:
    static JobSpec plainJob() { return jobOf(GetParam().model, GetParam().optimizer); }
    static JobSpec job() {
        JobSpec job = plainJob();
        if (GetParam().servers > 0) {
            job.strategy = {.kind = StrategyKind::ParameterServer, .servers = GetParam().servers};
        }
        return job;
    }

    struct Outcome {
        std::string hash;
        std::vector<EvaluationFinished> evaluations;
    };
    Outcome undisturbed() const {
        Team alone = teamOf(plainJob(), 1);
        alone.enterAs({0});
        alone.finish();
        return {alone.hash(), alone[0].evaluations};
    }
};

TEST_P(Checkpoints, AllDieAndTheRunEndsAsIfNobodyHad) {
    const Outcome expected = undisturbed();
    const std::vector<std::vector<std::size_t>> after = {{0}, {2, 0}, {1, 2, 0}};
    for (const Step step : {Step{2}, Step{5}, Step{7}}) {  // In an epoch, at its end, in the next.
        for (const auto& members : after) {
            SCOPED_TRACE("step " + std::to_string(step) + ", then " + std::to_string(members.size()));
            Team team = teamOf(job(), 3);
            team.enterAs({0, 1});
            team.runTo(step);
            const std::string image = imageOf(team, 0);
            EXPECT_EQ(imageOf(team, 1), image) << "the same bytes on all members";
            team.runTo(step + 2);
            std::vector<StepRow> rows = team[1].rows;
            team.restartAll();
            // The first has a copy; the others get the state from it.
            ASSERT_TRUE(give(team, members.front(), image));
            EXPECT_EQ(team[members.front()].trainer->stepsApplied(), step);
            team.enterAs(members);
            team.finish();
            EXPECT_EQ(team.hash(), expected.hash);
            Team::Member& last = team[members.back()];
            EXPECT_EQ(last.trainer->stepsApplied(), kSteps);
            EXPECT_EQ(last.trainer->samplesApplied(), 2 * kSamples);
            EXPECT_EQ(last.evaluations.back(), expected.evaluations.back());
            rows.insert(rows.end(), last.rows.begin(), last.rows.end());
            const auto proof = proveSamples(team.snapshot(), rows);
            ASSERT_TRUE(proof) << proof.error().text;
            EXPECT_TRUE(proof->exact()) << proof->summary();
        }
    }
}

TEST_P(Checkpoints, OneThatWasReadIsWrittenAgainAsItWas) {
    Team team = teamOf(job(), 1);
    team.enterAs({0});
    team.runTo(3);
    const std::string image = imageOf(team, 0);
    const std::string hash = team.hash();
    team.restartAll();
    ASSERT_TRUE(give(team, 0, image));
    EXPECT_EQ(team[0].trainer->parameterHash(), hash);
    EXPECT_EQ(imageOf(team, 0), image);
}

INSTANTIATE_TEST_SUITE_P(Models, Checkpoints,
                         testing::Values(Case{"mlp", OptimizerKind::Sgd}, Case{"mlp", OptimizerKind::Adam},
                                         Case{"cnn", OptimizerKind::Sgd}, Case{"cnn", OptimizerKind::Adam},
                                         Case{"resnet", OptimizerKind::Sgd},
                                         Case{"resnet", OptimizerKind::Adam},
                                         Case{"mlp", OptimizerKind::Adam, 2},
                                         Case{"resnet", OptimizerKind::Sgd, 1}),
                         [](const testing::TestParamInfo<Case>& tested) {
                             return std::string(tested.param.model) +
                                    (tested.param.optimizer == OptimizerKind::Sgd ? "Sgd" : "Adam") +
                                    (tested.param.servers > 0 ? "Served" : "");
                         });

/// Read after the format's specification alone, and where it is installed by Python's own reader.
class CheckpointFile : public testing::Test {
protected:
    CheckpointFile() {
        Team team = teamOf(jobOf("resnet", OptimizerKind::Adam), 1);
        team.enterAs({0});
        team.runTo(2);
        std::ofstream(m_path, std::ios::binary) << imageOf(team, 0);
    }

    test::TempFolder m_folder;
    const std::filesystem::path m_path = m_folder.path() / "checkpoint-2.safetensors";
};

TEST_F(CheckpointFile, HoldsEachTensorUnderItsName) {
    const test::TensorFile file = test::TensorFile::read(m_path);
    EXPECT_EQ(file.metadata.at("steps"), "2");
    EXPECT_EQ(file.metadata.at("samples"), "48");
    EXPECT_EQ(file.metadata.at("seed"), "1");
    std::size_t parameters = 0;
    std::size_t buffers = 0;
    for (const auto& [name, tensor] : file.tensors) {
        if (name.starts_with("optimizer.")) {
            continue;
        }
        std::size_t states = 0;
        for (const auto& [other, state] : file.tensors) {
            if (other.starts_with("optimizer.") && other.ends_with("." + name)) {
                EXPECT_EQ(state.shape, tensor.shape) << other;
                ++states;
            }
        }
        parameters += states == 2 ? 1 : 0;
        buffers += states == 0 ? 1 : 0;
    }
    EXPECT_GT(parameters, 10u) << "each with the two moments of Adam";
    EXPECT_GT(buffers, 10u) << "running statistics";
}

TEST_F(CheckpointFile, IsReadByPython) {
    if (std::system("python3 -c 'import numpy, safetensors' 2>/dev/null") != 0) {
        GTEST_SKIP() << "needs Python's safetensors: pip install safetensors numpy";
    }
    const std::string script =
        "from safetensors import safe_open\n"
        "with safe_open('" +
        m_path.string() +
        "', framework='np') as file:\n"
        "    assert file.metadata()['steps'] == '2'\n"
        "    for name in file.keys():\n"
        "        tensor = file.get_tensor(name)\n"
        "    assert any(name.startswith('optimizer.') for name in file.keys())\n";
    const auto path = m_folder.path() / "read.py";
    std::ofstream(path) << script;
    EXPECT_EQ(std::system(("python3 " + path.string()).c_str()), 0);
}

TEST(CheckpointOf, AnotherJobOrADamagedOneChangesNothing) {
    JobSpec job = jobOf("resnet", OptimizerKind::Sgd);
    Team team = teamOf(job, 1);
    team.enterAs({0});
    team.runTo(2);
    const std::string image = imageOf(team, 0);
    const auto refusedBy = [](const JobSpec& other, const std::string& bytes) {
        Team fresh = teamOf(other, 1);
        const std::string before = fresh[0].trainer->parameterHash();
        const auto given = give(fresh, 0, bytes);
        EXPECT_FALSE(given);
        EXPECT_EQ(fresh[0].trainer->parameterHash(), before);
        EXPECT_EQ(fresh[0].trainer->stepsApplied(), 0u);
        return given ? ErrorKind::Internal : given.error().kind;
    };
    EXPECT_EQ(refusedBy(job, image.substr(0, image.size() - 1)), ErrorKind::Corrupt);
    EXPECT_EQ(refusedBy(job, image.substr(0, 100)), ErrorKind::Corrupt);
    EXPECT_EQ(refusedBy(job, ""), ErrorKind::Corrupt);
    JobSpec other = job;
    other.seed = 2;
    EXPECT_EQ(refusedBy(other, image), ErrorKind::Refused);
    EXPECT_EQ(refusedBy(jobOf("cnn", OptimizerKind::Sgd), image), ErrorKind::Refused);
    // The name of a buffer is another one: found out before anything is taken.
    std::string renamed = image;
    const std::size_t at = renamed.find("running_var");
    ASSERT_NE(at, std::string::npos);
    renamed[at] = 'R';
    EXPECT_EQ(refusedBy(job, renamed), ErrorKind::Corrupt);
}

TEST(Safetensors, WhatWasWrittenIsRead) {
    const std::vector<float> floats = {1, 2, 3, 4, 5, 6};
    const std::vector<double> doubles = {7, 8};
    const std::string file = encodeSafetensors({{"a", "F32", {2, 3}, std::as_bytes(std::span(floats))},
                                                {"b", "F64", {2}, std::as_bytes(std::span(doubles))},
                                                {"empty", "F32", {0, 3}, {}}},
                                               {{"key", "value"}});
    const auto parts = decodeSafetensors(std::as_bytes(std::span(file)));
    ASSERT_TRUE(parts) << parts.error().text;
    EXPECT_EQ(parts->metadata, (std::map<std::string, std::string>{{"key", "value"}}));
    ASSERT_EQ(parts->tensors.size(), 3u);
    EXPECT_EQ(parts->tensors.at("a").shape, (std::vector<std::int64_t>{2, 3}));
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(parts->tensors.at("b").bytes.data()), 16),
              std::string(reinterpret_cast<const char*>(doubles.data()), 16));
}

/// Whatever the bytes, the reader gives an error or tensors inside the file.
TEST(Safetensors, DamagedBytesAreRefusedOrHarmless) {
    const std::vector<float> floats(16, 1.5F);
    const std::string good = encodeSafetensors({{"a", "F32", {4, 4}, std::as_bytes(std::span(floats))}}, {});
    SeededRandom random(3);
    int refused = 0;
    for (int round = 0; round < 3000; ++round) {
        std::string bytes = good;
        for (std::uint64_t i = 0; i <= random.below(3); ++i) {
            bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
        }
        bytes.resize(random.below(4) == 0 ? random.below(bytes.size()) : bytes.size());
        const auto all = std::as_bytes(std::span(bytes));
        const auto parts = decodeSafetensors(all);
        refused += parts ? 0 : 1;
        for (const auto& [name, tensor] : parts ? parts->tensors : std::map<std::string, NamedTensor>()) {
            EXPECT_TRUE(tensor.bytes.empty() ||
                        (tensor.bytes.data() >= all.data() &&
                         tensor.bytes.data() + tensor.bytes.size() <= all.data() + all.size()));
        }
    }
    EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace longship
