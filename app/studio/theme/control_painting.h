#pragma once

#include <QPainter>
#include <QStyleOption>
#include <QWidget>

#include "app/studio/theme/colors.h"

/// The shapes of StudioStyle, each a function of the option, the properties of the widget and the colours.
namespace longship {

bool isOn(const QWidget* widget, const char* property);
QString propertyOf(const QWidget* widget, const char* property);

/// A box with one-pixel border on whole pixels; a pen of NoPen leaves the border out.
void paintBox(QPainter& painter, const QRect& rect, double radius, const QBrush& fill, const QPen& border);

/// The colour of words on a button.
QColor buttonInk(const QWidget* button, bool enabled, const Colors& colors);
void paintButton(QPainter& painter, const QStyleOption& option, const QWidget* widget, const Colors& colors);
void paintNavigation(QPainter& painter, const QStyleOptionToolButton& option, const Colors& colors);

/// The edge of a line, a list of choices or a text that can be edited.
void paintField(QPainter& painter, const QStyleOption& option, const QWidget* widget, const Colors& colors);

/// Cards, banners, toasts, pills and views; false when the widget is none of them.
bool paintFrame(QPainter& painter, const QStyleOption& option, const QWidget* widget, const Colors& colors);

void paintCheckMark(QPainter& painter, const QRect& rect, QStyle::State state, const Colors& colors);
void paintHeaderSection(QPainter& painter, const QRect& rect, const Colors& colors);
void paintScrollBar(QPainter& painter, const QRect& handle, bool active, const Colors& colors);
void paintProgress(QPainter& painter, const QStyleOptionProgressBar& option, const QWidget* widget,
                   const Colors& colors);
void paintSlider(QPainter& painter, const QStyleOptionSlider& option, const QRect& handle,
                 const Colors& colors);

}  // namespace longship
