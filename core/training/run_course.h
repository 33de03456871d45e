#pragma once

#include <cstdint>

#include "core/base/ids.h"

namespace longship {

/// The points of a run in order, as pure arithmetic: steps, after the last step of each epoch an evaluation
/// (opened by a record that makes the step final), and at the end one empty step.
class RunCourse {
public:
    enum class Phase { Train, OpenEvaluation, Evaluate, Close, Finished };

    RunCourse(std::uint64_t stepsPerEpoch, std::uint64_t epochs)
        : m_stepsPerEpoch(stepsPerEpoch), m_stepsTotal(stepsPerEpoch * epochs) {}

    Phase phase() const { return m_phase; }
    Step stepsApplied() const { return m_stepsApplied; }
    Step stepsTotal() const { return m_stepsTotal; }
    bool stopped() const { return m_stopped; }
    /// Whether a step count lies at the end of an epoch.
    bool endsEpoch(Step stepsApplied) const {
        return stepsApplied > 0 && stepsApplied % m_stepsPerEpoch == 0;
    }
    /// The epoch that the last applied step belongs to.
    std::uint64_t epochDone() const {
        return m_stepsApplied == 0 ? 0 : (m_stepsApplied - 1) / m_stepsPerEpoch;
    }

    /// A membership begins: an evaluation that nothing has followed, and the end of the run, are done again.
    void enter(Step base, bool stopped) {
        m_stepsApplied = base;
        m_stopped = false;
        m_phase = endsEpoch(m_stepsApplied) ? Phase::OpenEvaluation : Phase::Train;
        stopIf(stopped);
    }
    void stepApplied(bool stop) {
        ++m_stepsApplied;
        m_phase = endsEpoch(m_stepsApplied) ? Phase::OpenEvaluation : Phase::Train;
        stopIf(stop);
    }
    void evaluationOpened(bool stop) {
        m_phase = Phase::Evaluate;
        stopIf(stop);
    }
    void evaluationDone(bool stop) {
        m_phase = m_stepsApplied == m_stepsTotal ? Phase::Close : Phase::Train;
        stopIf(stop && m_phase != Phase::Close);
    }
    void closed() { m_phase = Phase::Finished; }

private:
    void stopIf(bool stop) {
        if (stop) {
            m_stopped = true;
            m_phase = Phase::Close;
        }
    }

    std::uint64_t m_stepsPerEpoch;
    Step m_stepsTotal;
    Step m_stepsApplied = 0;
    Phase m_phase = Phase::Train;
    bool m_stopped = false;
};

}  // namespace longship
