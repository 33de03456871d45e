#pragma once

#include <string>
#include <vector>

#include "core/metrics/series.h"

namespace longship {

struct ChartCurve {
    enum class Style { Raw, Main, Dots };

    const Series* series = nullptr;
    Style style = Style::Main;
    std::string label;
};

/// Something that happened, told at an x of the series.
struct ChartMark {
    double x = 0;
    std::string text;
};

/// One chart of the report. Times are shown from `timeOrigin` on in a unit that suits their length.
struct Chart {
    std::string id;  ///< Unique within the page.
    std::string title;
    std::string description;  ///< What there is to see, for those who cannot.
    std::string unit;         ///< Of the values: stands above the axis.
    SeriesAxis axis = SeriesAxis::BySteps;
    UtcTime timeOrigin;
    bool fromZero = false;           ///< The value axis starts at 0.
    double limit = 0;                ///< Above 0: the value axis ends there at the latest.
    std::vector<double> boundaries;  ///< Thin vertical lines, in x of the series: where epochs begin.
    std::vector<ChartCurve> curves;
    std::vector<ChartMark> marks = {};  ///< Dashed lines with their text, from left to right.
};

/// A <figure> with caption, legend and inline SVG. Empty when no curve has a finite value.
std::string chartHtml(const Chart& chart);

}  // namespace longship
