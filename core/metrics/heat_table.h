#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/base/ids.h"

namespace longship {

/// What each of some rows (the tasks of a run) measured at each step, in so many cells at most for a row:
/// when they are full, neighbours become one cell that keeps the larger value. So a run of any length costs
/// the same, and a spike of one step is never lost. A plain value, not synchronised.
class HeatTable {
public:
    static constexpr std::size_t kCellsMax = 8192;

    /// Rows come into being as they are named. What is no finite number is no value.
    void add(std::size_t row, Step step, double value);

    std::size_t rows() const { return m_rows.size(); }

    /// The largest value of a row with its step in [from, to), as far as cells tell them apart; none where it
    /// has none. O(cells between).
    std::optional<double> largest(std::size_t row, Step from, Step to) const;

    Step stepsPerCell() const { return m_stepsPerCell; }

private:
    void widen();

    Step m_stepsPerCell = 1;
    std::vector<std::vector<float>> m_rows;  ///< NaN where there is no value.
};

}  // namespace longship
