#include "core/protocol/loss_record.h"

namespace longship {

bool LossRecord::died(const TaskId& task, std::optional<std::string> failure, TimePoint now) {
    std::deque<TimePoint>& deaths = m_deaths[task];
    deaths.push_back(now);
    while (now - deaths.front() > kDeathsWindow) {
        deaths.pop_front();
    }
    if (failure) {
        m_failures[task] = std::move(*failure);
    } else {
        m_failures.erase(task);
    }
    return deaths.size() >= kDeathsMax;
}

void LossRecord::forgive(const TaskId& task) {
    m_deaths.erase(task);
    m_failures.erase(task);
}

std::optional<std::string> LossRecord::sharedFailure(const std::set<TaskId>& tasks) const {
    std::optional<std::string> first;
    for (const TaskId& task : tasks) {
        const auto failure = m_failures.find(task);
        if (failure == m_failures.end()) {
            return std::nullopt;
        }
        first = first ? first : failure->second;
    }
    return first;
}

bool LossRecord::lostAt(Step step, MembershipNumber membership) {
    const bool again = m_step && m_step->step == step && m_step->membership != membership;
    m_step = SuspectStep{step, membership};
    return again;
}

}  // namespace longship
