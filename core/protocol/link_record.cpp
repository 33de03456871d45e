#include "core/protocol/link_record.h"

#include <algorithm>
#include <bit>
#include <iterator>

namespace longship {

void LinkRecord::complain(const TaskId& by, const TaskId& peer, MembershipNumber membership, bool isSilent) {
    if (m_complainers.membership != membership) {
        m_complainers = {membership, {}};
    }
    m_complainers.tasks.insert(by);
    if (peer.empty() || peer == by) {
        return;
    }
    const auto pair = std::minmax(by, peer);
    const auto known = m_complaints.find(pair);
    const bool mutual = known != m_complaints.end() && known->second.last == membership;
    if (isSilent) {
        Complaint& complaint = m_complaints[pair];
        complaint.silent = true;
        complaint.last = membership;
        return;
    }
    if (mutual || m_complainers.tasks.contains(peer)) {
        return;
    }
    Complaint& complaint = m_complaints[pair];
    complaint.again = complaint.again || (complaint.last != 0 && complaint.last != membership);
    complaint.last = membership;
}

void LinkRecord::forget(const TaskId& task) {
    std::erase_if(m_complaints,
                  [&](const auto& entry) { return entry.first.first == task || entry.first.second == task; });
    m_apart.erase(task);
}

std::vector<LinkRecord::Pair> LinkRecord::brokenAmong(const std::vector<TaskId>& tasks, TimePoint now) const {
    const auto there = [&](const TaskId& task) {
        return std::ranges::find(tasks, task) != tasks.end() && !isApart(task, now);
    };
    std::vector<Pair> broken;
    for (const auto& [pair, complaint] : m_complaints) {
        if (complaint.counts() && there(pair.first) && there(pair.second)) {
            broken.push_back({pair.first, pair.second});
        }
    }
    return broken;
}

/// A smallest vertex cover of the broken links. Tried out for a few, greedy for many: then the worker with
/// most broken links leaves, again and again.
std::set<TaskId> LinkRecord::fewestToLeave(const std::vector<TaskId>& tasks,
                                           const std::vector<Pair>& broken) {
    std::vector<TaskId> involved;  // In the order of `tasks`: low ranks, who have the state, stay.
    for (const TaskId& task : tasks) {
        if (std::ranges::any_of(broken,
                                [&](const Pair& pair) { return pair.one == task || pair.other == task; })) {
            involved.push_back(task);
        }
    }
    if (involved.size() > kExactMax) {
        const auto links = [&](const TaskId& task) {
            return std::ranges::count_if(
                broken, [&](const Pair& pair) { return pair.one == task || pair.other == task; });
        };
        const TaskId worst = *std::ranges::max_element(
            involved, [&](const TaskId& a, const TaskId& b) { return links(a) <= links(b); });
        std::vector<Pair> rest;
        std::ranges::copy_if(broken, std::back_inserter(rest),
                             [&](const Pair& pair) { return pair.one != worst && pair.other != worst; });
        std::set<TaskId> out = rest.empty() ? std::set<TaskId>() : fewestToLeave(tasks, rest);
        out.insert(worst);
        return out;
    }
    const auto bitOf = [&](const TaskId& task) {
        return 1U << static_cast<unsigned>(std::ranges::find(involved, task) - involved.begin());
    };
    // Of covers with equally many, the one with the highest bits: it leaves the early tasks in.
    unsigned best = (1U << involved.size()) - 1;
    for (unsigned cover = 0; cover < (1U << involved.size()); ++cover) {
        const bool covers = std::ranges::all_of(
            broken, [&](const Pair& pair) { return ((bitOf(pair.one) | bitOf(pair.other)) & cover) != 0; });
        if (covers && std::popcount(cover) <= std::popcount(best)) {
            best = cover;
        }
    }
    std::set<TaskId> out;
    for (const TaskId& task : involved) {
        if ((bitOf(task) & best) != 0) {
            out.insert(task);
        }
    }
    return out;
}

std::set<TaskId> LinkRecord::keepApart(const std::vector<TaskId>& tasks, TimePoint now) {
    std::set<TaskId> out;
    for (const TaskId& task : tasks) {
        if (isApart(task, now)) {
            out.insert(task);
        }
    }
    for (const TaskId& task : fewestToLeave(tasks, brokenAmong(tasks, now))) {
        Apart& apart = m_apart[task];
        apart.backOff = std::clamp<Duration>(2 * apart.backOff, kBackOffMin, kBackOffMax);
        apart.until = now + apart.backOff;
        out.insert(task);
    }
    return out;
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
