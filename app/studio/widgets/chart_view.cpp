#include "app/studio/widgets/chart_view.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <QCategoryAxis>
#include <QChart>
#include <QChartView>
#include <QFontMetricsF>
#include <QGraphicsLayout>
#include <QKeyEvent>
#include <QLegend>
#include <QLegendMarker>
#include <QLineSeries>
#include <QMouseEvent>
#include <QPageSize>
#include <QPdfWriter>
#include <QSvgGenerator>
#include <QVBoxLayout>

#include "app/studio/theme/colors.h"
#include "app/studio/widgets/calm_extent.h"
#include "app/studio/widgets/series_layer.h"
#include "core/metrics/ticks.h"

namespace longship {

namespace {

constexpr double kZoomPerNotch = 0.8;
constexpr double kPixelsPerXTick = 45;
constexpr double kPixelsPerYTick = 22;
constexpr std::size_t kYTicksMax = 8;
constexpr double kPixelsBetweenLabels = 18;
constexpr double kStepsShownMin = 4;
constexpr double kFirstReach = 20;  // Steps or seconds that the axis shows before there are so many.
constexpr double kPanShare = 0.1;   // Of what is shown, for one press of a key.

QCategoryAxis* makeAxis() {
    auto* axis = new QCategoryAxis;
    axis->setLabelsPosition(QCategoryAxis::AxisLabelsPositionOnValue);
    axis->setTruncateLabels(false);
    return axis;
}

std::size_t wantedTicks(double pixels, double pixelsPerTick) {
    return static_cast<std::size_t>(std::max(2.0, pixels / pixelsPerTick));
}

/// A logarithmic axis is a linear one of logarithms.
Ticks ticksOfLogarithms(const Extent& extent, std::size_t wanted) {
    Ticks ticks = logarithmicTicks(std::pow(10.0, extent.min), std::pow(10.0, extent.max), wanted);
    std::transform(ticks.values.begin(), ticks.values.end(), ticks.values.begin(),
                   [](double value) { return std::log10(value); });
    return ticks;
}

/// Puts our ticks on an axis that would choose its own.
void setTicks(QCategoryAxis* axis, const Extent& extent, const std::vector<double>& values,
              const QStringList& labels) {
    // The order matters: a category may not begin before the axis' start.
    if (axis->categoriesLabels() != labels || axis->min() != extent.min || axis->max() != extent.max) {
        for (const QString& label : axis->categoriesLabels()) {
            axis->remove(label);
        }
        axis->setStartValue(extent.min - extent.span());
        for (std::size_t i = 0; i < values.size(); ++i) {
            axis->append(labels[static_cast<qsizetype>(i)], values[i]);
        }
        axis->setRange(extent.min, extent.max);
    }
}

}  // namespace

class ChartView::Plot : public QChartView {
public:
    Plot(ChartView* view, ChartView::Options options, std::vector<Curve> curves)
        : QChartView(view),
          m_view(view),
          m_options(std::move(options)),
          m_curves(std::move(curves)),
          m_xAxis(makeAxis()),
          m_yAxis(makeAxis()),
          m_layer(new SeriesLayer(m_curves, m_options)) {
        setFrameShape(QFrame::NoFrame);
        setRenderHint(QPainter::Antialiasing);
        setMouseTracking(true);
        setFocusPolicy(Qt::NoFocus);
        setViewportUpdateMode(QGraphicsView::MinimalViewportUpdate);
        chart()->setMargins(QMargins(2, m_curves.size() > 1 ? 0 : 8, 12, 2));
        chart()->layout()->setContentsMargins(0, 0, 0, 0);
        chart()->setBackgroundRoundness(0);
        chart()->addAxis(m_xAxis, Qt::AlignBottom);
        chart()->addAxis(m_yAxis, Qt::AlignLeft);
        for (const Curve& curve : m_curves) {
            // Empty: it stands for the curve in the legend and ties the axes to the chart.
            auto* series = new QLineSeries;
            series->setName(curve.name);
            chart()->addSeries(series);
            series->attachAxis(m_xAxis);
            series->attachAxis(m_yAxis);
        }
        chart()->legend()->setAlignment(Qt::AlignTop);
        chart()->legend()->setVisible(m_curves.size() > 1);
        chart()->legend()->setMarkerShape(QLegend::MarkerShapeCircle);
        chart()->legend()->setContentsMargins(0, 0, 0, 0);
        chart()->legend()->layout()->setContentsMargins(0, 0, 0, 0);
        m_layer->setParentItem(chart());
        connect(chart(), &QChart::plotAreaChanged, this, [this](const QRectF& area) {
            m_layer->setArea(area);
            applyRanges();
        });
        applyColors();
    }

