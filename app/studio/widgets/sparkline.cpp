#include "app/studio/widgets/sparkline.h"

#include <algorithm>
#include <utility>

#include <QPainter>
#include <QPainterPath>

#include "app/studio/theme/colors.h"

namespace longship {

Sparkline::Sparkline(std::size_t capacity, QWidget* parent) : QWidget(parent), m_capacity(capacity) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void Sparkline::setValues(std::vector<double> values, double top) {
    if (values != m_values || top != m_top) {
        m_values = std::move(values);
        m_top = top;
        update();
    }
}

QSize Sparkline::sizeHint() const {
    return {160, 56};
}

void Sparkline::paintEvent(QPaintEvent*) {
    const Colors& colors = colorsOf(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF area = QRectF(rect()).adjusted(0.5, 1.5, -0.5, -0.5);
    painter.setPen(colors.grid);
    painter.drawLine(area.bottomLeft(), area.bottomRight());
    painter.drawLine(area.topLeft(), area.topRight());
    if (m_values.size() < 2 || m_top <= 0) {
        return;
    }
    const double dx = area.width() / static_cast<double>(std::max(m_capacity, m_values.size()) - 1);
    double x = area.right() - dx * static_cast<double>(m_values.size() - 1);
    QPolygonF line;
    for (const double value : m_values) {
        line << QPointF(x, area.bottom() - area.height() * std::clamp(value / m_top, 0.0, 1.0));
        x += dx;
    }
    QPolygonF shape = line;
    shape << QPointF(line.last().x(), area.bottom()) << QPointF(line.first().x(), area.bottom());
    QColor fill = colors.accent;
    fill.setAlphaF(0.15F);
    painter.setPen(Qt::NoPen);
    painter.setBrush(fill);
    painter.drawPolygon(shape);
    painter.setPen(QPen(colors.accent, 1.5));
    painter.drawPolyline(line);
}

}  // namespace longship
