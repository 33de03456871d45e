#pragma once

#include <QApplication>
#include <QIcon>
#include <QString>

#include "app/studio/theme/colors.h"

namespace longship {

/// The spacing grid: every margin and gap is one of these, in device-independent pixels.
namespace spacing {
inline constexpr int kTight = 4;
inline constexpr int kSmall = 8;
inline constexpr int kMedium = 12;
inline constexpr int kLarge = 16;
inline constexpr int kPage = 24;
}  // namespace spacing

/// Fusion with our palette, style sheet and font.
void applyTheme(QApplication& application, ThemeKind kind);

/// One of the outline icons in resources/icons, drawn in a colour at any size.
QIcon themedIcon(const QString& name, const QColor& color);

/// The program's own icon.
QIcon programIcon();

}  // namespace longship
