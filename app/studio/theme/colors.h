#pragma once

#include <array>

#include <QColor>
#include <QPalette>

namespace longship {

enum class ThemeKind { Light, Dark };

/// What a colour is for. Text colours keep at least 4.5:1 against the backgrounds they stand on (WCAG 2.1
/// AA); a test holds them to it.
struct Colors {
    QColor window;   ///< Behind everything.
    QColor sidebar;  ///< Navigation.
    QColor surface;  ///< Cards, tables, fields.
    QColor hover;
    QColor border;
    QColor text;
    QColor textMuted;
    QColor textDisabled;  ///< Exempt from the contrast rule.
    QColor accent;        ///< Buttons, selection, links.
    QColor accentHover;
    QColor onAccent;    ///< Text on accent.
    QColor accentSoft;  ///< Selected rows, chips.
    QColor good;
    QColor goodSoft;
    QColor warning;
    QColor warningSoft;
    QColor bad;
    QColor badSoft;
    QColor grid;                   ///< Chart grid.
    std::array<QColor, 4> series;  /// Chart lines, distinguishable with the common colour blindnesses.
};

const Colors& colorsOf(ThemeKind kind);

/// The colours that go with a palette made by paletteOf(): how a widget finds them without asking anybody.
const Colors& colorsOf(const QPalette& palette);

ThemeKind kindOf(const QPalette& palette);

QPalette paletteOf(ThemeKind kind);

/// Relative luminance contrast of two opaque colours, 1…21 (WCAG 2.1).
double contrast(const QColor& a, const QColor& b);

}  // namespace longship
