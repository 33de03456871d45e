#include "core/metrics/heat_table.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace longship {
namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

float larger(float a, float b) {
    return std::isnan(a) ? b : std::isnan(b) ? a : std::max(a, b);
}

}  // namespace

void HeatTable::add(std::size_t row, Step step, double value) {
    if (!std::isfinite(value)) {
        return;
    }
    while (step / m_stepsPerCell >= kCellsMax) {
        widen();
    }
    if (m_rows.size() <= row) {
        m_rows.resize(row + 1);
    }
    std::vector<float>& cells = m_rows[row];
    const auto cell = static_cast<std::size_t>(step / m_stepsPerCell);
    if (cells.size() <= cell) {
        cells.resize(cell + 1, kNone);
    }
    cells[cell] = larger(cells[cell], static_cast<float>(value));
}

std::optional<double> HeatTable::largest(std::size_t row, Step from, Step to) const {
    if (row >= m_rows.size() || from >= to) {
        return std::nullopt;
    }
    const std::vector<float>& cells = m_rows[row];
    const auto first = static_cast<std::size_t>(from / m_stepsPerCell);
    const auto last = std::min(cells.size(), static_cast<std::size_t>((to - 1) / m_stepsPerCell) + 1);
    float best = kNone;
    for (std::size_t cell = first; cell < last; ++cell) {
        best = larger(best, cells[cell]);
    }
    return std::isnan(best) ? std::nullopt : std::optional(static_cast<double>(best));
}

void HeatTable::widen() {
    m_stepsPerCell *= 2;
    for (std::vector<float>& cells : m_rows) {
        const std::size_t count = (cells.size() + 1) / 2;
        for (std::size_t i = 0; i < count; ++i) {
            cells[i] = 2 * i + 1 < cells.size() ? larger(cells[2 * i], cells[2 * i + 1]) : cells[2 * i];
        }
        cells.resize(count);
    }
}

}  // namespace longship
