#pragma once

#include <optional>
#include <string>

#include "core/domain/run_snapshot.h"
#include "core/domain/step_row.h"
#include "core/metrics/eta_estimator.h"
#include "core/metrics/rate_meter.h"
#include "core/metrics/smoothing.h"

namespace longship::cli {

/// The progress of one run as one line: bar, step, loss, samples/s, time left. Told the time.
class ProgressLine {
public:
    ProgressLine() = default;

    void prepared(const RunPrepared& prepared);
    void add(const StepRow& row);

    /// For the bottom of a terminal, as wide as `columns` at most; what matters least is left out first.
    std::string drawn(RunState state, unsigned columns, UtcTime now) const;
    /// The same in words, for a log file.
    std::string plain(UtcTime now) const;

    Step stepsDone() const { return m_stepsDone; }
    Step stepsTotal() const { return m_stepsTotal; }
    /// Over all steps so far; none before there are two.
    std::optional<double> samplesPerSecond() const;

private:
    std::string remaining(UtcTime now) const;

    Step m_stepsTotal = 0;
    Step m_stepsDone = 0;
    double m_loss = 0;
    std::uint64_t m_samples = 0;
    std::uint64_t m_firstSamples = 0;
    std::optional<UtcTime> m_firstAt;
    UtcTime m_lastAt;
    Smoother m_smoother{0.9};
    RateMeter m_rate;
    std::optional<EtaEstimator> m_eta;
};

}  // namespace longship::cli