    void applyColors() {
        const Colors& colors = colorsOf(m_view->palette());
        setBackgroundBrush(colors.surface);
        chart()->setBackgroundVisible(false);
        QFont small = m_view->font();
        small.setPointSizeF(9);
        for (QCategoryAxis* axis : {m_xAxis, m_yAxis}) {
            axis->setLabelsBrush(colors.textMuted);
            axis->setLabelsFont(small);
            axis->setGridLinePen(QPen(colors.grid, 1));
            axis->setLinePen(QPen(colors.border, 1));
        }
        chart()->legend()->setLabelBrush(colors.textMuted);
        chart()->legend()->setFont(small);
        for (qsizetype i = 0; i < chart()->series().size(); ++i) {
            auto* series = qobject_cast<QLineSeries*>(chart()->series()[i]);
            const Curve& curve = m_curves[static_cast<std::size_t>(i)];
            QColor color = colors.series.at(curve.color);
            color.setAlphaF(curve.style == CurveStyle::Faint ? 0.45F : 1.0F);
            series->setPen(QPen(color, 2));
        }
        m_layer->setPalette(m_view->palette());
    }

    void nameCurve(std::size_t index, const QString& name) {
        auto* series = chart()->series().at(static_cast<qsizetype>(index));
        const auto markers = chart()->legend()->markers(series);
        if (series->name() == name && markers.first()->isVisible() == !name.isEmpty()) {
            return;
        }
        m_curves[index].name = name;
        series->setName(name);
        for (QLegendMarker* marker : markers) {
            marker->setVisible(!name.isEmpty());
        }
        const auto named = std::count_if(m_curves.begin(), m_curves.end(),
                                         [](const Curve& curve) { return !curve.name.isEmpty(); });
        chart()->legend()->setVisible(named > 1);
        chart()->setMargins(QMargins(2, named > 1 ? 0 : 8, 12, 2));
        m_layer->update();
    }

    void setXScale(const XScale& scale, const QString& name) {
        m_options.xName = name;
        if (scale == m_scale) {
            return;
        }
        m_scale = scale;
        m_layer->setScale(scale);
        m_y = {};
        const bool zoomed = std::exchange(m_zoom, std::nullopt).has_value();
        refresh();
        if (zoomed) {
            Q_EMIT m_view->zoomChanged();
        }
    }

    void refresh() {
        applyRanges();
        m_layer->update();
    }

    void applyRanges() {
        const QRectF area = chart()->plotArea();
        if (!area.isValid()) {
            return;
        }
        const Extent before = std::exchange(m_x, m_zoom ? *m_zoom : fullX());
        m_y = m_options.yRange && !m_logarithmic ? *m_options.yRange : calmExtent(m_y, dataY());
        const Ticks x = xTicksFor(area.width());
        const std::size_t yWanted = std::min(wantedTicks(area.height(), kPixelsPerYTick), kYTicksMax);
        const Ticks y =
            m_logarithmic ? ticksOfLogarithms(m_y, yWanted) : linearTicks(m_y.min, m_y.max, yWanted);
        setTicks(m_xAxis, m_x, x.values, labelsOf(x, false));
        setTicks(m_yAxis, m_y, y.values, labelsOf(y, true));
        m_layer->setRanges(m_x, m_y, m_logarithmic);
        if (before != m_x) {
            Q_EMIT m_view->rangeChanged();
        }
    }

