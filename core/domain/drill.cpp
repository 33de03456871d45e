#include "core/domain/drill.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/domain/job_yaml.h"
#include "core/domain/ledger.h"
#include "core/domain/sample_plan.h"

namespace longship {
namespace {

constexpr std::array<std::pair<Fault, std::string_view>, 7> kFaults{{{Fault::KillWorker, "kill-worker"},
                                                                     {Fault::KillAgent, "kill-agent"},
                                                                     {Fault::Pause, "pause"},
                                                                     {Fault::SlowLink, "slow-link"},
                                                                     {Fault::Partition, "partition"},
                                                                     {Fault::DiskFull, "disk-full"},
                                                                     {Fault::KillLeader, "kill-leader"}}};

double msBetween(UtcTime from, UtcTime to) {
    return static_cast<double>(to.microseconds - from.microseconds) / 1e3;
}

/// Rows of steps that a later membership did again do not count; two that both count are one too many.
std::uint64_t samplesOfRepeatedRows(const RunSnapshot& run, const std::vector<StepRow>& rows,
                                    const std::vector<StepRow>& valid) {
    std::uint64_t samples = 0;
    for (const StepRow& row : rows) {
        const bool isVoid =
            std::any_of(run.memberships.begin(), run.memberships.end(), [&](const auto& later) {
                return later.number > row.key.membership && row.key.step >= later.baseStep;
            });
        const auto counted =
            std::lower_bound(valid.begin(), valid.end(), row.key.step,
                             [](const StepRow& one, Step step) { return one.key.step < step; });
        if (!isVoid && counted->key != row.key) {
            samples += row.digest.count;
        }
    }
    return samples;
}

void countSamples(DrillReport& report, const RunSnapshot& run, const std::vector<StepRow>& rows) {
    const JobResult job = parseJob(run.jobYaml);
    const std::vector<StepRow> valid = validRows(rows, run.memberships);
    if (!job || !run.prepared || valid.empty()) {
        return;
    }
    SamplePlan plan(run.prepared->trainingSamples, job->globalBatch, job->seed);
    auto row = valid.begin();
    for (Step step = 0; step <= valid.back().key.step; ++step) {
        const SampleDigest wanted = digestOf(plan.samplesOf(step));
        if (row->key.step != step) {
            ++report.stepsLost;
            report.samplesLost += wanted.count;
            continue;
        }
        const SampleDigest& read = row->digest;
        if (read != wanted) {
            // Which ones is not known from a digest: as many as it takes at least.
            report.samplesLost +=
                std::max<std::uint64_t>(wanted.count - std::min(wanted.count, read.count), 1);
            report.samplesTwice += read.count - std::min(wanted.count, read.count);
        }
        ++row;
    }
    report.samplesTwice += samplesOfRepeatedRows(run, rows, valid);
}

}  // namespace

std::string_view toString(Fault fault) {
    const auto found =
        std::find_if(kFaults.begin(), kFaults.end(), [&](const auto& one) { return one.first == fault; });
    return found == kFaults.end() ? "unknown" : found->second;
}

std::optional<Fault> faultFrom(std::string_view text) {
    const auto found =
        std::find_if(kFaults.begin(), kFaults.end(), [&](const auto& one) { return one.second == text; });
    return found == kFaults.end() ? std::nullopt : std::optional(found->first);
}

bool healsByItself(Fault fault) {
    return fault != Fault::KillWorker && fault != Fault::KillAgent && fault != Fault::KillLeader;
}

std::optional<DrillReport> drillReport(const RunSnapshot& run, const std::vector<StepRow>& rows,
                                       UtcTime faultAt, std::uint64_t sequenceBefore, bool rodeOut) {
    const auto incident =
        std::find_if(run.incidents.begin(), run.incidents.end(),
                     [&](const TimedIncident& one) { return one.sequence > sequenceBefore; });
    DrillReport report;
    if (incident != run.incidents.end()) {
        if (!incident->resolved) {
            return std::nullopt;
        }
        report.detectMs = msBetween(faultAt, incident->time);
        report.recoverMs = msBetween(faultAt, incident->resolvedAt);
        report.stepsRedone = incident->resolved->stepsRedone;
    } else if (!rodeOut) {
        return std::nullopt;
    }
    countSamples(report, run, rows);
    return report;
}

}  // namespace longship
