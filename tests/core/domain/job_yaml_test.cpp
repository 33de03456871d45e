#include "core/domain/job_yaml.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "core/base/files.h"
#include "core/base/random.h"
#include "tests/core/domain/any_job.h"

namespace longship {
namespace {

using namespace std::string_view_literals;

/// "LINE:COLUMN key" of each problem, one per line: what a test says about a file.
std::string placesOf(const JobResult& result) {
    std::string text;
    if (!result) {
        for (const JobProblem& problem : result.error()) {
            text += std::to_string(problem.line) + ":" + std::to_string(problem.column) + " " + problem.key +
                    "\n";
        }
    }
    return text;
}

std::string textOf(const JobResult& result) {
    return result ? "" : describe(result.error(), "job.yaml");
}

/// The only problem of a file that is right but for these lines.
std::string problemOf(const std::string& lines, const std::vector<std::string>& overrides = {}) {
    const JobResult result = parseJob("dataset: fashion-mnist\n" + lines, overrides);
    return result ? "no problem" : textOf(result);
}

TEST(JobYaml, AShortFileHasTheDefaults) {
    const JobResult job = parseJob("dataset: fashion-mnist\n");
    ASSERT_TRUE(job) << textOf(job);
    JobSpec expected;
    expected.dataset.name = "fashion-mnist";
    EXPECT_EQ(*job, expected);
}

TEST(JobYaml, EveryKeyIsRead) {
    const JobResult job = parseJob(R"(# A table of one's own.
name: "wine: red"
dataset: {csv: data/wine.csv, label: quality, test_fraction: 0.2}
model: {name: mlp, hidden: [64, 32]}
optimizer:
  kind: adam
  learning_rate: 1e-3
  weight_decay: .01
  beta1: 0.8
  beta2: 0.99
  epsilon: 1e-7
epochs: 3
global_batch: 128
micro_batch: 16
seed: 18446744073709551615
workers: 2
numerics: reproducible
device: cpu
data_plane: trusted-network
strategy: {kind: allreduce}
recovery: {policy: auto, tolerate_silence: 1.5s}
checkpoint: {every_steps: 0, replicas: 3}
)");
    ASSERT_TRUE(job) << textOf(job);
    JobSpec expected;
    expected.name = "wine: red";
    expected.dataset = {"", "data/wine.csv", "quality", 0.2};
    expected.model = {"mlp", {64, 32}};
    expected.optimizer = {OptimizerKind::Adam, 1e-3, 0.9, 0.01, 0.8, 0.99, 1e-7};
    expected.epochs = 3;
    expected.globalBatch = 128;
    expected.microBatch = 16;
    expected.seed = std::numeric_limits<std::uint64_t>::max();
    expected.workers = 2;
    expected.numerics = Numerics::Reproducible;
    expected.device = Device::Cpu;
    expected.dataPlane = DataPlane::TrustedNetwork;
    expected.recovery.tolerateSilence = std::chrono::milliseconds(1'500);
    expected.checkpoint = {0, 3};
    EXPECT_EQ(*job, expected);
}

TEST(JobYaml, AllProblemsAreToldTogetherInTheOrderOfTheFile) {
    const JobResult job = parseJob(R"(epochs: 0
dataset: fashon-mnist
optimizer:
  learning_rate: .nan
  momentun: 0.9
  weight_decay: -1
global_batch: many
epochs: 2
micro_batch: 0
strategy: parameter-serve
)");
    EXPECT_EQ(placesOf(job),
              "1:9 epochs\n2:10 dataset.name\n4:18 optimizer.learning_rate\n5:3 optimizer.momentun\n"
              "6:17 optimizer.weight_decay\n7:15 global_batch\n8:1 epochs\n10:11 strategy.kind\n")
        << textOf(job);
    EXPECT_NE(textOf(job).find("job.yaml:2:10: dataset.name: expected fashion-mnist, found \"fashon-mnist\". "
                               "Did you mean fashion-mnist?\n"),
              std::string::npos)
        << textOf(job);
}

TEST(JobYaml, AProblemNamesPlaceKeyFindingAndExpectation) {
    const JobResult job = parseJob("dataset: fashion-mnist\nepochs: three\n");
    ASSERT_FALSE(job);
    const JobProblem expected{2,
                              9,
                              "epochs",
                              "\"three\"",
                              "a whole number of at least 1",
                              "epochs: expected a whole number of at least 1, found \"three\"."};
    EXPECT_EQ(job.error(), std::vector<JobProblem>{expected});
}

TEST(JobYaml, NearMissesAreSuggested) {
    EXPECT_EQ(problemOf("epoch: 2\n"), "job.yaml:2:1: \"epoch\" is no key of a job. Did you mean epochs?\n");
    EXPECT_EQ(problemOf("lr: 2\n"),
              "job.yaml:2:1: \"lr\" is no key of a job. Did you mean optimizer.learning_rate?\n");
    EXPECT_EQ(problemOf("batch_size: 2\n"),
              "job.yaml:2:1: \"batch_size\" is no key of a job. Did you mean global_batch?\n");
    EXPECT_EQ(problemOf("numerics: reproducable\n"),
              "job.yaml:2:11: numerics: expected fast or reproducible, found \"reproducable\". "
              "Did you mean reproducible?\n");
    EXPECT_EQ(problemOf("model: {name: mlp, hiden: [3]}\n"),
              "job.yaml:2:20: \"hiden\" is no key of model. Did you mean hidden?\n");
    EXPECT_NE(problemOf("gremlins: 2\n").find("there are name, dataset, model"), std::string::npos);
    // Whoever misspelled the dataset did not forget it.
    EXPECT_EQ(placesOf(parseJob("datset: fashion-mnist\n")), "1:1 datset\n");
}

TEST(JobYaml, WrongTypesAndImpossibleValuesAreRefused) {
    const char* const lines[] = {
        "epochs: 1.5",
        "epochs: -1",
        "epochs: \"3\"",
        "epochs: [1]",
        "epochs: {a: 1}",
        "epochs:",
        "epochs: 99999999999999999999999",
        "global_batch: 0",
        "global_batch: 999999999",
        "micro_batch: 257",
        "micro_batch: 0",
        "workers: 4294967296",
        "seed: -1",
        "seed: 1e3",
        "name: [a]",
        "name: ''",
        "name: \"a\\nb\"",
        "optimizer: {learning_rate: 0}",
        "optimizer: {learning_rate: -0.1}",
        "optimizer: {learning_rate: .inf}",
        "optimizer: {learning_rate: nan}",
        "optimizer: {learning_rate: fast}",
        "optimizer: {momentum: 1}",
        "optimizer: {weight_decay: -.inf}",
        "optimizer: {kind: adam, beta1: 1}",
        "optimizer: {kind: adam, epsilon: 0}",
        "optimizer: {kind: adam, momentum: 0.5}",
        "optimizer: {beta1: 0.5}",
        "optimizer: rmsprop",
        "optimizer: [sgd]",
        "model: vgg",
        "model: {name: mlp, hidden: []}",
        "model: {name: mlp, hidden: [0]}",
        "model: {name: mlp, hidden: 64}",
        "model: {name: mlp, hidden: [a]}",
        "model: {name: cnn, hidden: [64]}",
        "numerics: exact",
        "device: gpu",
        "data_plane: plain",
        "strategy: {mode: async}",
        "strategy: {backup: maybe}",
        "recovery: auto",
        "recovery: {tolerate_silence: 3}",
        "recovery: {tolerate_silence: 1ms}",
        "recovery: {tolerate_silence: 1h}",
        "recovery: {tolerate_silence: -1s}",
        "checkpoint: {replicas: 0}",
        "checkpoint: 5",
        "? [a, b]\n: 1",
        "<<: {epochs: 3}",
    };
    for (const std::string line : lines) {
        const JobResult job = parseJob("dataset: fashion-mnist\n" + line + "\n");
        ASSERT_FALSE(job) << line;
        EXPECT_EQ(job.error().size(), 1u) << line << "\n" << textOf(job);
        const JobProblem& problem = job.error().front();
        EXPECT_EQ(problem.line, 2) << line << "\n" << textOf(job);
        EXPECT_GT(problem.column, 0) << line;
        EXPECT_FALSE(problem.expected.empty()) << line;
        EXPECT_FALSE(problem.found.empty()) << line;
        EXPECT_NE(std::string(".?").find(problem.text.back()), std::string::npos) << problem.text;
    }
}

TEST(JobYaml, TheDatasetIsOneThing) {
    EXPECT_EQ(placesOf(parseJob("epochs: 1\n")), "0:0 dataset\n");
    EXPECT_EQ(placesOf(parseJob("dataset: {name: fashion-mnist, csv: a.csv, label: b}\n")), "1:10 dataset\n");
    EXPECT_EQ(placesOf(parseJob("dataset: {csv: a.csv}\nmodel: mlp\n")), "1:10 dataset.label\n");
    EXPECT_EQ(parseJob("dataset: {csv: a.csv, label: b}\n").value().model.name, "mlp");
    EXPECT_EQ(placesOf(parseJob("dataset: {name: fashion-mnist, label: b}\n")), "1:39 dataset.label\n");
    EXPECT_EQ(placesOf(parseJob("dataset: {csv: a.csv, label: b, test_fraction: 1}\nmodel: mlp\n")),
              "1:48 dataset.test_fraction\n");
    EXPECT_EQ(placesOf(parseJob("dataset: {csv: a.csv, label: b}\nmodel: cnn\n")), "2:8 model.name\n");
}

TEST(JobYaml, WhatWasBroughtToTheNodesIsPartOfTheDataset) {
    for (const std::string source : {"name: fashion-mnist", "csv: a.csv, label: b"}) {
        const std::string content(64, 'a');
        const auto job = parseJob("dataset: {" + source + ", content: " + content + "}\n");
        ASSERT_TRUE(job) << textOf(job);
        EXPECT_EQ(job->dataset.content, content);
        EXPECT_EQ(parseJob(toYaml(*job)), *job);
        EXPECT_EQ(placesOf(parseJob("dataset: {" + source + ", content: ../../etc}\n")).substr(0, 2), "1:");
        EXPECT_TRUE(parseJob("dataset: {" + source + ", content: " + std::string(64, '1') + "}\n"));
    }
}

TEST(JobYaml, WhatIsNotServedIsRefusedInPlainWords) {
    EXPECT_EQ(problemOf("strategy: {kind: parameter-server, mode: async, servers: 2}\n"),
              "job.yaml:2:42: strategy.mode: async is not served by this version; use sync.\n");
    EXPECT_TRUE(parseJob("dataset: fashion-mnist\nstrategy: {kind: parameter-server, servers: 2}\n"));
    EXPECT_NE(problemOf("strategy: {kind: parameter-server, staleness: 2}\n").find("strategy.staleness"),
              std::string::npos)
        << "workers that keep in step do not run ahead";
    EXPECT_NE(problemOf("strategy: {kind: parameter-server, servers: 0}\n").find("strategy.servers"),
              std::string::npos);
    EXPECT_TRUE(parseJob("dataset: fashion-mnist\ncheckpoint: {every_steps: 100}\n"));
}

TEST(JobYaml, BrokenFilesAreOneProblem) {
    EXPECT_EQ(placesOf(parseJob("")), "1:1 \n");
    EXPECT_EQ(placesOf(parseJob("# nothing\n")), "1:1 \n");
    EXPECT_EQ(placesOf(parseJob("- a\n- b\n")), "1:1 \n");
    EXPECT_EQ(placesOf(parseJob("dataset\n")), "1:1 \n");
    EXPECT_EQ(placesOf(parseJob("dataset: a\n---\ndataset: b\n")), "2:1 \n");
    EXPECT_TRUE(parseJob("---\ndataset: fashion-mnist\n...\n"));
    // yaml-cpp reads these as documents without end.
    EXPECT_EQ(placesOf(parseJob(",name: a\ndataset: fashion-mnist\n")), "1:1 \n");
    EXPECT_EQ(placesOf(parseJob("dataset: fashion-mnist\n}\n")), "2:1 \n");
    EXPECT_EQ(placesOf(parseJob("dataset: fashion-mnist\nmodel: {name: mlp\nepochs: [\n")), "3:7 \n");
    EXPECT_EQ(placesOf(parseJob("dataset: *unknown\n")), "1:10 \n");
    EXPECT_EQ(placesOf(parseJob(std::string(1'000'000, 'a'))), "0:0 \n");
    EXPECT_EQ(parseJob("dataset: " + std::string(30'000, '[')).error().size(), 1u);
    const std::string zeros("dataset: fashion-mnist\nname: a\0b\n", 33);
    EXPECT_FALSE(parseJob(zeros));
}

TEST(JobYaml, AnAliasBombIsHarmless) {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 60; ++i) {
        const std::string before = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int j = 0; j < 9; ++j) {
            bomb += before + (j < 8 ? ", " : "]\n");
        }
    }
    bomb += "name: *a59\ndataset: &d {name: *d}\n";
    const auto before = std::chrono::steady_clock::now();
    EXPECT_FALSE(parseJob(bomb));
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
}

TEST(JobYaml, OverridesWin) {
    const std::string file = "dataset: fashion-mnist\nepochs: 1\noptimizer: {kind: sgd, momentum: 0.5}\n";
    const auto job = parseJob(file, {"epochs=7", "optimizer.learning_rate=1e-2", "name=a: b # c", "model=mlp",
                                     "model.hidden=[8, 4]", "recovery.tolerate_silence=500ms"});
    ASSERT_TRUE(job) << textOf(job);
    EXPECT_EQ(job->epochs, 7u);
    EXPECT_EQ(job->optimizer.learningRate, 1e-2);
    EXPECT_EQ(job->optimizer.momentum, 0.5);
    EXPECT_EQ(job->name, "a: b # c");
    EXPECT_EQ(job->model, (ModelSpec{"mlp", {8, 4}}));
    EXPECT_EQ(job->recovery.tolerateSilence, std::chrono::milliseconds(500));

    const auto table = parseJob(file, {"dataset.csv=/tmp/a b.csv", "dataset.label=x", "model=mlp"});
    ASSERT_TRUE(table) << textOf(table);
    EXPECT_EQ(table->dataset, (DatasetSpec{"", "/tmp/a b.csv", "x", 0.1}));
    EXPECT_TRUE(parseJob(file, {"optimizer=adam"})) << "a whole section replaces the one of the file";
}

TEST(JobYaml, OverridesHaveProblemsOfTheirOwn) {
    EXPECT_EQ(problemOf("", {"epochs=x"}),
              "--set epochs=x: expected a whole number of at least 1, found \"x\".\n");
    EXPECT_EQ(problemOf("", {"epochs=0"}),
              "--set epochs=0: expected a whole number of at least 1, found 0.\n");
    EXPECT_EQ(problemOf("", {"optimizer.lr=1"}),
              "--set optimizer.lr=1: \"lr\" is no key of optimizer. Did you mean learning_rate?\n");
    EXPECT_EQ(problemOf("", {"epoch=1"}),
              "--set epoch=1: \"epoch\" is no key of a job. Did you mean epochs?\n");
    EXPECT_EQ(problemOf("", {"optimiser.learning_rate=1"}),
              "--set optimiser.learning_rate=1: \"optimiser.learning_rate\" is no key of a job. "
              "Did you mean optimizer.learning_rate?\n");
    EXPECT_EQ(problemOf("", {"epochs"}), "--set epochs: expected key=value.\n");
    EXPECT_EQ(problemOf("", {"=1"}), "--set =1: expected key=value.\n");
    EXPECT_NE(problemOf("", {"model.hidden=[1"}).find("no valid YAML"), std::string::npos);
    EXPECT_NE(problemOf("", {"epochs="}).find("found nothing"), std::string::npos);
}

TEST(JobYaml, TheDemoJobIsValidAndReadsBack) {
    EXPECT_EQ(describe(checkJob(demoJob()), ""), "");
    EXPECT_EQ(parseJob(toYaml(demoJob())), demoJob());
}

TEST(JobYaml, TheExampleOfTheDocumentIsTheDemoJobInFull) {
    const std::string document = readFile(LONGSHIP_SOURCE_FOLDER "/core/domain/README.md").value();
    const std::string_view begin = "```yaml\n";
    const auto from = document.find(begin);
    ASSERT_NE(from, std::string::npos);
    const std::string yaml =
        document.substr(from + begin.size(), document.find("```", from + 3) - from - begin.size());
    const JobResult job = parseJob(yaml);
    ASSERT_TRUE(job) << textOf(job);
    JobSpec expected = demoJob();
    expected.microBatch = 1;
    EXPECT_EQ(*job, expected);
}

TEST(JobYaml, AJobMadeInCodeIsCheckedByTheSameRules) {
    JobSpec job = demoJob();
    job.globalBatch = 0;
    job.optimizer.learningRate = std::numeric_limits<double>::quiet_NaN();
    job.name = "\xff";
    std::string keys;
    for (const JobProblem& problem : checkJob(job)) {
        keys += problem.key + " ";
    }
    EXPECT_EQ(keys, "name optimizer.learning_rate global_batch ");
}

RC_GTEST_PROP(JobYaml, AnyJobReadsBack, ()) {
    const JobSpec job = anyJob();
    const JobResult back = parseJob(toYaml(job));
    if (!back) {
        RC_FAIL(toYaml(job) + textOf(back));
    }
    RC_ASSERT(*back == job);
}

// Whatever stands in the file: an answer, no crash, and places that are in the file.
RC_GTEST_PROP(JobYaml, AnyDamageIsAnswered, (std::uint64_t seed)) {
    std::string yaml = toYaml(demoJob());
    SeededRandom random(seed);
    constexpr std::string_view kSpice = "{}[]:,&*!|>'\"%@#-?~\n\t \0\xff\x80<=9e."sv;
    for (std::uint64_t i = 0, count = 1 + random.below(6); i < count; ++i) {
        const std::size_t at = random.below(yaml.size());
        switch (random.below(3)) {
            case 0: yaml[at] = kSpice[random.below(kSpice.size())]; break;
            case 1: yaml.insert(at, 1, kSpice[random.below(kSpice.size())]); break;
            default: yaml.erase(at, 1 + random.below(5)); break;
        }
    }
    const JobResult result = parseJob(yaml);
    if (result) {
        RC_ASSERT(checkJob(*result).empty());
        return;
    }
    RC_ASSERT(!result.error().empty());
    const auto lines = static_cast<int>(std::count(yaml.begin(), yaml.end(), '\n')) + 2;
    for (const JobProblem& problem : result.error()) {
        RC_ASSERT(problem.line >= 0 && problem.line <= lines);
        RC_ASSERT(!problem.text.empty());
    }
}

}  // namespace
}  // namespace longship
