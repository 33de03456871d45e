#include "app/studio/widgets/calm_extent.h"

#include <algorithm>
#include <cmath>

#include "core/metrics/ticks.h"

namespace longship {

namespace {

// Widened by this share of the data on each side before rounding, so that a line never touches the frame.
constexpr double kMargin = 0.05;
constexpr double kNarrowWhenFilledLess = 0.5;
constexpr std::size_t kRoundingTicks = 6;

Extent rounded(const Extent& data) {
    double span = data.span();
    if (!(span > 0)) {
        span = std::max(std::abs(data.max) * 0.1, 1e-6);
    }
    // What is never negative needs no room below zero.
    const double min = data.min >= 0 ? std::max(0.0, data.min - span * kMargin) : data.min - span * kMargin;
    const AxisRange range = niceRange(min, data.max + span * kMargin, kRoundingTicks);
    return {range.min, range.max};
}

}  // namespace

Extent calmExtent(const Extent& shown, const Extent& data) {
    const bool fits = data.min >= shown.min && data.max <= shown.max;
    const bool filled = shown.span() > 0 && data.span() >= shown.span() * kNarrowWhenFilledLess;
    return fits && filled ? shown : rounded(data);
}

}  // namespace longship
