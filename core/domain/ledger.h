#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/domain/run_snapshot.h"
#include "core/domain/step_row.h"

namespace longship {

/// What the step records prove about one epoch.
struct EpochProof {
    std::uint64_t epoch = 0;
    std::uint64_t samplesExpected = 0;
    std::uint64_t samplesRead = 0;
    std::vector<Step> stepsMissing;
    std::vector<Step> stepsWrong;  ///< Digest of what was read differs from the samples of the step.

    bool exact() const {
        return stepsMissing.empty() && stepsWrong.empty() && samplesRead == samplesExpected;
    }
    bool operator==(const EpochProof&) const = default;
};

/// `longship verify`: from the digests of the positions really read, not from the plan that the workers
/// followed.
struct RunProof {
    std::vector<EpochProof> epochs;  ///< Finished epochs only.
    std::uint64_t samplesExpected = 0;
    std::uint64_t samplesRead = 0;

    bool exact() const;
    /// "60 000 of 60 000 samples, each once".
    std::string summary() const;
    bool operator==(const RunProof&) const = default;
};

/// Rows that count: of each step the row of the highest membership that is not void. A row of membership m
/// with a step at or above the base of a later membership is void. Sorted by step.
std::vector<StepRow> validRows(std::vector<StepRow> rows,
                               const std::vector<MembershipCommitted>& memberships);

/// BadInput when the run's job cannot be read or it never got as far as training.
Result<RunProof> proveSamples(const RunSnapshot& run, const std::vector<StepRow>& rows);

}  // namespace longship
