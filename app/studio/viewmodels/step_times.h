#pragma once

#include <array>
#include <deque>
#include <optional>
#include <vector>

#include "core/domain/run_event.h"
#include "core/domain/step_row.h"
#include "core/metrics/heat_table.h"
#include "core/metrics/series.h"

namespace longship {

/// Where a worker's time of a step went. The slowest waits for nobody: what it spends from the end of its
/// computing until the last bucket is reduced is the wire; what others spend beyond that they wait for it.
enum class TimePart { Compute, Wait, Wire };
inline constexpr std::array kTimeParts = {TimePart::Compute, TimePart::Wait, TimePart::Wire};

/// A task's mean of each part over the last steps, in milliseconds.
struct TaskTimes {
    TaskId task;
    NodeId node;
    std::array<double, kTimeParts.size()> ms = {};

    double of(TimePart part) const { return ms[static_cast<std::size_t>(part)]; }
};

/// The task that the others wait for.
struct Straggler {
    TaskId task;
    NodeId node;
    double ratio = 1;  ///< Its computing to the median of the others'.
};

/// The step times of a run: each task's at each step, and the means over all of them. A plain value.
class StepTimes {
public:
    /// Rows come in order; `membership` is the one of the row.
    void add(const StepRow& row, const MembershipCommitted& membership);

    /// Rows of the tables, in the order of their first step.
    const std::vector<TaskId>& tasks() const { return m_tasks; }
    const HeatTable& table(TimePart part) const { return m_tables[static_cast<std::size_t>(part)]; }

    /// Mean over the members at each step, in milliseconds.
    const Series& mean(TimePart part) const { return m_means[static_cast<std::size_t>(part)]; }

    /// Of the last steps of the membership that is at work, by rank.
    std::vector<TaskTimes> recent() const;
    /// None while all are about equally fast, and before some steps were seen.
    std::optional<Straggler> straggler() const;

private:
    std::size_t rowOf(const TaskId& task);

    std::vector<TaskId> m_tasks;
    std::array<HeatTable, kTimeParts.size()> m_tables;
    std::array<Series, kTimeParts.size()> m_means;
    MembershipNumber m_membership = 0;
    std::deque<std::vector<TaskTimes>> m_recent;  ///< Of this membership.
};

}  // namespace longship