    Ticks ticksOfX(std::size_t wanted) const {
        return m_scale.unit == XUnit::Time ? durationTicks(m_x.min, m_x.max, wanted)
                                           : linearTicks(m_x.min, m_x.max, wanted);
    }

    /// As many as there is room for: the longest label is at one end or the other.
    Ticks xTicksFor(double width) const {
        const QFontMetricsF metrics(m_xAxis->labelsFont());
        for (std::size_t wanted = wantedTicks(width, kPixelsPerXTick);; --wanted) {
            const Ticks ticks = ticksOfX(wanted);
            const QStringList labels = labelsOf(ticks, false);
            if (wanted <= 2 || labels.isEmpty()) {
                return ticks;
            }
            const double longest =
                std::max(metrics.horizontalAdvance(labels.first()), metrics.horizontalAdvance(labels.last()));
            if (ticks.step / m_x.span() * width >= longest + kPixelsBetweenLabels) {
                return ticks;
            }
        }
    }

    QStringList labelsOf(const Ticks& ticks, bool vertical) const {
        QStringList labels;
        for (const double tick : ticks.values) {
            const double value = vertical && m_logarithmic ? std::pow(10.0, tick) : tick;
            const bool duration = !vertical && m_scale.unit == XUnit::Time && m_options.durationFormat;
            labels << (vertical && m_options.tickFormat ? m_options.tickFormat(value)
                       : duration                       ? m_options.durationFormat(value)
                                                        : QString::number(value, 'f', ticks.decimals));
        }
        return labels;
    }

    /// All of the data, rounded up to a place that the axis keeps for a while.
    Extent fullX() const {
        double last = 0;
        for (const Curve& curve : m_curves) {
            if (!curve.series->empty()) {
                const double end = curve.series->x(curve.series->size() - 1, m_scale.axis());
                last = std::max(last, m_scale.toChart(end, curve.beginTime()));
            }
        }
        const double perEpoch = m_scale.unit == XUnit::Epochs ? m_scale.stepsPerEpoch : 1;
        double reach = kFirstReach / perEpoch;
        while (reach < last) {
            reach *= 1.5;
        }
        const double limit = m_scale.unit == XUnit::Time ? 0 : m_limit / perEpoch;
        if (limit > 0) {
            reach = last * 1.5 >= limit ? limit : std::min(reach, limit);
        }
        return {0, std::max(perEpoch > 1 ? reach : std::ceil(reach), last)};
    }

    Extent dataY() const {
        SeriesExtent all;
        for (const Curve& curve : m_curves) {
            const UtcTime begin = curve.beginTime();
            SeriesExtent extent = curve.series->extent(m_scale.axis(), m_scale.toSeries(m_x.min, begin),
                                                       m_scale.toSeries(m_x.max, begin));
            if (m_logarithmic && !extent.empty() && extent.min <= 0) {
                extent.min = std::min(extent.max, kLogarithmicFloor);
            }
            if (!extent.empty()) {
                all = {std::min(all.min, extent.min), std::max(all.max, extent.max)};
            }
        }
        if (all.empty() || (m_logarithmic && all.max <= 0)) {
            return m_logarithmic ? Extent{-1, 1} : Extent{0, 1};
        }
        if (m_logarithmic) {
            return {std::log10(all.min), std::log10(all.max)};
        }
        return {m_options.fromZero ? std::min(0.0, all.min) : all.min, all.max};
    }

    void setZoom(std::optional<Extent> zoom) {
        if (zoom) {
            const Extent full = fullX();
            const double least =
                m_scale.unit == XUnit::Epochs ? kStepsShownMin / m_scale.stepsPerEpoch : kStepsShownMin;
            const double span = std::clamp(zoom->span(), std::min(least, full.span()), full.span());
            const double min = std::clamp(zoom->min, full.min, full.max - span);
            zoom = span >= full.span() ? std::nullopt : std::optional(Extent{min, min + span});
        }
        if (zoom != m_zoom) {
            m_zoom = zoom;
            m_y = {};
            refresh();
            Q_EMIT m_view->zoomChanged();
        }
    }

