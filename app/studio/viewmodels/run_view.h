#pragma once

#include <optional>
#include <vector>

#include <QObject>

#include "app/studio/viewmodels/client_bridge.h"
#include "app/studio/viewmodels/step_times.h"
#include "core/client/client.h"
#include "core/metrics/eta_estimator.h"
#include "core/metrics/rate_meter.h"
#include "core/metrics/series.h"
#include "core/metrics/smoothing.h"

namespace longship {

/// How far a run is.
struct RunProgress {
    Step stepsDone = 0;
    Step stepsTotal = 0;      ///< 0 until the workers have looked at the data.
    std::uint64_t epoch = 0;  ///< The current one, from 1.
    std::uint64_t epochs = 0;
    std::uint64_t samples = 0;
    std::optional<double> elapsedSeconds;  ///< Since training began, up to the last thing heard.
    std::optional<double> remainingSeconds;

    double share() const {
        return stepsTotal == 0 ? 0 : static_cast<double>(stepsDone) / static_cast<double>(stepsTotal);
    }
};

/// Where an incident stands on the curves.
struct RunMark {
    Step step = 0;             ///< Steps done when training went on, or so far.
    std::size_t incident = 0;  ///< Index into the snapshot's incidents.

    bool operator==(const RunMark&) const = default;
};

/// A membership took over from the one before it.
struct MembershipChange {
    MembershipNumber number = 0;
    Step step = 0;            ///< Steps done before it.
    double pauseSeconds = 0;  ///< From the last step before to the begin of the first one after.
    UtcTime time = {};        ///< Of the first step after it.

    bool operator==(const MembershipChange&) const = default;
};

enum class ProofState { None, Checking, Exact, Wrong, Unknown };

/// One run as the Run page shows it: its snapshot and its curves, kept up to date by cursor, so that opening
/// a window late or twice shows the same. GUI thread only.
class RunView : public QObject {
    Q_OBJECT

public:
    explicit RunView(ClientBridge& bridge, QObject* parent = nullptr);
    ~RunView() override;

    void show(const RunId& run);
    void clear();

    bool isShown() const { return m_snapshot.has_value(); }
    bool isActive() const { return isShown() && !isTerminal(m_snapshot->state) && !m_leftBehind; }
    /// Only nodes know it that its cluster went on without.
    bool isLeftBehind() const { return m_leftBehind; }

    /// Only while isShown().
    const RunSnapshot& snapshot() const { return *m_snapshot; }
    const JobSpec& job() const { return m_job; }
    RunProgress progress() const;

    std::optional<double> lossNow() const;        ///< Smoothed.
    std::optional<double> throughputNow() const;  ///< Samples per second; none while nobody computes.
    std::optional<double> accuracyNow() const;    ///< Of the last evaluation.

    // The curves; x is the number of steps done.
    const Series& loss() const { return m_loss; }
    const Series& lossSmoothed() const { return m_lossSmoothed; }
    const Series& throughput() const { return m_throughput; }
    const Series& trainingAccuracy() const { return m_trainingAccuracy; }
    const Series& testAccuracy() const { return m_testAccuracy; }

    /// One for each incident, in the order of their coming.
    std::vector<RunMark> marks() const;

    /// Where the time of the steps went, and who is slow.
    const StepTimes& times() const { return m_times; }

    /// When the curves begin; 0 before training has.
    UtcTime begin() const;
    /// 0 until the data is known.
    std::uint64_t stepsPerEpoch() const;

    /// In the order of their coming; of those that have done a step.
    const std::vector<MembershipChange>& changes() const { return m_changes; }
    /// Of the last change that was planned (a move, a join, new shares), not forced by an incident; none
    /// before.
    std::optional<double> lastPauseSeconds() const;

    int smoothing() const { return m_smoothing; }
    void setSmoothing(int percent);

    ProofState proofState() const { return m_proofState; }
    const std::optional<RunProof>& proof() const { return m_proof; }

    /// How much of the final model is on this machine.
    const ModelCopy& modelCopy() const { return m_modelCopy; }

Q_SIGNALS:
    void shownChanged();  ///< Another run, or none.
    void changed();       ///< State, tasks, incidents, proof …
    void rowsChanged();   ///< Curves and progress.

private:
    void refresh();
    void refreshSnapshot();
    void refreshRows();
    void addEvaluations(const std::vector<RunEvent>& events);
    void addRow(const StepRow& row);
    void noteChange(const StepRow& row);
    bool rests() const;  ///< Paused or recovering: nobody computes.
    bool isVoid(const RowKey& key) const;
    void forgetRows();
    void requestProof();

    ClientBridge& m_bridge;
    RunId m_run;
    std::optional<RunSnapshot> m_snapshot;
    JobSpec m_job;
    ModelCopy m_modelCopy;
    bool m_leftBehind = false;

    std::optional<RowKey> m_cursor;
    std::optional<StepRow> m_lastRow;
    std::vector<MembershipChange> m_changes;
    StepTimes m_times;
    std::uint64_t m_samples = 0;
    RateMeter m_samplesPerSecond;
    std::optional<EtaEstimator> m_eta;  ///< Once the number of steps is known.

    Series m_loss;
    Series m_lossSmoothed;
    Series m_throughput;
    Series m_trainingAccuracy;
    Series m_testAccuracy;
    int m_smoothing = 60;
    Smoother m_smoother;

    ProofState m_proofState = ProofState::None;
    std::optional<RunProof> m_proof;
};

}  // namespace longship
