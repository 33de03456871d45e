#include "app/studio/widgets/series_layer.h"

#include <algorithm>
#include <cmath>

#include <QFontMetricsF>
#include <QPainter>

#include "app/studio/theme/colors.h"
#include "app/studio/widgets/mark_labels.h"

namespace longship {

namespace {

constexpr double kDotRadius = 3.5;
constexpr double kDotRoom = kDotRadius + 2;  // A dot on the edge is seen whole.
constexpr std::size_t kDotsMax = 60;         // More are a line.
constexpr double kBoxPadding = 7;
constexpr double kMarkWidth = 10;  // Of the triangle at its top.
constexpr double kMarkReach = 6;   // So near the mouse tells it.
constexpr std::ptrdiff_t kMarksToldMax = 5;

struct ReadOut {
    QString name;
    QString value;
    QColor color;
    QPointF at;
};

}  // namespace

SeriesLayer::SeriesLayer(const std::vector<Curve>& curves, const ChartView::Options& options)
    : m_curves(curves), m_options(options) {
    setZValue(10);
    setFlag(ItemClipsToShape, false);
}

void SeriesLayer::setArea(const QRectF& area) {
    if (area != m_area) {
        prepareGeometryChange();
        m_area = area;
    }
}

QRectF SeriesLayer::boundingRect() const {
    return m_area.adjusted(-kDotRoom, -kDotRoom, kDotRoom, kDotRoom);
}

void SeriesLayer::setRanges(const Extent& x, const Extent& y, bool logarithmic) {
    m_x = x;
    m_y = y;
    m_logarithmic = logarithmic;
    update();
}

void SeriesLayer::setPalette(const QPalette& palette) {
    m_palette = palette;
    update();
}

void SeriesLayer::setScale(const XScale& scale) {
    m_scale = scale;
    update();
}

void SeriesLayer::setFocused(bool focused) {
    m_focused = focused;
    update();
}

void SeriesLayer::setMarks(std::vector<ChartMark> marks) {
    if (marks != m_marks) {
        m_marks = std::move(marks);
        update();
    }
}

void SeriesLayer::setHover(std::optional<double> x) {
    if (x != m_hover) {
        m_hover = x;
        update();
    }
}

void SeriesLayer::setMarked(std::optional<Extent> x) {
    m_marked = x;
    update();
}

void SeriesLayer::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) {
    if (!m_area.isValid() || !(m_x.span() > 0) || !(m_y.span() > 0)) {
        return;
    }
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setClipRect(boundingRect());
    paintMarked(painter);
    if (m_focused) {
        painter->setPen(QPen(colorsOf(m_palette).accent, 1));
        painter->setBrush(Qt::NoBrush);
        painter->drawRect(m_area);
    }
    for (const Curve& curve : m_curves) {
        paintCurve(painter, curve);
    }
    paintMarks(painter);
    paintHover(painter);
    painter->restore();
}

double SeriesLayer::yValue(double value) const {
    // A loss of 0 has no logarithm: it is drawn at the lower edge.
    return !m_logarithmic ? value : value > 0 ? std::log10(value) : m_y.min;
}

QPointF SeriesLayer::toArea(double x, double y) const {
    return {m_area.left() + m_area.width() * (x - m_x.min) / m_x.span(),
            m_area.bottom() - m_area.height() * (yValue(y) - m_y.min) / m_y.span()};
}

QPointF SeriesLayer::pointAt(const SeriesPoint& point, const Curve& curve) const {
    return toArea(m_scale.at(static_cast<double>(point.step), point.time, curve.beginTime()), point.value);
}

double SeriesLayer::placeOf(const ChartMark& mark) const {
    return m_scale.at(mark.x, mark.time, m_curves.front().beginTime());
}

/// The way through one column: in at the first value, over both extremes, out at the last.
QPolygonF SeriesLayer::strokesOf(const SeriesColumn& column, const Curve& curve, double columnWidth) const {
    const UtcTime begin = curve.beginTime();
    QPolygonF strokes;
    strokes << toArea(m_scale.toChart(column.firstX, begin), column.first);
    if (column.firstX != column.lastX) {
        const double middle = m_x.min + (static_cast<double>(column.column) + 0.5) * columnWidth;
        const bool rising = column.last >= column.first;
        strokes << toArea(middle, rising ? column.min : column.max)
                << toArea(middle, rising ? column.max : column.min)
                << toArea(m_scale.toChart(column.lastX, begin), column.last);
    }
    return strokes;
}

