#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/base/clock.h"
#include "core/domain/step_row.h"

namespace longship {

/// The counts of micro-batches, `total` in all, that let members of these speeds (micro-batches a second,
/// above zero) end their parts as early as possible, by rank. Nobody gets less than one where there is one
/// for each.
std::vector<std::uint32_t> divideBySpeed(std::uint64_t total, const std::vector<double>& speeds);

/// Measures how fast the members of one membership are, and says when other shares would make its steps
/// shorter. Pure: it is told the time.
class ShareMeter {
public:
    /// Two changes are at least this far apart, and twice as far each time that one did not bring half of
    /// what was expected.
    static constexpr std::chrono::seconds kPeriodMin{10};
    static constexpr std::chrono::seconds kPeriodMax{320};
    static constexpr double kGainMin = 0.05;  ///< Of a step's time.
    /// Below that for the slowest member, what is measured is the machine's moods.
    static constexpr double kComputeMsMin = 5;
    static constexpr std::size_t kRowsMin = 8;
    static constexpr std::size_t kRowsMax = 512;
    static constexpr std::uint64_t kMicroBatchesMax = 1u << 20;

    /// A membership trains. `microBatches`: of a full step.
    void begin(MembershipNumber membership, std::vector<std::uint32_t> shares, std::uint64_t microBatches,
               TimePoint now);
    void add(const StepRow& row);

    /// The shares that are better by at least kGainMin, when it is time for a change; each call that answers
    /// counts as that change.
    std::optional<std::vector<std::uint32_t>> better(TimePoint now);

private:
    /// Of a step, as measured over the rows that are kept.
    struct Measured {
        std::vector<double> computeMs;  ///< By rank: the median.
        double stepMs = 0;              ///< The median.
    };
    struct Sample {
        std::vector<double> computeMs;
        double stepMs = 0;
    };

    std::optional<Measured> measured(std::size_t from, std::size_t to) const;
    double gainOf(const Measured& now, const std::vector<std::uint32_t>& counts) const;
    void judgeLastChange(double stepMs);

    MembershipNumber m_membership = 0;
    std::vector<std::uint32_t> m_shares;
    std::uint64_t m_microBatches = 0;
    TimePoint m_beganAt{};
    std::size_t m_toSkip = 0;
    std::deque<Sample> m_samples;
    Duration m_period = kPeriodMin;
    std::optional<double> m_hopedForMs;  ///< What a step of this membership should take for it to have paid.
};

}  // namespace longship
