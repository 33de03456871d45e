#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/base/clock.h"
#include "core/domain/run_event.h"

namespace longship {

/// What a run has lost so far, to tell misfortune from a pattern: a task that dies again and again is left
/// off, and a step that kills worker after worker stops the run instead of eating the cluster.
class LossRecord {
public:
    static constexpr std::size_t kDeathsMax = 3;  ///< Within kDeathsWindow: then it stays off.
    static constexpr std::chrono::seconds kDeathsWindow{60};

    /// A worker ended by itself. `failure`: what it said before, if anything. True: too often, it stays off.
    bool died(const TaskId& task, std::optional<std::string> failure, TimePoint now);
    /// It works again: what it said before counts no more. Its deaths still do.
    void works(const TaskId& task) { m_failures.erase(task); }
    /// Somebody asked for it anew: all is forgiven.
    void forgive(const TaskId& task);

    /// The failure that all these tasks reported, each its own, since they last worked; none if one did not.
    std::optional<std::string> sharedFailure(const std::set<TaskId>& tasks) const;

    /// A worker was lost while the step was computed. True: also in the membership before, so that the step
    /// itself is suspect.
    bool lostAt(Step step, MembershipNumber membership);
    void forgetStep() { m_step.reset(); }

private:
    struct SuspectStep {
        Step step = 0;
        MembershipNumber membership = 0;
    };

    std::map<TaskId, std::deque<TimePoint>> m_deaths;
    std::map<TaskId, std::string> m_failures;
    std::optional<SuspectStep> m_step;
};

}  // namespace longship
