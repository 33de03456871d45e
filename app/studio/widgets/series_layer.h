#pragma once

#include <optional>
#include <vector>

#include <QGraphicsItem>

#include "app/studio/widgets/calm_extent.h"
#include "app/studio/widgets/chart_view.h"

namespace longship {

/// Paints the curves of a chart over its plot area, as many strokes as there are columns of pixels: the one
/// paint path for the screen and for files. Belongs to the chart's scene.
class SeriesLayer : public QGraphicsItem {
public:
    SeriesLayer(const std::vector<Curve>& curves, const ChartView::Options& options);

    void setArea(const QRectF& area);
    void setRanges(const Extent& x, const Extent& y, bool logarithmic);
    void setPalette(const QPalette& palette);
    void setScale(const XScale& scale);
    void setFocused(bool focused);  ///< The keyboard zooms and pans it.

    /// In the order of their x.
    void setMarks(std::vector<ChartMark> marks);
    const std::vector<ChartMark>& marks() const { return m_marks; }

    /// Where the mouse is, in x of the chart; nothing when it is elsewhere.
    void setHover(std::optional<double> x);
    /// The part that is being marked with the mouse.
    void setMarked(std::optional<Extent> x);

    QRectF boundingRect() const override;
    void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

private:
    QPointF toArea(double x, double y) const;
    double yValue(double value) const;
    void paintCurve(QPainter* painter, const Curve& curve) const;
    void paintBand(QPainter* painter, const Curve& curve, const SeriesView& view) const;
    QPolygonF strokesOf(const SeriesColumn& column, const Curve& curve, double columnWidth) const;
    QPointF pointAt(const SeriesPoint& point, const Curve& curve) const;
    double placeOf(const ChartMark& mark) const;  ///< On the chart.
    void paintDots(QPainter* painter, const Curve& curve, const QColor& color) const;
    void paintMarks(QPainter* painter) const;
    /// The newest of those that the mouse is at.
    std::vector<const ChartMark*> marksNear(double x) const;
    void paintHover(QPainter* painter) const;
    QString xText(double x) const;
    void paintMarked(QPainter* painter) const;

    const std::vector<Curve>& m_curves;
    const ChartView::Options& m_options;
    QRectF m_area;
    Extent m_x;
    Extent m_y;
    bool m_logarithmic = false;
    XScale m_scale;
    bool m_focused = false;
    QPalette m_palette;
    std::vector<ChartMark> m_marks;
    std::optional<double> m_hover;
    std::optional<Extent> m_marked;
};

}  // namespace longship
