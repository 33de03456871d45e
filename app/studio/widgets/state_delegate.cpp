#include "app/studio/widgets/state_delegate.h"

#include <utility>

#include <QPainter>

#include "app/studio/theme/colors.h"
#include "app/studio/theme/tokens.h"

namespace longship {

namespace {

constexpr int kMargin = 10;
constexpr int kHeight = 20;

std::pair<QColor, QColor> colorsFor(Tone tone, const Colors& colors) {
    switch (tone) {
        case Tone::Accent: return {colors.accentSoft, colors.text};
        case Tone::Good: return {colors.goodSoft, colors.good};
        case Tone::Warning: return {colors.warningSoft, colors.warning};
        case Tone::Bad: return {colors.badSoft, colors.bad};
        case Tone::Neutral: break;
    }
    return {colors.hover, colors.text};
}

}  // namespace

StateDelegate::StateDelegate(QObject* parent, ToneOf toneOf, ShapeOf shapeOf)
    : QStyledItemDelegate(parent), m_toneOf(std::move(toneOf)), m_shapeOf(std::move(shapeOf)) {}

void StateDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const {
    QStyleOptionViewItem empty = option;
    initStyleOption(&empty, index);
    const QString text = empty.text;
    empty.text.clear();
    const QWidget* widget = option.widget;
    widget->style()->drawControl(QStyle::CE_ItemViewItem, &empty, painter, widget);

    const Colors& colors = colorsOf(option.palette);
    auto [background, foreground] = colorsFor(m_toneOf(index), colors);
    if ((option.state & QStyle::State_Selected) != 0 && background == colors.accentSoft) {
        background = colors.surface;  // The selected row has the capsule's colour.
    }
    QFont font = option.font;
    font.setPixelSize(type::kSmall);
    font.setWeight(QFont::DemiBold);
    const int width = QFontMetrics(font).horizontalAdvance(text) + 2 * kMargin;
    const QRect capsule(option.rect.left() + kMargin, option.rect.center().y() - kHeight / 2 + 1, width,
                        kHeight);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const PillShape shape = m_shapeOf(index);
    if (shape == PillShape::Full) {
        painter->setPen(Qt::NoPen);
        painter->setBrush(background);
    } else {
        painter->setPen(QPen(foreground == colors.text ? colors.textMuted : foreground, 1,
                             shape == PillShape::Dashed ? Qt::DashLine : Qt::SolidLine));
        painter->setBrush(Qt::NoBrush);
    }
    painter->drawRoundedRect(QRectF(capsule).adjusted(0.5, 0.5, -0.5, -0.5), kHeight / 2.0, kHeight / 2.0);
    painter->setPen(foreground);
    painter->setFont(font);
    painter->drawText(capsule, Qt::AlignCenter, text);
    painter->restore();
}

}  // namespace longship
