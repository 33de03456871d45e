#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/domain/run_event.h"
#include "core/domain/sample_plan.h"

namespace longship {

/// What one fixed range of the test samples gave.
struct RangeResult {
    std::uint64_t range = 0;  ///< Number of the range.
    std::int64_t loss = 0;    ///< Sum, fixed point, kLossBits.
    std::uint64_t correct = 0;
    std::uint64_t samples = 0;
    bool lossGood = true;

    bool operator==(const RangeResult&) const = default;
};

/// One evaluation as one member sees it: the test samples are cut into fixed ranges, whoever computes them,
/// and the results are combined in range order, so the outcome does not depend on the members. A membership
/// change starts it again from nothing.
class Evaluation {
public:
    /// `stepsApplied` and `epoch` as in EvaluationFinished.
    Evaluation(std::uint64_t samples, std::span<const std::uint32_t> shares, Rank rank, Step stepsApplied,
               std::uint64_t epoch);

    /// Number of ranges over all members.
    std::uint64_t ranges() const { return m_ranges; }
    /// The samples of this member's next range; empty when it has done all.
    std::vector<std::uint64_t> nextSamples() const;
    /// Result of the range that nextSamples() named; its number is filled in.
    void add(RangeResult result);

    /// What this member tells the others when it has done all. `stop`: it was asked to stop.
    std::vector<std::byte> encode(bool stop) const;

    struct Outcome {
        EvaluationFinished finished;
        bool stop = false;  ///< Some member was asked to stop.
    };
    /// Corrupt when a range is missing, doubled or unreadable.
    Result<Outcome> combine(const std::vector<std::vector<std::byte>>& gathered) const;

private:
    Range samplesOf(std::uint64_t range) const;

    std::uint64_t m_samples;
    std::uint64_t m_ranges;
    Range m_mine;  ///< Ranges of this member.
    Step m_stepsApplied;
    std::uint64_t m_epoch;
    std::vector<RangeResult> m_done;
};

}  // namespace longship