    void pan(double by) {
        if (m_zoom) {
            setZoom(Extent{m_x.min + by, m_x.max + by});
        }
    }

    void zoomAround(double at, double factor) {
        setZoom(Extent{at - (at - m_x.min) * factor, at + (m_x.max - at) * factor});
    }

    double xAt(const QPointF& position) const {
        const QRectF area = chart()->plotArea();
        return m_x.min + (mapToScene(position.toPoint()).x() - area.left()) / area.width() * m_x.span();
    }

    void setLogarithmic(bool on) {
        m_logarithmic = on;
        m_y = {};
        refresh();
    }

    ChartView* m_view;
    ChartView::Options m_options;
    std::vector<Curve> m_curves;
    QCategoryAxis* m_xAxis;
    QCategoryAxis* m_yAxis;
    SeriesLayer* m_layer;  // Owned by the chart's scene.
    Extent m_x;
    Extent m_y{0, 0};
    std::optional<Extent> m_zoom;
    std::optional<double> m_dragFrom;
    bool m_pans = false;
    XScale m_scale;
    double m_limit = 0;
    bool m_logarithmic = false;

protected:
    void wheelEvent(QWheelEvent* event) override {
        // On a page that scrolls, a chart that nobody has turned to must not catch the wheel.
        if (!m_view->hasFocus() && (event->modifiers() & Qt::ControlModifier) == 0) {
            event->ignore();
            return;
        }
        const double at = xAt(event->position());
        const QPoint turned = event->angleDelta();
        if (std::abs(turned.x()) > std::abs(turned.y())) {
            pan(-turned.x() / 120.0 * kPanShare * m_x.span());
        } else {
            zoomAround(at, std::pow(kZoomPerNotch, turned.y() / 120.0));
        }
        event->accept();
    }

    void mousePressEvent(QMouseEvent* event) override {
        m_view->setFocus(Qt::MouseFocusReason);
        if (event->button() == Qt::LeftButton || event->button() == Qt::MiddleButton) {
            m_dragFrom = xAt(event->position());
            m_pans = event->button() == Qt::MiddleButton || (event->modifiers() & Qt::ShiftModifier) != 0;
        }
    }

    void mouseMoveEvent(QMouseEvent* event) override {
        const double at = xAt(event->position());
        if (m_dragFrom && m_pans) {
            pan(*m_dragFrom - at);  // What was under the mouse stays there.
        } else if (m_dragFrom) {
            const auto [from, to] = std::minmax(*m_dragFrom, std::clamp(at, m_x.min, m_x.max));
            m_layer->setMarked(Extent{from, to});
        } else {
            const bool inside = at >= m_x.min && at <= m_x.max;
            m_layer->setHover(inside ? std::optional(at) : std::nullopt);
        }
    }

    void mouseReleaseEvent(QMouseEvent* event) override {
        if (!m_dragFrom) {
            return;
        }
        const auto [from, to] =
            std::minmax(*m_dragFrom, std::clamp(xAt(event->position()), m_x.min, m_x.max));
        m_dragFrom.reset();
        if (std::exchange(m_pans, false)) {
            return;
        }
        m_layer->setMarked(std::nullopt);
        // A click that shook a little is no zoom.
        if (to - from > m_x.span() * 0.01) {
            setZoom(Extent{from, to});
        }
    }

    void mouseDoubleClickEvent(QMouseEvent*) override { setZoom(std::nullopt); }

    void leaveEvent(QEvent*) override { m_layer->setHover(std::nullopt); }

private:
    static constexpr double kLogarithmicFloor = 1e-6;
};

ChartView::ChartView(Options options, std::vector<Curve> curves, QWidget* parent) : QWidget(parent) {
    setAccessibleName(options.name);
    m_plot = new Plot(this, std::move(options), std::move(curves));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_plot);
    setMinimumSize(220, 130);
    setFocusPolicy(Qt::StrongFocus);
}

