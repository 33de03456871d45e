#include "core/training/plan_hash.h"

#include <fmt/format.h>

#include <span>

#include "core/base/digest.h"

namespace longship {

std::string planHashOf(const PlanParts& parts) {
    const JobSpec& job = parts.job;
    const auto number = [](auto value) { return fmt::format("{} ", value); };
    std::string plan = "plan 1 " + number(parts.realBytes) + job.model.name + " ";
    for (const auto& entry : parts.network.named_parameters()) {
        plan += fmt::format("{} {} ", entry.key(), fmt::join(entry.value().sizes(), "x"));
    }
    plan += number(parts.prepared.trainingSamples) + number(parts.prepared.testSamples);
    plan += number(job.globalBatch) + number(parts.prepared.microBatch) + number(job.seed);
    plan += number(job.epochs) + number(static_cast<int>(job.numerics));
    plan += number(static_cast<int>(job.optimizer.kind));
    plan += number(job.optimizer.learningRate) + number(job.optimizer.momentum);
    plan += number(job.optimizer.weightDecay) + number(job.optimizer.beta1) + number(job.optimizer.beta2);
    plan += number(job.optimizer.epsilon) + number(parts.hashEverySteps);
    for (const BucketPlan::Bucket& bucket : parts.buckets.buckets) {
        plan += number(bucket.range.begin) + number(bucket.range.end);
    }
    return sha256Hex(std::as_bytes(std::span(plan)));
}

}  // namespace longship
