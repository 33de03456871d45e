#include "core/protocol/node_table.h"

#include <algorithm>
#include <cstdio>

#include "core/base/check.h"
#include "core/domain/task_kind.h"

namespace longship {

namespace {

std::string secondsText(Duration duration) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", toSeconds(duration));
    return text;
}

}  // namespace

NodeTable::NodeTable(const std::vector<NodeId>& nodes, NodeId self, const Timeouts& times, TimePoint now,
                     const std::set<NodeId>& seen)
    : m_self(std::move(self)), m_times(times), m_startedAt(now) {
    for (const NodeId& node : nodes) {
        m_entries.push_back({.node = node, .seen = seen.contains(node)});
    }
}

const NodeTable::Entry* NodeTable::find(const NodeId& node) const {
    const auto entry = std::find_if(m_entries.begin(), m_entries.end(),
                                    [&](const Entry& candidate) { return candidate.node == node; });
    return entry == m_entries.end() ? nullptr : &*entry;
}

NodeTable::Entry* NodeTable::find(const NodeId& node) {
    return const_cast<Entry*>(std::as_const(*this).find(node));
}

void NodeTable::silentSince(const NodeId& node, TimePoint time) {
    if (Entry* entry = find(node)) {
        entry->silentSince = time;
    }
}

TimePoint NodeTable::deadAt(const Entry& entry) const {
    if (!entry.heardAt && entry.silentSince) {
        return std::min(std::max(*entry.silentSince + m_times.dead, m_startedAt + m_times.lease),
                        m_startedAt + m_times.dead);
    }
    return entry.heardAt.value_or(m_startedAt) + m_times.dead;
}

void NodeTable::heard(const NodeId& node, TimePoint now) {
    Entry* entry = find(node);
    // What was still under way when the node was lost does not bring it back.
    if (entry != nullptr && !entry->lost && entry->heardAt) {
        entry->heardAt = now;
    }
}

void NodeTable::heartbeat(const Heartbeat& heartbeat, TimePoint now) {
    Entry* entry = find(heartbeat.node);
    if (entry == nullptr) {
        return;
    }
    entry->heardAt = now;
    entry->lost = false;
    entry->detail.clear();
    entry->tasks = heartbeat.tasks;
    entry->version = heartbeat.version;
    if (heartbeat.sample) {
        entry->sample = heartbeat.sample;
    }
}

void NodeTable::taskExited(const NodeId& node, const TaskKey& key) {
    if (Entry* entry = find(node)) {
        std::erase(entry->tasks, key);
    }
}

std::optional<NodeTable::Loss> NodeTable::refused(const NodeId& node, TimePoint now) {
    Entry* entry = find(node);
    if (entry == nullptr || entry->lost) {
        return std::nullopt;
    }
    entry->detail = "its agent is gone: the connection was refused";
    const bool connectingStill = !entry->heardAt && !entry->seen && now - m_startedAt < m_times.dead;
    if (connectingStill) {
        return std::nullopt;  // Not up yet, rather than gone.
    }
    entry->lost = true;
    return Loss{node, entry->detail};
}

std::vector<NodeTable::Loss> NodeTable::expire(TimePoint now) {
    std::vector<Loss> losses;
    for (Entry& entry : m_entries) {
        if (entry.lost || now < deadAt(entry)) {
            continue;
        }
        entry.lost = true;
        const std::optional<TimePoint> heard = entry.heardAt ? entry.heardAt : entry.silentSince;
        entry.detail = heard ? "nothing was heard from its agent for " + secondsText(now - *heard)
                             : "its agent never answered";
        losses.push_back({entry.node, entry.detail});
    }
    return losses;
}

std::optional<TimePoint> NodeTable::nextTimeout() const {
    std::optional<TimePoint> next;
    for (const Entry& entry : m_entries) {
        if (!entry.lost) {
            const TimePoint dies = deadAt(entry);
            next = next ? std::min(*next, dies) : dies;
        }
    }
    return next;
}

NodeState NodeTable::stateOf(const Entry& entry, TimePoint now) const {
    if (entry.lost) {
        return NodeState::Lost;
    }
    if (!entry.heardAt) {
        return NodeState::Connecting;
    }
    if (now - *entry.heardAt >= m_times.lease) {
        return NodeState::Silent;
    }
    const bool works = std::any_of(entry.tasks.begin(), entry.tasks.end(),
                                   [](const TaskKey& key) { return !isServer(key.task); });
    return works ? NodeState::Busy : NodeState::Ready;
}

NodeState NodeTable::stateOf(const NodeId& node, TimePoint now) const {
    const Entry* entry = find(node);
    return entry == nullptr ? NodeState::Unknown : stateOf(*entry, now);
}

bool NodeTable::isLost(const NodeId& node) const {
    const Entry* entry = find(node);
    return entry == nullptr || entry->lost;
}

bool NodeTable::hasRoomFor(const NodeId& node, const RunId& run, const TaskId& task) const {
    const Entry* entry = find(node);
    const bool serves = isServer(task);
    const auto isInTheWay = [&](const TaskKey& key) {
        return isServer(key.task) == serves && (!serves || key.run == run);
    };
    return entry != nullptr && !entry->lost && entry->heardAt &&
           std::none_of(entry->tasks.begin(), entry->tasks.end(), isInTheWay);
}

std::size_t NodeTable::lostCount() const {
    return static_cast<std::size_t>(
        std::count_if(m_entries.begin(), m_entries.end(), [](const Entry& entry) { return entry.lost; }));
}

bool NodeTable::heardSince(const NodeId& node, TimePoint time) const {
    const Entry* entry = find(node);
    return entry != nullptr && entry->heardAt && *entry->heardAt > time;
}

std::string NodeTable::detailOf(const Entry& entry, TimePoint now) const {
    switch (stateOf(entry, now)) {
        case NodeState::Connecting:
            return entry.detail.empty() ? "waiting for its agent to answer" : entry.detail;
        case NodeState::Silent:
            return "nothing was heard from its agent for " + secondsText(now - *entry.heardAt);
        case NodeState::Lost: return entry.detail;
        case NodeState::Unknown:
        case NodeState::Ready:
        case NodeState::Busy: break;
    }
    return {};
}

std::vector<NodeView> NodeTable::views(TimePoint now) const {
    std::vector<NodeView> views;
    for (const Entry& entry : m_entries) {
        NodeView view;
        view.node = entry.node;
        view.state = stateOf(entry, now);
        view.leader = entry.node == m_self;
        view.version = entry.version;
        view.detail = detailOf(entry, now);
        for (const TaskKey& key : entry.tasks) {
            view.tasks.push_back(key.task.value);
        }
        view.sample = entry.sample;
        views.push_back(std::move(view));
    }
    return views;
}

std::vector<NodeId> NodeTable::ids() const {
    std::vector<NodeId> ids;
    for (const Entry& entry : m_entries) {
        ids.push_back(entry.node);
    }
    return ids;
}

}  // namespace longship
