#pragma once

#include <map>
#include <optional>

#include "core/domain/step_row.h"

namespace longship {

/// Which rows of a run are here: spans of steps without a gap. Every step of a run has one row that counts,
/// so what lies between two spans is missing.
class RowSpans {
public:
    void add(const RowKey& key);

    Step next() const;  ///< The first step whose row is missing.
    /// The last row before the first missing one: the cursor to ask with. None: the very first is missing.
    std::optional<RowKey> frontier() const;
    std::optional<RowKey> last() const;
    bool hasGap() const { return m_spans.size() > (next() > 0 ? 1u : 0u); }

private:
    struct Span {
        Step end = 0;  ///< One behind its last step.
        RowKey last;
    };

    void join(std::map<Step, Span>::iterator span);

    std::map<Step, Span> m_spans;  ///< By first step; apart from each other.
};

}  // namespace longship
