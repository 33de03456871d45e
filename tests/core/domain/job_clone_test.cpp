#include "core/domain/job_clone.h"

#include <gtest/gtest.h>

#include "core/domain/job_yaml.h"

namespace longship {
namespace {

TEST(JobClone, AGoodJobIsKeptWhole) {
    const std::string yaml = toYaml(demoJob());
    const JobClone clone = cloneJob(yaml);
    EXPECT_EQ(clone.yaml, yaml);
    EXPECT_TRUE(clone.dropped.empty());
}

TEST(JobClone, WhatMeansNothingAnyMoreIsListed) {
    const JobClone clone = cloneJob(
        "dataset: fashion-mnist\nmodel: transformer # big\nwarmup: 5\noptimizer: {kind: adam, momentum: "
        "0.9}\n"
        "epochs: 7\nglobal_batch: 0\n");
    const JobResult job = parseJob(clone.yaml);
    ASSERT_TRUE(job) << clone.yaml;
    EXPECT_EQ(job->epochs, 7u);
    EXPECT_EQ(job->optimizer.kind, OptimizerKind::Adam);
    EXPECT_EQ(job->model.name, "cnn");
    EXPECT_EQ(job->globalBatch, JobSpec().globalBatch);
    std::string keys;
    for (const DroppedValue& dropped : clone.dropped) {
        keys += dropped.key + "=" + dropped.value + " ";
        EXPECT_FALSE(dropped.why.empty());
    }
    EXPECT_EQ(keys, "warmup=5 model.name=transformer optimizer.momentum=0.9 global_batch=0 ");
    EXPECT_NE(clone.yaml.find("# big"), std::string::npos);
}

TEST(JobClone, DataThatWasBroughtIsBroughtAgain) {
    JobSpec job = demoJob();
    job.dataset = {"", "/tmp/a.csv", "y", 0.1, std::string(64, 'a')};
    job.model.name = "mlp";
    const JobClone clone = cloneJob(toYaml(job));
    EXPECT_TRUE(clone.dropped.empty());
    job.dataset.content.clear();
    EXPECT_EQ(parseJob(clone.yaml).value(), job);
}

TEST(JobClone, WhatCannotBeReadIsGivenBack) {
    EXPECT_EQ(cloneJob("a: [").yaml, "a: [");
    EXPECT_EQ(cloneJob("").yaml, "");
}

TEST(JobPresets, EachLeavesAGoodJob) {
    JobSpec adam = demoJob();
    adam.optimizer.kind = OptimizerKind::Adam;
    for (const JobPreset& preset : jobPresets()) {
        const auto demo = changeJobFile(toYaml(demoJob()), preset.changes);
        ASSERT_TRUE(demo) << preset.name;
        EXPECT_TRUE(parseJob(*demo)) << preset.name;
        for (const auto& [key, value] : preset.changes) {
            EXPECT_NE(jobKey(key), nullptr) << key;
        }
    }
}

}  // namespace
}  // namespace longship
