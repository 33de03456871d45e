#include "core/metrics/series.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"

namespace longship {

void Series::Bucket::add(const Bucket& right) {
    if (right.first == kNone) {
        return;
    }
    extent.min = std::min(extent.min, right.extent.min);
    extent.max = std::max(extent.max, right.extent.max);
    first = first == kNone ? right.first : first;
    last = right.last;
}

Series::Bucket Series::bucketOf(std::size_t index) const {
    const double value = m_points[index].value;
    return std::isfinite(value) ? Bucket{{value, value}, index, index} : Bucket{};
}

void Series::append(SeriesPoint point) {
    if (!m_points.empty()) {
        LONGSHIP_CHECK(point.step >= m_points.back().step, "a series is appended in the order of its steps");
        point.time = std::max(point.time, m_points.back().time);
    }
    const std::size_t index = m_points.size();
    m_points.push_back(point);
    const Bucket bucket = bucketOf(index);
    std::size_t slot = index;
    for (std::size_t level = 0;; ++level) {
        slot /= kFanOut;
        if (level == m_levels.size()) {
            // A level is worth having once it has something to combine.
            if (slot == 0) {
                break;
            }
            m_levels.emplace_back();
            rebuildTail();
            break;
        }
        auto& buckets = m_levels[level];
        if (slot == buckets.size()) {
            buckets.emplace_back();
        }
        buckets[slot].add(bucket);
    }
}

/// Computes the buckets that are missing at the end of each level from the level below.
void Series::rebuildTail() {
    std::size_t below = m_points.size();
    for (std::size_t level = 0; level < m_levels.size(); ++level) {
        auto& buckets = m_levels[level];
        const std::size_t wanted = (below + kFanOut - 1) / kFanOut;
        while (buckets.size() < wanted) {
            const std::size_t begin = buckets.size() * kFanOut;
            Bucket bucket;
            for (std::size_t i = begin; i < std::min(begin + kFanOut, below); ++i) {
                bucket.add(level == 0 ? bucketOf(i) : m_levels[level - 1][i]);
            }
            buckets.push_back(bucket);
        }
        below = buckets.size();
    }
}

void Series::truncateFrom(Step step) {
    const auto end = std::lower_bound(m_points.begin(), m_points.end(), step,
                                      [](const SeriesPoint& point, Step s) { return point.step < s; });
    if (end == m_points.end()) {
        return;
    }
    m_points.erase(end, m_points.end());
    std::size_t complete = m_points.size();
    for (auto& buckets : m_levels) {
        complete /= kFanOut;  // Buckets beyond are partly gone.
        buckets.resize(std::min(buckets.size(), complete));
    }
    rebuildTail();
}

double Series::x(std::size_t index, SeriesAxis axis) const {
    const SeriesPoint& point = m_points[index];
    return axis == SeriesAxis::BySteps ? static_cast<double>(point.step)
                                       : static_cast<double>(point.time.microseconds);
}

/// The first point at or right of `limit`, from a point on that is not right of it. Gallops: the borders of a
/// view follow each other closely, and nearby points are in the cache.
std::size_t Series::lowerBound(SeriesAxis axis, double limit, std::size_t from) const {
    std::size_t begin = from;
    std::size_t stride = 1;
    while (begin + stride < m_points.size() && x(begin + stride, axis) < limit) {
        begin += stride;
        stride *= 2;
    }
    std::size_t end = std::min(begin + stride, m_points.size());
    while (begin < end) {
        const std::size_t middle = begin + (end - begin) / 2;
        if (x(middle, axis) < limit) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return begin;
}

std::size_t Series::upperBound(SeriesAxis axis, double limit) const {
    return lowerBound(axis, std::nextafter(limit, std::numeric_limits<double>::infinity()));
}

/// The points [begin, end): single points up to the next bucket border, then ever larger buckets, and back.
Series::Bucket Series::summary(std::size_t begin, std::size_t end) const {
    Bucket left;
    Bucket right;
    const auto prepend = [&right](Bucket bucket) {
        bucket.add(right);
        right = bucket;
    };
    std::size_t level = 0;  // 0: points; k: m_levels[k - 1].
    const auto at = [&](std::size_t i) { return level == 0 ? bucketOf(i) : m_levels[level - 1][i]; };
    while (begin < end) {
        if (level == m_levels.size()) {
            while (begin < end) {
                left.add(at(begin++));
            }
            break;
        }
        while (begin < end && begin % kFanOut != 0) {
            left.add(at(begin++));
        }
        while (begin < end && end % kFanOut != 0) {
            prepend(at(--end));
        }
        begin /= kFanOut;
        end /= kFanOut;
        ++level;
    }
    left.add(right);
    return left;
}

SeriesExtent Series::extent(SeriesAxis axis, double from, double to) const {
    if (!(from <= to)) {
        return {};
    }
    return summary(lowerBound(axis, from), upperBound(axis, to)).extent;
}

SeriesExtent Series::extent() const {
    return summary(0, m_points.size()).extent;
}

SeriesView Series::view(SeriesAxis axis, double from, double to, std::size_t columns) const {
    SeriesView view;
    if (!(from <= to) || !std::isfinite(to - from) || columns == 0) {
        return view;
    }
    const std::size_t rangeBegin = lowerBound(axis, from);
    const std::size_t rangeEnd = upperBound(axis, to);
    // Outside the range only the direct neighbours count: with a gap between, no line leaves the picture.
    if (rangeBegin > 0 && std::isfinite(m_points[rangeBegin - 1].value)) {
        view.before = m_points[rangeBegin - 1];
    }
    if (rangeEnd < m_points.size() && std::isfinite(m_points[rangeEnd].value)) {
        view.after = m_points[rangeEnd];
    }

    std::size_t begin = rangeBegin;
    std::size_t lastFinite = view.before ? rangeBegin - 1 : kNone;
    for (std::size_t column = 0; column < columns && begin < rangeEnd; ++column) {
        const double part = static_cast<double>(column + 1) / static_cast<double>(columns);
        const std::size_t border = lowerBound(axis, from + (to - from) * part, begin);
        const std::size_t end = column + 1 == columns ? rangeEnd : std::clamp(border, begin, rangeEnd);
        const Bucket bucket = summary(begin, end);
        begin = end;
        if (bucket.first == kNone) {
            continue;
        }
        const bool joined = lastFinite != kNone && bucket.first == lastFinite + 1;
        const bool isFirst = lastFinite == kNone && bucket.first == 0;
        view.columns.push_back({column, x(bucket.first, axis), m_points[bucket.first].value,
                                x(bucket.last, axis), m_points[bucket.last].value, bucket.extent.min,
                                bucket.extent.max, !joined && !isFirst});
        lastFinite = bucket.last;
    }
    if (view.before && !view.columns.empty() && view.columns.front().gapBefore) {
        view.before.reset();
    }
    if (view.after && lastFinite + 1 != rangeEnd) {
        view.after.reset();
    }
    if (view.columns.empty() && rangeBegin != rangeEnd) {
        view.before.reset();  // Nothing but a gap in sight.
    }
    return view;
}

std::optional<std::size_t> Series::nearest(SeriesAxis axis, double wanted) const {
    if (std::isnan(wanted)) {
        return std::nullopt;
    }
    const std::size_t at = lowerBound(axis, wanted);
    const std::size_t left = summary(0, at).last;
    const std::size_t right = summary(at, m_points.size()).first;
    if (left == kNone || right == kNone) {
        const std::size_t only = left == kNone ? right : left;
        return only == kNone ? std::nullopt : std::optional<std::size_t>(only);
    }
    return wanted - x(left, axis) <= x(right, axis) - wanted ? left : right;
}

}  // namespace longship
