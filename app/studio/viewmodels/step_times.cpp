#include "app/studio/viewmodels/step_times.h"

#include <algorithm>

namespace longship {

namespace {

constexpr std::size_t kRecentSteps = 50;
constexpr std::size_t kStepsToJudge = 10;
constexpr double kSlower = 1.25;  // Below this it is noise.

}  // namespace

void StepTimes::add(const StepRow& row, const MembershipCommitted& membership) {
    if (row.members.empty()) {
        return;
    }
    if (membership.number != m_membership) {
        m_membership = membership.number;
        m_recent.clear();
    }
    const double wire = std::min_element(row.members.begin(), row.members.end(), [](auto& a, auto& b) {
                            return a.waitMs < b.waitMs;
                        })->waitMs;
    std::array<double, kTimeParts.size()> sums = {};
    std::vector<TaskTimes> times;
    for (const MemberTiming& timing : row.members) {
        const auto member = std::find_if(membership.members.begin(), membership.members.end(),
                                         [&](const Member& one) { return one.rank == timing.rank; });
        if (member == membership.members.end()) {
            continue;
        }
        const TaskTimes task{member->task, member->node, {timing.computeMs, timing.waitMs - wire, wire}};
        const std::size_t line = rowOf(task.task);
        for (std::size_t part = 0; part < kTimeParts.size(); ++part) {
            m_tables[part].add(line, row.key.step, task.ms[part]);
            sums[part] += task.ms[part];
        }
        times.push_back(task);
    }
    if (times.empty()) {
        return;
    }
    for (std::size_t part = 0; part < kTimeParts.size(); ++part) {
        m_means[part].append(
            {row.key.step + 1, row.appliedAt, sums[part] / static_cast<double>(times.size())});
    }
    m_recent.push_back(std::move(times));
    if (m_recent.size() > kRecentSteps) {
        m_recent.pop_front();
    }
}

std::size_t StepTimes::rowOf(const TaskId& task) {
    const auto found = std::find(m_tasks.begin(), m_tasks.end(), task);
    if (found != m_tasks.end()) {
        return static_cast<std::size_t>(found - m_tasks.begin());
    }
    m_tasks.push_back(task);
    return m_tasks.size() - 1;
}

std::vector<TaskTimes> StepTimes::recent() const {
    std::vector<TaskTimes> means;
    for (const std::vector<TaskTimes>& step : m_recent) {
        for (const TaskTimes& times : step) {
            auto mean = std::find_if(means.begin(), means.end(),
                                     [&](const TaskTimes& one) { return one.task == times.task; });
            if (mean == means.end()) {
                mean = means.insert(means.end(), {times.task, times.node, {}});
            }
            for (std::size_t part = 0; part < kTimeParts.size(); ++part) {
                mean->ms[part] += times.ms[part] / static_cast<double>(m_recent.size());
            }
        }
    }
    return means;
}

std::optional<Straggler> StepTimes::straggler() const {
    std::vector<TaskTimes> means = recent();
    if (m_recent.size() < kStepsToJudge || means.size() < 2) {
        return std::nullopt;
    }
    std::sort(means.begin(), means.end(),
              [](auto& a, auto& b) { return a.of(TimePart::Compute) < b.of(TimePart::Compute); });
    const TaskTimes slowest = means.back();
    means.pop_back();
    const double median = means[means.size() / 2].of(TimePart::Compute);
    if (median <= 0 || slowest.of(TimePart::Compute) < median * kSlower) {
        return std::nullopt;
    }
    return Straggler{slowest.task, slowest.node, slowest.of(TimePart::Compute) / median};
}

}  // namespace longship
