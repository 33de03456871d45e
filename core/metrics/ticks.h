#pragma once

#include <cstddef>
#include <vector>

namespace longship {

/// Where an axis has its marks. `decimals` is how many digits after the point tell them apart: all labels of
/// an axis are written with the same number, so that they line up.
struct Ticks {
    std::vector<double> values;  ///< Ascending, within the range; at least one for a valid range.
    double step = 0;             ///< Distance of neighbours; 0 on a logarithmic axis.
    int decimals = 0;

    bool operator==(const Ticks&) const = default;
};

/// Round numbers (1, 2 or 5 times a power of ten) within [min, max], about `wanted` of them and never more
/// than twice as many. Empty when the range is not finite or reversed; one tick when it is a point.
Ticks linearTicks(double min, double max, std::size_t wanted);

/// Powers of ten within [min, max], with 2 and 5 between them where few powers fit, and every n-th power
/// where many do. Falls back to linearTicks() for a range in which fewer than two of those lie. `min` must be
/// positive.
Ticks logarithmicTicks(double min, double max, std::size_t wanted);

/// The same for an axis of seconds: 1, 2, 5, 10, 15 or 30 seconds or minutes apart, then hours and days, so
/// that the labels are round as clocks are.
Ticks durationTicks(double min, double max, std::size_t wanted);

/// The smallest range that holds [min, max] and starts and ends on a tick of its own.
struct AxisRange {
    double min = 0;
    double max = 1;

    bool operator==(const AxisRange&) const = default;
};
AxisRange niceRange(double min, double max, std::size_t wanted);

}  // namespace longship
