#include "app/studio/theme/colors.h"

#include <algorithm>
#include <cmath>

namespace longship {

namespace {

Colors lightColors() {
    return {.window = QColor(0xf4, 0xf6, 0xf9),
            .sidebar = QColor(0xe9, 0xee, 0xf3),
            .surface = QColor(0xff, 0xff, 0xff),
            .hover = QColor(0xe2, 0xe8, 0xee),
            .border = QColor(0xd3, 0xdb, 0xe3),
            .text = QColor(0x18, 0x22, 0x2d),
            .textMuted = QColor(0x50, 0x5f, 0x6e),
            .textDisabled = QColor(0x96, 0xa2, 0xae),
            .accent = QColor(0x1a, 0x66, 0xa3),
            .accentHover = QColor(0x14, 0x56, 0x8b),
            .onAccent = QColor(0xff, 0xff, 0xff),
            .accentSoft = QColor(0xdb, 0xea, 0xf6),
            .good = QColor(0x17, 0x6b, 0x40),
            .goodSoft = QColor(0xdd, 0xf2, 0xe6),
            .warning = QColor(0x80, 0x53, 0x00),
            .warningSoft = QColor(0xfb, 0xee, 0xd2),
            .bad = QColor(0xab, 0x24, 0x1c),
            .badSoft = QColor(0xfb, 0xe4, 0xe2),
            .grid = QColor(0xe6, 0xeb, 0xf0),
            .series = {QColor(0x1a, 0x66, 0xa3), QColor(0xc4, 0x5a, 0x11), QColor(0x1b, 0x7f, 0x5c),
                       QColor(0x7a, 0x4f, 0xa8)}};
}

Colors darkColors() {
    return {.window = QColor(0x14, 0x19, 0x1f),
            .sidebar = QColor(0x0f, 0x13, 0x18),
            .surface = QColor(0x1c, 0x23, 0x2b),
            .hover = QColor(0x28, 0x31, 0x3b),
            .border = QColor(0x33, 0x3e, 0x4a),
            .text = QColor(0xe5, 0xeb, 0xf1),
            .textMuted = QColor(0xa0, 0xae, 0xbb),
            .textDisabled = QColor(0x5f, 0x6d, 0x7a),
            .accent = QColor(0x5a, 0xab, 0xe6),
            .accentHover = QColor(0x78, 0xbd, 0xef),
            .onAccent = QColor(0x0a, 0x1a, 0x27),
            .accentSoft = QColor(0x1d, 0x3a, 0x52),
            .good = QColor(0x62, 0xc9, 0x92),
            .goodSoft = QColor(0x17, 0x38, 0x29),
            .warning = QColor(0xe6, 0xb4, 0x56),
            .warningSoft = QColor(0x40, 0x30, 0x12),
            .bad = QColor(0xf5, 0x8e, 0x86),
            .badSoft = QColor(0x48, 0x21, 0x1f),
            .grid = QColor(0x2a, 0x33, 0x3d),
            .series = {QColor(0x5a, 0xab, 0xe6), QColor(0xf0, 0x9a, 0x54), QColor(0x5c, 0xc9, 0x9e),
                       QColor(0xb9, 0x93, 0xe0)}};
}

double luminance(const QColor& color) {
    const auto linear = [](double value) {
        return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

}  // namespace

const Colors& colorsOf(ThemeKind kind) {
    static const Colors light = lightColors();
    static const Colors dark = darkColors();
    return kind == ThemeKind::Dark ? dark : light;
}

ThemeKind kindOf(const QPalette& palette) {
    const QColor background = palette.color(QPalette::Active, QPalette::Window);
    const QColor foreground = palette.color(QPalette::Active, QPalette::WindowText);
    return luminance(foreground) > luminance(background) ? ThemeKind::Dark : ThemeKind::Light;
}

const Colors& colorsOf(const QPalette& palette) {
    return colorsOf(kindOf(palette));
}

QPalette paletteOf(ThemeKind kind) {
    const Colors& colors = colorsOf(kind);
    QPalette palette(colors.text, colors.surface, colors.hover, colors.border, colors.textMuted, colors.text,
                     colors.text, colors.surface, colors.window);
    palette.setColor(QPalette::AlternateBase, colors.window);
    palette.setColor(QPalette::Button, colors.surface);
    palette.setColor(QPalette::Highlight, colors.accent);
    palette.setColor(QPalette::HighlightedText, colors.onAccent);
    palette.setColor(QPalette::Link, colors.accent);
    palette.setColor(QPalette::LinkVisited, colors.accent);
    palette.setColor(QPalette::PlaceholderText, colors.textMuted);
    palette.setColor(QPalette::ToolTipBase, colors.surface);
    palette.setColor(QPalette::ToolTipText, colors.text);
    for (const auto role : {QPalette::Text, QPalette::WindowText, QPalette::ButtonText}) {
        palette.setColor(QPalette::Disabled, role, colors.textDisabled);
    }
    palette.setColor(QPalette::Disabled, QPalette::Highlight, colors.border);
    return palette;
}

double contrast(const QColor& a, const QColor& b) {
    const auto [low, high] = std::minmax({luminance(a), luminance(b)});
    return (high + 0.05) / (low + 0.05);
}

}  // namespace longship