/// From the least to the most of each column that holds several points.
void SeriesLayer::paintBand(QPainter* painter, const Curve& curve, const SeriesView& view) const {
    const UtcTime begin = curve.beginTime();
    QColor fill = colorsOf(m_palette).series.at(curve.color);
    fill.setAlphaF(0.22F);
    painter->setPen(Qt::NoPen);
    painter->setBrush(fill);
    QPolygonF upper;
    QPolygonF lower;
    const auto draw = [&] {
        std::reverse(lower.begin(), lower.end());
        painter->drawPolygon(upper + lower);
        upper.clear();
        lower.clear();
    };
    for (const SeriesColumn& column : view.columns) {
        if (column.gapBefore) {
            draw();
        }
        const double middle = m_scale.toChart((column.firstX + column.lastX) / 2, begin);
        upper << toArea(middle, column.max);
        lower << toArea(middle, column.min);
    }
    draw();
}

void SeriesLayer::paintCurve(QPainter* painter, const Curve& curve) const {
    if (curve.series == nullptr || curve.series->empty()) {
        return;
    }
    QColor color = colorsOf(m_palette).series.at(curve.color);
    if (curve.style == CurveStyle::Faint) {
        color.setAlphaF(0.6F);
    }
    const auto columns = static_cast<std::size_t>(std::max(1.0, m_area.width()));
    const double columnWidth = m_x.span() / static_cast<double>(columns);
    const UtcTime begin = curve.beginTime();
    const SeriesView view = curve.series->view(m_scale.axis(), m_scale.toSeries(m_x.min, begin),
                                               m_scale.toSeries(m_x.max, begin), columns);
    if (curve.style == CurveStyle::Faint) {
        paintBand(painter, curve, view);
    }
    const bool strong = curve.style == CurveStyle::Line || curve.style == CurveStyle::Ghost;
    painter->setPen(QPen(color, strong ? 2.0 : 1.1,
                         curve.style == CurveStyle::Ghost ? Qt::DotLine : Qt::SolidLine, Qt::RoundCap,
                         Qt::RoundJoin));
    painter->setBrush(Qt::NoBrush);
    QPolygonF line;
    if (view.before) {
        line << pointAt(*view.before, curve);
    }
    for (const SeriesColumn& column : view.columns) {
        if (column.gapBefore && !line.isEmpty()) {
            painter->drawPolyline(line);
            line.clear();
        }
        line << strokesOf(column, curve, columnWidth);
    }
    if (view.after) {
        line << pointAt(*view.after, curve);
    }
    painter->drawPolyline(line);
    if (curve.style == CurveStyle::Dots || curve.series->size() == 1) {
        paintDots(painter, curve, color);
    }
}

void SeriesLayer::paintDots(QPainter* painter, const Curve& curve, const QColor& color) const {
    if (curve.series->size() > kDotsMax) {
        return;
    }
    painter->setPen(QPen(colorsOf(m_palette).surface, 1.5));
    painter->setBrush(color);
    for (const SeriesPoint& point : curve.series->points()) {
        const QPointF at = pointAt(point, curve);
        if (std::isfinite(point.value) && at.x() >= m_area.left() - 1 && at.x() <= m_area.right() + 1) {
            painter->drawEllipse(at, kDotRadius + 1, kDotRadius + 1);
        }
    }
}

void SeriesLayer::paintMarked(QPainter* painter) const {
    if (!m_marked) {
        return;
    }
    QColor fill = colorsOf(m_palette).accent;
    fill.setAlphaF(0.14F);
    const double left = toArea(m_marked->min, 1).x();
    const double right = toArea(m_marked->max, 1).x();
    painter->fillRect(QRectF(left, m_area.top(), right - left, m_area.height()), fill);
}

void SeriesLayer::paintMarks(QPainter* painter) const {
    const Colors& colors = colorsOf(m_palette);
    const QFontMetricsF metrics(painter->font());
    std::vector<PlacedMark> placed;
    for (const ChartMark& mark : m_marks) {
        const double place = placeOf(mark);
        if (place < m_x.min || place > m_x.max) {
            continue;
        }
        const double x = toArea(place, 1).x();
        if (mark.quiet) {
            painter->setPen(QPen(colors.textMuted, 1, Qt::DotLine));
            painter->drawLine(QPointF(x, m_area.top()), QPointF(x, m_area.bottom()));
            continue;
        }
        placed.push_back({x, mark.text});
        painter->setPen(QPen(colors.warning, 1, Qt::DashLine));
        painter->drawLine(QPointF(x, m_area.top()), QPointF(x, m_area.bottom()));
        painter->setPen(Qt::NoPen);
        painter->setBrush(colors.warning);
        painter->drawPolygon(
            QPolygonF({QPointF(x - kMarkWidth / 2, m_area.top()), QPointF(x + kMarkWidth / 2, m_area.top()),
                       QPointF(x, m_area.top() + kMarkWidth * 0.8)}));
    }
    const MarkLabelStyle style{[&](const QString& text) { return metrics.horizontalAdvance(text); },
                               metrics.height(), m_options.manyMarks};
    for (const MarkLabel& label : placeLabels(placed, m_area, style)) {
        QColor behind = colors.surface;
        behind.setAlphaF(0.8F);
        painter->fillRect(label.room, behind);
        painter->setPen(colors.warning);
        painter->drawText(label.room, Qt::AlignLeft | Qt::AlignVCenter, label.text);
    }
}

