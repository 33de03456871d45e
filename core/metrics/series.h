#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"

namespace longship {

struct SeriesPoint {
    Step step = 0;
    UtcTime time;
    double value = 0;  ///< NaN and infinities are gaps in the curve.

    bool operator==(const SeriesPoint&) const = default;
};

enum class SeriesAxis { BySteps, ByTime };  ///< What runs to the right: the step, or microseconds since 1970.

/// Smallest and largest finite value of some points.
struct SeriesExtent {
    double min = std::numeric_limits<double>::infinity();
    double max = -std::numeric_limits<double>::infinity();

    bool empty() const { return min > max; }
    bool operator==(const SeriesExtent&) const = default;
};

/// What one column of pixels shows: a vertical stroke from `min` to `max`, joined with the column before it
/// by a line from its last point to our first.
struct SeriesColumn {
    std::size_t column = 0;  ///< 0 … columns-1.
    double firstX = 0;       ///< Position and value of the leftmost finite point.
    double first = 0;
    double lastX = 0;  ///< The same of the rightmost.
    double last = 0;
    double min = 0;
    double max = 0;
    bool gapBefore = false;  ///< Something that is no number lies between the finite point before and ours.

    bool operator==(const SeriesColumn&) const = default;
};

/// The visible part of a curve. `before` and `after` are the finite points next to the range, so that the
/// line can leave the picture on both sides; missing where there is none or a gap lies between.
struct SeriesView {
    std::vector<SeriesColumn> columns;  ///< Those that hold a finite point, from left to right.
    std::optional<SeriesPoint> before;
    std::optional<SeriesPoint> after;
};

/// One curve and a pyramid of minima and maxima over it, so that drawing costs as much as there are pixels,
/// not points, and no extreme is ever lost. Appending is O(1) amortised. A plain value, not synchronised.
class Series {
public:
    /// Steps must not go down. A time before the last one is taken as the last one: clocks of different nodes
    /// differ, and a curve over time never turns back.
    void append(SeriesPoint point);

    /// Drops all points with this step or a later one: they became void.
    void truncateFrom(Step step);

    std::size_t size() const { return m_points.size(); }
    bool empty() const { return m_points.empty(); }
    const SeriesPoint& operator[](std::size_t index) const { return m_points[index]; }
    const std::vector<SeriesPoint>& points() const { return m_points; }

    double x(std::size_t index, SeriesAxis axis) const;

    /// Finite values with x in [from, to].
    SeriesExtent extent(SeriesAxis axis, double from, double to) const;
    SeriesExtent extent() const;

    /// The range [from, to] cut into `columns` equal columns; a point on a border belongs to the right one.
    /// Empty when the range is empty or not finite. O(columns · log size).
    SeriesView view(SeriesAxis axis, double from, double to, std::size_t columns) const;

    /// The finite point nearest to x, for a read-out under the mouse.
    std::optional<std::size_t> nearest(SeriesAxis axis, double x) const;

private:
    static constexpr std::size_t kFanOut = 4;
    static constexpr std::size_t kNone = ~std::size_t{0};

    /// Finite points of a run of kFanOut^level points.
    struct Bucket {
        SeriesExtent extent;
        std::size_t first = kNone;  ///< Index of the first finite point, kNone when there is none.
        std::size_t last = kNone;

        void add(const Bucket& right);
    };

    Bucket bucketOf(std::size_t index) const;
    Bucket summary(std::size_t begin, std::size_t end) const;
    std::size_t lowerBound(SeriesAxis axis, double x, std::size_t from = 0) const;
    std::size_t upperBound(SeriesAxis axis, double x) const;
    void rebuildTail();

    std::vector<SeriesPoint> m_points;
    std::vector<std::vector<Bucket>> m_levels;  ///< m_levels[k] holds buckets of kFanOut^(k+1) points.
};

}  // namespace longship
