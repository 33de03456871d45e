#pragma once

#include <QColor>
#include <QIcon>
#include <QString>

#include "app/studio/theme/colors.h"

namespace longship {

/// What an icon is drawn in: a colour of whatever theme there is when it is painted.
enum class Ink { Text, Muted, Accent, OnAccent, Good, Warning, Bad };
QColor colorOf(Ink ink, const Colors& colors);

/// One of the outline icons in resources/icons, sharp at any size. It follows the theme by itself.
QIcon themedIcon(const QString& name, Ink ink = Ink::Text);

/// The same in a colour that stays.
QIcon themedIcon(const QString& name, const QColor& color);

/// The program's own icon.
QIcon programIcon();

}  // namespace longship