QString SeriesLayer::xText(double x) const {
    if (m_scale.unit == XUnit::Time && m_options.durationFormat) {
        return m_options.durationFormat(x);
    }
    return QString::number(x, 'f', m_scale.unit == XUnit::Steps ? 0 : 2);
}

std::vector<const ChartMark*> SeriesLayer::marksNear(double x) const {
    std::vector<const ChartMark*> near;
    for (const ChartMark& mark : m_marks) {
        if (std::abs(toArea(placeOf(mark), 1).x() - toArea(x, 1).x()) <= kMarkReach) {
            near.push_back(&mark);
        }
    }
    if (std::ssize(near) > kMarksToldMax) {
        near.erase(near.begin(), near.end() - kMarksToldMax);
    }
    return near;
}

void SeriesLayer::paintHover(QPainter* painter) const {
    if (!m_hover || m_marked) {
        return;
    }
    std::vector<ReadOut> lines;
    std::optional<double> x;
    for (const Curve& curve : m_curves) {
        const auto index =
            curve.series->nearest(m_scale.axis(), m_scale.toSeries(*m_hover, curve.beginTime()));
        if (!index) {
            continue;
        }
        const SeriesPoint& point = (*curve.series)[*index];
        const double at = m_scale.at(static_cast<double>(point.step), point.time, curve.beginTime());
        // A curve with a few points does not move the line away from the mouse.
        if (std::abs(toArea(at, 1).x() - toArea(*m_hover, 1).x()) > 12) {
            continue;
        }
        x = x.value_or(at);
        lines.push_back({curve.name, m_options.format(point.value),
                         colorsOf(m_palette).series.at(curve.color), toArea(at, point.value)});
    }
    if (lines.empty()) {
        return;
    }
    const Colors& colors = colorsOf(m_palette);
    const double lineX = toArea(*x, 1).x();
    painter->setPen(QPen(colors.textMuted, 1, Qt::DashLine));
    painter->drawLine(QPointF(lineX, m_area.top()), QPointF(lineX, m_area.bottom()));
    lines.insert(lines.begin(), {m_options.xName, xText(*x), QColor(), QPointF()});
    for (const ChartMark* mark : marksNear(*m_hover)) {
        lines.push_back({mark->text, QString(), QColor(), QPointF()});
    }

    const QFontMetricsF metrics(painter->font());
    double nameWidth = 0;
    double valueWidth = 0;
    for (const ReadOut& line : lines) {
        nameWidth = std::max(nameWidth, metrics.horizontalAdvance(line.name));
        valueWidth = std::max(valueWidth, metrics.horizontalAdvance(line.value));
    }
    const QSizeF size(nameWidth + valueWidth + 14 + 12 + 2 * kBoxPadding,
                      metrics.height() * static_cast<double>(lines.size()) + 2 * kBoxPadding);
    const bool right = lineX + 10 + size.width() <= m_area.right();
    const QRectF box(QPointF(right ? lineX + 10 : lineX - 10 - size.width(), m_area.top() + 4), size);
    painter->setPen(colors.border);
    painter->setBrush(colors.surface);
    painter->drawRoundedRect(box, 5, 5);
    double y = box.top() + kBoxPadding;
    for (const ReadOut& line : lines) {
        const QRectF row(box.left() + kBoxPadding, y, box.width() - 2 * kBoxPadding, metrics.height());
        if (line.color.isValid()) {
            painter->setPen(QPen(colors.surface, 1));
            painter->setBrush(line.color);
            painter->drawEllipse(QPointF(row.left() + 4, row.center().y()), 3.5, 3.5);
            painter->drawEllipse(line.at, kDotRadius + 0.5, kDotRadius + 0.5);
        }
        painter->setPen(colors.textMuted);
        painter->drawText(row.adjusted(14, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, line.name);
        painter->setPen(colors.text);
        painter->drawText(row, Qt::AlignRight | Qt::AlignVCenter, line.value);
        y += metrics.height();
    }
}

}  // namespace longship
