#include "core/protocol/link_record.h"

#include <algorithm>

namespace longship {

void LinkRecord::complain(const TaskId& by, const TaskId& peer, MembershipNumber membership) {
    if (m_complainers.membership != membership) {
        m_complainers = {membership, {}};
    }
    m_complainers.tasks.insert(by);
    const std::set<TaskId>& before = m_complainers.tasks;
    const Complaint* known = nullptr;
    if (const auto found = m_complaints.find(std::minmax(by, peer)); found != m_complaints.end()) {
        known = &found->second;
    }
    const bool mutual = known != nullptr && known->last == membership;
    if (peer.empty() || peer == by || mutual || before.contains(peer)) {
        return;
    }
    Complaint& complaint = m_complaints[std::minmax(by, peer)];
    complaint.again = complaint.again || (complaint.last != 0 && complaint.last != membership);
    complaint.last = membership;
}

void LinkRecord::forget(const TaskId& task) {
    std::erase_if(m_complaints,
                  [&](const auto& entry) { return entry.first.first == task || entry.first.second == task; });
    m_apart.erase(task);
}

std::set<TaskId> LinkRecord::keepApart(const std::vector<TaskId>& tasks, TimePoint now) {
    std::set<TaskId> out;
    for (const TaskId& task : tasks) {
        if (isApart(task, now)) {
            out.insert(task);
        }
    }
    const auto brokenLinks = [&](const TaskId& task) {
        return std::count_if(m_complaints.begin(), m_complaints.end(), [&](const auto& entry) {
            const auto& [pair, complaint] = entry;
            const bool mine = pair.first == task || pair.second == task;
            return complaint.again && mine && !out.contains(pair.first) && !out.contains(pair.second);
        });
    };
    for (;;) {
        // The last of those with most broken links, so that low ranks, who have the state, stay.
        const TaskId* worst = nullptr;
        for (const TaskId& task : tasks) {
            const auto links = brokenLinks(task);
            if (links > 0 && (worst == nullptr || links >= brokenLinks(*worst))) {
                worst = &task;
            }
        }
        if (worst == nullptr) {
            return out;
        }
        Apart& apart = m_apart[*worst];
        apart.backOff = std::clamp<Duration>(2 * apart.backOff, kBackOffMin, kBackOffMax);
        apart.until = now + apart.backOff;
        out.insert(*worst);
    }
}

bool LinkRecord::isApart(const TaskId& task, TimePoint now) const {
    const auto found = m_apart.find(task);
    return found != m_apart.end() && now < found->second.until;
}

std::optional<TimePoint> LinkRecord::nextTry(TimePoint now) const {
    std::optional<TimePoint> next;
    for (const auto& [task, apart] : m_apart) {
        if (apart.until > now && (!next || apart.until < *next)) {
            next = apart.until;
        }
    }
    return next;
}

}  // namespace longship
