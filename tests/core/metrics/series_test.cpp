#include "core/metrics/series.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/base/random.h"

namespace longship {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Series seriesOf(const std::vector<double>& values) {
    Series series;
    for (std::size_t i = 0; i < values.size(); ++i) {
        series.append({i, UtcTime{static_cast<std::int64_t>(i) * 1'000}, values[i]});
    }
    return series;
}

/// The slow obvious way to say what each column shows.
std::vector<SeriesColumn> columnsByHand(const Series& series, SeriesAxis axis, double from, double to,
                                        std::size_t columns) {
    std::vector<SeriesColumn> result;
    for (std::size_t column = 0; column < columns; ++column) {
        const double left = from + (to - from) * (static_cast<double>(column) / static_cast<double>(columns));
        const double right =
            from + (to - from) * (static_cast<double>(column + 1) / static_cast<double>(columns));
        std::optional<SeriesColumn> shown;
        for (std::size_t i = 0; i < series.size(); ++i) {
            const double x = series.x(i, axis);
            const double value = series[i].value;
            const bool inside = column + 1 == columns ? x >= left && x <= to : x >= left && x < right;
            if (!inside || !std::isfinite(value)) {
                continue;
            }
            if (!shown) {
                const bool gap = i > 0 && !std::isfinite(series[i - 1].value);
                shown = SeriesColumn{column, x, value, x, value, value, value, gap};
            }
            shown->lastX = x;
            shown->last = value;
            shown->min = std::min(shown->min, value);
            shown->max = std::max(shown->max, value);
        }
        if (shown) {
            result.push_back(*shown);
        }
    }
    return result;
}

Series anySeries(std::uint64_t seed, std::size_t size) {
    SeededRandom random(seed);
    Series series;
    Step step = random.below(5);
    std::int64_t time = 1'767'225'600'000'000;
    for (std::size_t i = 0; i < size; ++i) {
        const std::uint64_t kind = random.below(20);
        const double value = kind == 0   ? kNan
                             : kind == 1 ? kInfinity
                             : kind == 2 ? -kInfinity
                                         : random.unit() - 0.5;
        series.append({step, UtcTime{time}, value});
        step += random.below(3);  // Steps may repeat.
        time += static_cast<std::int64_t>(random.below(100'000));
    }
    return series;
}

RC_GTEST_PROP(Series, ColumnsEqualBruteForce, (std::uint64_t seed)) {
    const auto size = *rc::gen::inRange<std::size_t>(0, 700);
    const Series series = anySeries(seed, size);
    SeededRandom random(seed + 1);
    const SeriesAxis axis = random.below(2) == 0 ? SeriesAxis::BySteps : SeriesAxis::ByTime;
    const double low = size == 0 ? 0 : series.x(0, axis);
    const double high = size == 0 ? 1 : series.x(size - 1, axis);
    const double length = high - low + 1;
    const double from = low + (random.unit() * 1.4 - 0.2) * length;
    const double to = random.below(4) == 0 ? high : from + random.unit() * length;
    const std::size_t columns = 1 + random.below(200);
    if (from <= to) {
        RC_ASSERT(series.view(axis, from, to, columns).columns ==
                  columnsByHand(series, axis, from, to, columns));
        SeriesExtent extent;
        for (std::size_t i = 0; i < size; ++i) {
            if (series.x(i, axis) >= from && series.x(i, axis) <= to && std::isfinite(series[i].value)) {
                extent.min = std::min(extent.min, series[i].value);
                extent.max = std::max(extent.max, series[i].value);
            }
        }
        RC_ASSERT(series.extent(axis, from, to) == extent);
    } else {
        RC_ASSERT(series.view(axis, from, to, columns).columns.empty());
    }
}

RC_GTEST_PROP(Series, ATruncatedSeriesIsTheOneThatNeverHadThem, (std::uint64_t seed)) {
    const auto size = *rc::gen::inRange<std::size_t>(1, 700);
    Series whole = anySeries(seed, size);
    const Step cut = whole[*rc::gen::inRange<std::size_t>(0, size)].step;
    Series part;
    for (const SeriesPoint& point : whole.points()) {
        if (point.step < cut) {
            part.append(point);
        }
    }
    whole.truncateFrom(cut);
    for (std::size_t i = 0; i < 200; ++i) {
        const SeriesPoint point{cut + i, UtcTime{2'000'000'000'000'000}, static_cast<double>(i % 7)};
        whole.append(point);
        part.append(point);
    }
    const double end = static_cast<double>(cut + 200);
    RC_ASSERT(whole.size() == part.size());
    RC_ASSERT(whole.view(SeriesAxis::BySteps, 0, end, 33).columns ==
              part.view(SeriesAxis::BySteps, 0, end, 33).columns);
    RC_ASSERT(whole.extent() == part.extent());
}

RC_GTEST_PROP(Series, NearestEqualsBruteForce, (std::uint64_t seed)) {
    const auto size = *rc::gen::inRange<std::size_t>(0, 300);
    const Series series = anySeries(seed, size);
    const double wanted = SeededRandom(seed + 7).unit() * 400 - 50;
    double best = kInfinity;
    for (std::size_t i = 0; i < size; ++i) {
        if (std::isfinite(series[i].value)) {
            best = std::min(best, std::abs(series.x(i, SeriesAxis::BySteps) - wanted));
        }
    }
    const auto found = series.nearest(SeriesAxis::BySteps, wanted);
    RC_ASSERT(found.has_value() == std::isfinite(best));
    if (found) {
        RC_ASSERT(std::isfinite(series[*found].value));
        RC_ASSERT(std::abs(series.x(*found, SeriesAxis::BySteps) - wanted) == best);
    }
}

TEST(Series, TheLineLeavesThePictureOnBothSides) {
    const Series series = seriesOf({1, 2, 3, 4, 5});
    const SeriesView view = series.view(SeriesAxis::BySteps, 1, 3, 10);
    ASSERT_TRUE(view.before && view.after);
    EXPECT_EQ(view.before->value, 1);
    EXPECT_EQ(view.after->value, 5);
    const SeriesView between = series.view(SeriesAxis::BySteps, 1.2, 1.8, 10);
    EXPECT_TRUE(between.columns.empty());
    EXPECT_TRUE(between.before && between.after) << "the line crosses the whole picture";
    EXPECT_FALSE(series.view(SeriesAxis::BySteps, 0, 4, 10).before);
}

TEST(Series, NoLineCrossesAGap) {
    const Series series = seriesOf({1, kNan, 3, 4, kInfinity, 6});
    const SeriesView view = series.view(SeriesAxis::BySteps, 2, 3, 2);
    EXPECT_FALSE(view.before || view.after);
    ASSERT_EQ(view.columns.size(), 2u);
    EXPECT_TRUE(view.columns[0].gapBefore);
    EXPECT_FALSE(view.columns[1].gapBefore);
    const SeriesView gap = series.view(SeriesAxis::BySteps, 0.5, 1.5, 4);
    EXPECT_TRUE(gap.columns.empty() && !gap.before && !gap.after);
}

TEST(Series, ASpikeAmongAMillionPointsIsSeen) {
    Series series;
    for (Step step = 0; step < 1'000'000; ++step) {
        series.append({step, UtcTime{static_cast<std::int64_t>(step)}, step == 654'321 ? 9.0 : 1.0});
    }
    const auto columns = series.view(SeriesAxis::BySteps, 0, 999'999, 300).columns;
    ASSERT_EQ(columns.size(), 300u);
    EXPECT_EQ(std::count_if(columns.begin(), columns.end(), [](const auto& c) { return c.max == 9.0; }), 1);
    EXPECT_EQ(series.extent(), (SeriesExtent{1.0, 9.0}));
}

TEST(Series, AClockThatWasSetBackDoesNotTurnTheCurveBack) {
    Series series;
    series.append({0, UtcTime{2'000}, 1});
    series.append({1, UtcTime{1'000}, 2});
    EXPECT_EQ(series[1].time, UtcTime{2'000});
    EXPECT_EQ(series.view(SeriesAxis::ByTime, 2'000, 3'000, 5).columns.size(), 1u);
}

TEST(Series, RangesThatAreNoneShowNothing) {
    const Series series = seriesOf({1, 2, 3});
    EXPECT_TRUE(series.view(SeriesAxis::BySteps, 2, 1, 10).columns.empty());
    EXPECT_TRUE(series.view(SeriesAxis::BySteps, kNan, 1, 10).columns.empty());
    EXPECT_TRUE(series.view(SeriesAxis::BySteps, -kInfinity, kInfinity, 10).columns.empty());
    EXPECT_TRUE(series.view(SeriesAxis::BySteps, 0, 2, 0).columns.empty());
    EXPECT_TRUE(series.extent(SeriesAxis::BySteps, 5, 9).empty());
    EXPECT_TRUE(Series().extent().empty());
    EXPECT_EQ(series.view(SeriesAxis::BySteps, 1, 1, 4).columns.size(), 1u) << "a point is a range";
}

}  // namespace
}  // namespace longship
