#include "core/domain/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "core/domain/job_yaml.h"
#include "core/domain/sample_plan.h"

namespace longship {
namespace {

// A permutation of this many samples takes 32 GiB; a record that claims more is broken.
constexpr std::uint64_t kSamplesMax = std::uint64_t{1} << 32;
constexpr std::size_t kStepsNamedMax = 8;

/// "60 000", with no-break spaces, so that a figure is never broken over two lines.
std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t end = text.size(); end > 3; end -= 3) {
        text.insert(end - 3, "\u00a0");
    }
    return text;
}

std::string named(std::string_view what, const std::vector<Step>& steps) {
    const std::size_t shown = std::min(steps.size(), kStepsNamedMax);
    std::string list;
    for (std::size_t i = 0; i < shown; ++i) {
        list += fmt::format("{}{}", i == 0 ? "" : ", ", steps[i]);
    }
    return fmt::format("; {} {} {}: {}{}", grouped(steps.size()), steps.size() == 1 ? "step" : "steps", what,
                       list, shown < steps.size() ? ", …" : "");
}

/// How many epochs came to their end: all of a completed run, else those whose last step was applied.
std::uint64_t epochsFinished(const RunSnapshot& run, const JobSpec& job, const std::vector<StepRow>& valid,
                             std::uint64_t stepsPerEpoch) {
    if (run.state == RunState::Completed) {
        return job.epochs;
    }
    const Step applied = valid.empty() ? 0 : valid.back().key.step + 1;
    return std::min(job.epochs, std::max(applied, run.finished ? run.finished->steps : 0) / stepsPerEpoch);
}

EpochProof proveEpoch(std::uint64_t epoch, SamplePlan& plan, std::span<const StepRow>& rows) {
    EpochProof proof;
    proof.epoch = epoch;
    proof.samplesExpected = plan.samples();
    const Step begin = epoch * plan.stepsPerEpoch();
    for (Step step = begin; step < begin + plan.stepsPerEpoch(); ++step) {
        if (rows.empty() || rows.front().key.step != step) {
            proof.stepsMissing.push_back(step);
            continue;
        }
        const SampleDigest& read = rows.front().digest;
        proof.samplesRead += read.count;
        if (read != digestOf(plan.samplesOf(step))) {
            proof.stepsWrong.push_back(step);
        }
        rows = rows.subspan(1);
    }
    return proof;
}

}  // namespace

std::vector<StepRow> validRows(std::vector<StepRow> rows,
                               const std::vector<MembershipCommitted>& memberships) {
    const auto isVoid = [&](const StepRow& row) {
        return std::any_of(memberships.begin(), memberships.end(), [&](const MembershipCommitted& later) {
            return later.number > row.key.membership && row.key.step >= later.baseStep;
        });
    };
    std::erase_if(rows, isVoid);
    std::stable_sort(rows.begin(), rows.end(), [](const StepRow& a, const StepRow& b) {
        return a.key.step != b.key.step ? a.key.step < b.key.step : a.key.membership > b.key.membership;
    });
    const auto sameStep = [](const StepRow& a, const StepRow& b) { return a.key.step == b.key.step; };
    rows.erase(std::unique(rows.begin(), rows.end(), sameStep), rows.end());
    return rows;
}

bool RunProof::exact() const {
    return !epochs.empty() &&
           std::all_of(epochs.begin(), epochs.end(), [](const EpochProof& epoch) { return epoch.exact(); });
}

std::string RunProof::summary() const {
    if (epochs.empty()) {
        return "No epoch was finished, so there is nothing to prove";
    }
    std::string text = fmt::format("{} of {} samples", grouped(samplesRead), grouped(samplesExpected));
    if (exact()) {
        return text + (epochs.size() == 1 ? ", each once" : ", each once per epoch");
    }
    std::vector<Step> missing;
    std::vector<Step> wrong;
    for (const EpochProof& epoch : epochs) {
        missing.insert(missing.end(), epoch.stepsMissing.begin(), epoch.stepsMissing.end());
        wrong.insert(wrong.end(), epoch.stepsWrong.begin(), epoch.stepsWrong.end());
    }
    if (!missing.empty()) {
        text += named("without a record", missing);
    }
    if (!wrong.empty()) {
        text += named("read other samples than its own", wrong);
    }
    return text;
}

Result<RunProof> proveSamples(const RunSnapshot& run, const std::vector<StepRow>& rows) {
    const JobResult job = parseJob(run.jobYaml);
    if (!job) {
        return failure(ErrorKind::BadInput, fmt::format("The job of run {} cannot be read: {}", run.run.value,
                                                        describe(job.error(), "job.yaml")));
    }
    if (!run.prepared || run.prepared->trainingSamples == 0) {
        return failure(
            ErrorKind::BadInput,
            fmt::format("Run {} never got as far as training, so there is nothing to prove.", run.run.value));
    }
    if (run.prepared->trainingSamples > kSamplesMax) {
        return failure(ErrorKind::BadInput,
                       fmt::format("Run {} claims {} training samples; at most {} can be checked.",
                                   run.run.value, run.prepared->trainingSamples, kSamplesMax));
    }

    SamplePlan plan(run.prepared->trainingSamples, job->globalBatch, job->seed);
    const std::vector<StepRow> valid = validRows(rows, run.memberships);
    std::span<const StepRow> left(valid);
    RunProof proof;
    const std::uint64_t epochs = epochsFinished(run, *job, valid, plan.stepsPerEpoch());
    for (std::uint64_t epoch = 0; epoch < epochs; ++epoch) {
        proof.epochs.push_back(proveEpoch(epoch, plan, left));
    }
    if (epochs == job->epochs && !proof.epochs.empty()) {
        // Steps after the last one of the job used samples once too often.
        for (const StepRow& extra : left) {
            proof.epochs.back().samplesRead += extra.digest.count;
            proof.epochs.back().stepsWrong.push_back(extra.key.step);
        }
    }
    for (const EpochProof& epoch : proof.epochs) {
        proof.samplesExpected += epoch.samplesExpected;
        proof.samplesRead += epoch.samplesRead;
    }
    return proof;
}

}  // namespace longship
