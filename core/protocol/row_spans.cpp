#include "core/protocol/row_spans.h"

#include <algorithm>
#include <iterator>

namespace longship {

void RowSpans::add(const RowKey& key) {
    auto after = m_spans.upper_bound(key.step);
    if (after != m_spans.begin()) {
        const auto before = std::prev(after);
        if (key.step < before->second.end) {
            return;
        }
        if (key.step == before->second.end) {
            before->second = {key.step + 1, key};
            return join(before);
        }
    }
    join(m_spans.emplace(key.step, Span{key.step + 1, key}).first);
}

/// With the span behind it, if that one begins where it ends.
void RowSpans::join(std::map<Step, Span>::iterator span) {
    const auto behind = std::next(span);
    if (behind != m_spans.end() && behind->first == span->second.end) {
        span->second = behind->second;
        m_spans.erase(behind);
    }
}

Step RowSpans::next() const {
    const auto first = m_spans.begin();
    return first == m_spans.end() || first->first > 0 ? 0 : first->second.end;
}

std::optional<RowKey> RowSpans::frontier() const {
    return next() == 0 ? std::nullopt : std::optional(m_spans.begin()->second.last);
}

std::optional<RowKey> RowSpans::last() const {
    return m_spans.empty() ? std::nullopt : std::optional(m_spans.rbegin()->second.last);
}

}  // namespace longship
