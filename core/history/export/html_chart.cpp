#include "core/history/export/html_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/history/export/html_text.h"
#include "core/metrics/ticks.h"

namespace longship {
namespace {

// The picture, in units of the SVG's view box: about pixels on a desktop.
constexpr double kWidth = 920;
constexpr double kHeight = 280;
constexpr double kLeft = 56;
constexpr double kRight = 16;
constexpr double kTop = 26;
constexpr double kBottom = 30;
constexpr double kPlotWidth = kWidth - kLeft - kRight;
constexpr double kPlotHeight = kHeight - kTop - kBottom;
constexpr std::size_t kBoundariesMax = 40;

/// What a unit of an axis is worth in the units of the data.
struct Unit {
    std::string_view name;
    double size = 1;
};

/// From data to the picture.
struct Frame {
    double xMin = 0;
    double xMax = 1;
    AxisRange y;

    double left(double x) const { return kLeft + (x - xMin) / (xMax - xMin) * kPlotWidth; }
    double top(double value) const { return kTop + (y.max - value) / (y.max - y.min) * kPlotHeight; }
};

Unit timeUnit(double microseconds) {
    if (microseconds < 300e6) {
        return {"s", 1e6};
    }
    return microseconds < 5 * 3'600e6 ? Unit{"min", 60e6} : Unit{"h", 3'600e6};
}

SeriesExtent valuesOf(const Chart& chart) {
    SeriesExtent all;
    for (const ChartCurve& curve : chart.curves) {
        const SeriesExtent extent = curve.series->extent();
        all.min = std::min(all.min, extent.min);
        all.max = std::max(all.max, extent.max);
    }
    return all;
}

Frame frameOf(const Chart& chart, const SeriesExtent& values) {
    Frame frame;
    frame.xMin = std::numeric_limits<double>::infinity();
    frame.xMax = -frame.xMin;
    for (const ChartCurve& curve : chart.curves) {
        if (!curve.series->empty()) {
            frame.xMin = std::min(frame.xMin, curve.series->x(0, chart.axis));
            frame.xMax = std::max(frame.xMax, curve.series->x(curve.series->size() - 1, chart.axis));
        }
    }
    if (chart.axis == SeriesAxis::ByTime) {
        frame.xMin = std::min(frame.xMin, static_cast<double>(chart.timeOrigin.microseconds));
    }
    if (frame.xMin == frame.xMax) {
        frame.xMax += 1;
    }
    frame.y = niceRange(chart.fromZero ? std::min(0.0, values.min) : values.min, values.max, 6);
    if (chart.limit > 0) {
        frame.y.max = std::min(frame.y.max, chart.limit);
    }
    return frame;
}

/// A curve as one path: in each column of pixels a stroke from minimum to maximum, joined where nothing is
/// missing between.
std::string pathOf(const ChartCurve& curve, SeriesAxis axis, const Frame& frame) {
    const auto view = curve.series->view(axis, frame.xMin, frame.xMax, static_cast<std::size_t>(kPlotWidth));
    std::string path;
    const auto point = [&](char command, double x, double value) {
        path += fmt::format("{}{:.1f} {:.1f}", command, frame.left(x), frame.top(value));
    };
    bool first = true;
    for (const SeriesColumn& column : view.columns) {
        point(first || column.gapBefore ? 'M' : 'L', column.firstX, column.first);
        if (column.lastX > column.firstX) {
            const double middle = (column.firstX + column.lastX) / 2;
            if (column.min < std::min(column.first, column.last)) {
                point('L', middle, column.min);
            }
            if (column.max > std::max(column.first, column.last)) {
                point('L', middle, column.max);
            }
            point('L', column.lastX, column.last);
        }
        first = false;
    }
    return path;
}

std::string curveSvg(const ChartCurve& curve, SeriesAxis axis, const Frame& frame) {
    constexpr std::size_t kDotsMax = 100;
    const std::string_view name = curve.style == ChartCurve::Style::Raw    ? "raw"
                                  : curve.style == ChartCurve::Style::Main ? "main"
                                                                           : "dots";
    std::string svg = fmt::format("<path class=\"{}\" d=\"{}\"/>\n", name, pathOf(curve, axis, frame));
    const bool dotted = curve.style == ChartCurve::Style::Dots && curve.series->size() <= kDotsMax;
    for (std::size_t i = 0; i < curve.series->size() && (dotted || curve.series->size() == 1); ++i) {
        const double value = (*curve.series)[i].value;
        if (std::isfinite(value)) {
            svg += fmt::format("<circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\"/>\n", name,
                               frame.left(curve.series->x(i, axis)), frame.top(value));
        }
    }
    return svg;
}

/// The text stands beside its line where there is room, and always under the mouse.
std::string marksSvg(const Chart& chart, const Frame& frame) {
    constexpr double kPixelsPerLetter = 6.4;  // At the figures' font size; room is only estimated.
    constexpr double kGap = 9;
    std::string svg;
    double freeFrom = kLeft;
    for (const ChartMark& mark : chart.marks) {
        if (mark.x < frame.xMin || mark.x > frame.xMax) {
            continue;
        }
        const double x = frame.left(mark.x);
        svg += fmt::format(
            "<g class=\"mark\"><title>{0}</title><line x1=\"{1:.1f}\" x2=\"{1:.1f}\" y1=\"{2}\" "
            "y2=\"{3}\"/><path d=\"M{4:.1f} {2}h10l-5 8z\"/>",
            escaped(mark.text), x, kTop, kHeight - kBottom, x - 5);
        const double width = kPixelsPerLetter * static_cast<double>(mark.text.size());
        const bool right = x + kGap + width <= kWidth - kRight;
        const double left = right ? x + kGap : x - kGap - width;
        if (left >= freeFrom) {
            svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"{}\">{}</text>",
                               right ? x + kGap : x - kGap, kTop + 12, right ? "start" : "end",
                               escaped(mark.text));
            freeFrom = left + width + kGap;
        }
        svg += "</g>\n";
    }
    return svg;
}