ChartView::~ChartView() = default;

void ChartView::setLimit(double xMax) {
    m_plot->m_limit = xMax;
}

void ChartView::setLogarithmic(bool on) {
    m_plot->setLogarithmic(on);
}

bool ChartView::isLogarithmic() const {
    return m_plot->m_logarithmic;
}

void ChartView::setXScale(const XScale& scale, const QString& name) {
    m_plot->setXScale(scale, name);
}

void ChartView::setCurveName(std::size_t curve, const QString& name) {
    m_plot->nameCurve(curve, name);
}

Extent ChartView::xRange() const {
    return m_plot->m_x;
}

void ChartView::keyPressEvent(QKeyEvent* event) {
    const Extent& x = m_plot->m_x;
    const double middle = (x.min + x.max) / 2;
    switch (event->key()) {
        case Qt::Key_Left: m_plot->pan(-kPanShare * x.span()); break;
        case Qt::Key_Right: m_plot->pan(kPanShare * x.span()); break;
        case Qt::Key_Plus:
        case Qt::Key_Equal: m_plot->zoomAround(middle, kZoomPerNotch); break;
        case Qt::Key_Minus: m_plot->zoomAround(middle, 1 / kZoomPerNotch); break;
        case Qt::Key_0: resetZoom(); break;
        default: QWidget::keyPressEvent(event);
    }
}

void ChartView::focusInEvent(QFocusEvent* event) {
    QWidget::focusInEvent(event);
    m_plot->m_layer->setFocused(event->reason() == Qt::TabFocusReason ||
                                event->reason() == Qt::BacktabFocusReason);
}

void ChartView::focusOutEvent(QFocusEvent* event) {
    QWidget::focusOutEvent(event);
    m_plot->m_layer->setFocused(false);
}

void ChartView::setMarks(std::vector<ChartMark> marks) {
    m_plot->m_layer->setMarks(std::move(marks));
}

const std::vector<ChartMark>& ChartView::marks() const {
    return m_plot->m_layer->marks();
}

void ChartView::refresh() {
    m_plot->refresh();
}

bool ChartView::isZoomed() const {
    return m_plot->m_zoom.has_value();
}

void ChartView::zoomTo(double from, double to) {
    m_plot->setZoom(Extent{from, to});
}

void ChartView::resetZoom() {
    m_plot->setZoom(std::nullopt);
}

QStringList ChartView::xLabels() const {
    return m_plot->m_xAxis->categoriesLabels();
}

QStringList ChartView::yLabels() const {
    return m_plot->m_yAxis->categoriesLabels();
}

bool ChartView::saveImage(const QString& path) {
    const QRectF area = m_plot->sceneRect();
    const auto paintOn = [&](QPaintDevice* device) {
        QPainter painter;
        if (!painter.begin(device)) {
            return false;
        }
        m_plot->scene()->render(&painter, QRectF(QPointF(0, 0), QSizeF(device->width(), device->height())),
                                area);
        return painter.end();
    };
    if (path.endsWith(QStringLiteral(".svg"), Qt::CaseInsensitive)) {
        QSvgGenerator svg;
        svg.setFileName(path);
        svg.setSize(area.size().toSize());
        svg.setViewBox(QRectF(QPointF(0, 0), area.size()));
        svg.setTitle(accessibleName());
        return paintOn(&svg);
    }
    if (path.endsWith(QStringLiteral(".pdf"), Qt::CaseInsensitive)) {
        QPdfWriter pdf(path);
        pdf.setPageSize(QPageSize(area.size(), QPageSize::Point));
        pdf.setPageMargins(QMarginsF());
        pdf.setResolution(72);
        return paintOn(&pdf);
    }
    QPixmap image(area.size().toSize() * 2);
    image.fill(colorsOf(palette()).surface);
    return paintOn(&image) && image.save(path);
}

void ChartView::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        m_plot->applyColors();
        m_plot->refresh();
    }
}

}  // namespace longship
