#pragma once

#include <QApplication>

#include "app/studio/theme/colors.h"
#include "app/studio/theme/icon.h"
#include "app/studio/theme/tokens.h"

namespace longship {

/// Fusion with our palette, our proxy style and our font, at once and for all windows. There is no
/// application style sheet.
void applyTheme(QApplication& application, ThemeKind kind);

/// Whether all digits of the font are equally wide, so that a number that changes does not shake.
bool hasTabularDigits(const QFont& font);

/// The letters of the studio: the desktop's where it names a font and its digits are tabular, else Open Sans.
QFont studioFont(const QFont& desktop);

}  // namespace longship
