#include "core/domain/job.h"

#include <gtest/gtest.h>

namespace longship {
namespace {

TEST(Job, TheDemoTrainsFashionMnist) {
    const JobSpec job = demoJob();
    EXPECT_EQ(job.dataset.name, "fashion-mnist");
    EXPECT_EQ(job.model.name, "cnn");
    EXPECT_EQ(job.optimizer.kind, OptimizerKind::Sgd);
}

TEST(Job, TheMicroBatchFollowsModelAndNumerics) {
    JobSpec job = demoJob();
    EXPECT_EQ(resolvedMicroBatch(job), 1u);
    job.numerics = Numerics::Reproducible;
    EXPECT_EQ(resolvedMicroBatch(job), 32u);
    job.numerics = Numerics::Fast;
    job.model.name = "resnet";
    EXPECT_EQ(resolvedMicroBatch(job), 32u);
    job.globalBatch = 8;
    EXPECT_EQ(resolvedMicroBatch(job), 8u);
    job.microBatch = 4;
    EXPECT_EQ(resolvedMicroBatch(job), 4u);
}

}  // namespace
}  // namespace longship
