#include "app/studio/widgets/meter.h"

#include <algorithm>
#include <cmath>

#include <QPainter>

#include "app/studio/theme/colors.h"

namespace longship {

namespace {

constexpr int kHeight = 4;

}  // namespace

Meter::Meter(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void Meter::setShare(double share) {
    const double cut = std::clamp(std::isfinite(share) ? share : 0.0, 0.0, 1.0);
    // Less than a pixel of a usual meter is not worth a repaint.
    if (std::abs(cut - m_share) > 0.004) {
        m_share = cut;
        update();
    }
}

QSize Meter::sizeHint() const {
    return {60, kHeight};
}

void Meter::paintEvent(QPaintEvent*) {
    const Colors& colors = colorsOf(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors.hover);
    painter.drawRoundedRect(rect(), kHeight / 2.0, kHeight / 2.0);
    QRectF filled = rect();
    filled.setWidth(filled.width() * m_share);
    painter.setBrush(colors.accent);
    painter.drawRoundedRect(filled, kHeight / 2.0, kHeight / 2.0);
}

}  // namespace longship
