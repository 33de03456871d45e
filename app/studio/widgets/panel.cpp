#include "app/studio/widgets/panel.h"

#include <QPainter>

#include "app/studio/theme/colors.h"

namespace longship {

namespace {

constexpr double kRadius = 8;

QPen penOf(PanelLook look, const Colors& colors) {
    switch (look) {
        case PanelLook::Plain: break;
        case PanelLook::Target: return {colors.accent, 2};
        case PanelLook::Refused: return {colors.textMuted, 2, Qt::DotLine};
        case PanelLook::Trouble: return {colors.bad, 2};
        case PanelLook::Pending: return {colors.accent, 1, Qt::DashLine};
    }
    return {colors.border, 1};
}

}  // namespace

Panel::Panel(Depth depth, QWidget* parent) : QFrame(parent), m_depth(depth) {}

void Panel::setLook(PanelLook look) {
    if (look != m_look) {
        m_look = look;
        update();
    }
}

void Panel::paintEvent(QPaintEvent*) {
    const Colors& colors = colorsOf(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QPen pen = hasFocus() ? QPen(colors.accent, 2) : penOf(m_look, colors);
    const double inset = pen.widthF() / 2;
    painter.setPen(pen);
    painter.setBrush(m_look == PanelLook::Target ? colors.accentSoft
                     : m_depth == Depth::Card    ? colors.surface
                                                 : colors.window);
    painter.drawRoundedRect(QRectF(rect()).adjusted(inset, inset, -inset, -inset), kRadius, kRadius);
}

void Panel::focusInEvent(QFocusEvent* event) {
    QFrame::focusInEvent(event);
    update();
}

void Panel::focusOutEvent(QFocusEvent* event) {
    QFrame::focusOutEvent(event);
    update();
}

}  // namespace longship
