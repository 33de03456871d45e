#pragma once

#include <functional>

#include "core/metrics/series.h"

namespace longship {

/// What runs to the right on a chart.
enum class XUnit { Steps, Epochs, Time };

/// Places of a chart (steps done, epochs done or seconds since a curve's own beginning) and what they are in
/// its series. A plain value.
struct XScale {
    XUnit unit = XUnit::Steps;
    double stepsPerEpoch = 1;

    SeriesAxis axis() const { return unit == XUnit::Time ? SeriesAxis::ByTime : SeriesAxis::BySteps; }

    /// `begin` is when the curve begins; used for Time only.
    double toSeries(double x, UtcTime begin) const {
        return unit == XUnit::Time     ? static_cast<double>(begin.microseconds) + x * 1e6
               : unit == XUnit::Epochs ? x * stepsPerEpoch
                                       : x;
    }
    double toChart(double seriesX, UtcTime begin) const {
        return unit == XUnit::Time     ? (seriesX - static_cast<double>(begin.microseconds)) / 1e6
               : unit == XUnit::Epochs ? seriesX / stepsPerEpoch
                                       : seriesX;
    }
    /// Where something stands that is at a step and a time.
    double at(double step, UtcTime time, UtcTime begin) const {
        return toChart(unit == XUnit::Time ? static_cast<double>(time.microseconds) : step, begin);
    }

    bool operator==(const XScale&) const = default;
};

}  // namespace longship