std::string gridSvg(const Chart& chart, const Frame& frame) {
    std::string svg;
    const Ticks values = linearTicks(frame.y.min, frame.y.max, 6);
    for (const double value : values.values) {
        const double y = frame.top(value);
        svg += fmt::format("<line class=\"grid\" x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>",
                           kLeft, kWidth - kRight, y);
        svg += fmt::format("<text class=\"tick\" x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
                           kLeft - 8, y + 4, decimalText(value, values.decimals));
    }
    if (chart.boundaries.size() <= kBoundariesMax) {
        for (const double x : chart.boundaries) {
            if (x > frame.xMin && x < frame.xMax) {
                svg += fmt::format(
                    "<line class=\"boundary\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>\n",
                    frame.left(x), kTop, kHeight - kBottom);
            }
        }
    }
    const bool byTime = chart.axis == SeriesAxis::ByTime;
    const double origin = byTime ? static_cast<double>(chart.timeOrigin.microseconds) : 0;
    const Unit unit = byTime ? timeUnit(frame.xMax - origin) : Unit{"step", 1};
    const Ticks steps = linearTicks((frame.xMin - origin) / unit.size, (frame.xMax - origin) / unit.size, 8);
    for (const double tick : steps.values) {
        const double x = frame.left(tick * unit.size + origin);
        // The last label makes room for the name of the unit.
        if (x < kWidth - kRight - 40) {
            svg +=
                fmt::format("<text class=\"tick\" x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                            x, kHeight - kBottom + 18, decimalText(tick, byTime ? steps.decimals : 0));
        }
    }
    svg += fmt::format("<text class=\"unit\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n",
                       kWidth - kRight, kHeight - kBottom + 18, unit.name);
    svg += fmt::format("<line class=\"axis\" x1=\"{0}\" x2=\"{1}\" y1=\"{2}\" y2=\"{2}\"/>\n", kLeft,
                       kWidth - kRight, kHeight - kBottom);
    return svg + fmt::format("<text class=\"unit\" x=\"{}\" y=\"{}\">{}</text>\n", kLeft, kTop - 10,
                             escaped(chart.unit));
}

std::string legendHtml(const Chart& chart) {
    std::string html = "<span class=\"legend\">";
    for (const ChartCurve& curve : chart.curves) {
        const std::string_view name = curve.style == ChartCurve::Style::Raw    ? "raw"
                                      : curve.style == ChartCurve::Style::Main ? "main"
                                                                               : "dots";
        html += fmt::format("<span class=\"key {}\">{}</span>", name, escaped(curve.label));
    }
    return html + "</span>";
}

}  // namespace

std::string chartHtml(const Chart& chart) {
    const SeriesExtent values = valuesOf(chart);
    if (values.empty()) {
        return {};
    }
    const Frame frame = frameOf(chart, values);
    std::string html = fmt::format("<figure>\n<figcaption><h3>{}</h3>{}</figcaption>\n", escaped(chart.title),
                                   legendHtml(chart));
    html += fmt::format(
        "<div class=\"plot\"><svg viewBox=\"0 0 {0} {1}\" role=\"img\" aria-labelledby=\"{2}-title "
        "{2}-desc\">\n"
        "<title id=\"{2}-title\">{3}</title>\n<desc id=\"{2}-desc\">{4}</desc>\n",
        kWidth, kHeight, escaped(chart.id), escaped(chart.title), escaped(chart.description));
    html += gridSvg(chart, frame);
    for (const ChartCurve& curve : chart.curves) {
        html += curveSvg(curve, chart.axis, frame);
    }
    html += marksSvg(chart, frame);
    return html + "</svg></div>\n</figure>\n";
}

}  // namespace longship
