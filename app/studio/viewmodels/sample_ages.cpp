#include "app/studio/viewmodels/sample_ages.h"

namespace longship {

void SampleAges::see(const NodeView& node, TimePoint now) {
    if (!node.sample) {
        m_seen.erase(node.node);
        return;
    }
    const auto [seen, isNew] = m_seen.try_emplace(node.node, Seen{node.sample->time, now});
    if (!isNew && !(seen->second.sample == node.sample->time)) {
        seen->second = {node.sample->time, now};
    }
}

std::optional<std::chrono::nanoseconds> SampleAges::age(const NodeId& node, TimePoint now) const {
    const auto seen = m_seen.find(node);
    if (seen == m_seen.end()) {
        return std::nullopt;
    }
    return now - seen->second.at;
}

bool SampleAges::isStale(const NodeId& node, TimePoint now) const {
    const auto old = age(node, now);
    return old && *old > kFresh;
}

}  // namespace longship
