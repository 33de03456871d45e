#pragma once

#include <QProxyStyle>

#include "app/studio/theme/colors.h"

namespace longship {

/// Fusion, flat and with our shapes. What a widget is for is a property of it, set once where it is made:
/// `role` (labels), `tone`, `shape`, `pill`, `card`, `banner`, `toast`, `surface`, `primary`, `large`,
/// `danger`, `link`, `badge`, `nav`, `invalid`. A property that changes later is followed by polish(), as
/// setStyleProperty() does.
class StudioStyle : public QProxyStyle {
public:
    explicit StudioStyle(ThemeKind kind);

    void polish(QWidget* widget) override;
    using QProxyStyle::polish;

    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                       const QWidget* widget) const override;
    void drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                     const QWidget* widget) const override;
    void drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter,
                            const QWidget* widget) const override;
    QSize sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& contents,
                           const QWidget* widget) const override;
    QRect subElementRect(SubElement element, const QStyleOption* option,
                         const QWidget* widget) const override;
    QRect subControlRect(ComplexControl control, const QStyleOptionComplex* option, SubControl part,
                         const QWidget* widget) const override;
    int pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const override;
    int styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                  QStyleHintReturn* answer) const override;

private:
    void polishLabel(QWidget* label) const;
    void drawPushButtonLabel(const QStyleOption* option, QPainter* painter, const QWidget* widget) const;

    const Colors& m_colors;
};

}  // namespace longship
