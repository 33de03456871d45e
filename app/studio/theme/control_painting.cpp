#include "app/studio/theme/control_painting.h"

#include <QAbstractScrollArea>
#include <QApplication>
#include <QLabel>
#include <algorithm>
#include <utility>

#include "app/studio/theme/icon.h"
#include "app/studio/theme/tokens.h"

namespace longship {

namespace {

using namespace Qt::Literals::StringLiterals;

constexpr double kPillRadius = 10;
constexpr int kProgressHeight = 8;

/// Background and foreground of a tone.
std::pair<QColor, QColor> colorsOfTone(const QString& tone, const Colors& colors) {
    return tone == "accent"_L1    ? std::pair(colors.accentSoft, colors.accent)
           : tone == "good"_L1    ? std::pair(colors.goodSoft, colors.good)
           : tone == "warning"_L1 ? std::pair(colors.warningSoft, colors.warning)
           : tone == "bad"_L1     ? std::pair(colors.badSoft, colors.bad)
                                  : std::pair(colors.hover, colors.border);
}

void paintPill(QPainter& painter, const QRect& rect, const QWidget* widget, const Colors& colors) {
    const QString shape = propertyOf(widget, "shape");
    const QString tone = propertyOf(widget, "tone");
    const auto [soft, strong] = colorsOfTone(tone, colors);
    if (shape == "outline"_L1 || shape == "dashed"_L1) {
        const QColor edge = tone == "warning"_L1 ? colors.warning : colors.textMuted;
        paintBox(painter, rect, kPillRadius, Qt::NoBrush,
                 QPen(edge, 1, shape == "dashed"_L1 ? Qt::DashLine : Qt::SolidLine));
    } else {
        paintBox(painter, rect, kPillRadius, soft, Qt::NoPen);
    }
}

bool isOnToast(const QWidget* widget) {
    return widget != nullptr && isOn(widget->parentWidget(), "toast");
}

void paintPrimary(QPainter& painter, const QStyleOption& option, const Colors& colors) {
    const bool enabled = (option.state & QStyle::State_Enabled) != 0;
    const bool hover = (option.state & (QStyle::State_MouseOver | QStyle::State_Sunken)) != 0;
    paintBox(painter, option.rect, radius::kControl,
             !enabled ? colors.hover
             : hover  ? colors.accentHover
                      : colors.accent,
             enabled ? QPen(Qt::NoPen) : QPen(colors.border));
    if (enabled && (option.state & QStyle::State_HasFocus) != 0) {
        paintBox(painter, option.rect.adjusted(2, 2, -2, -2), radius::kControl - 2, Qt::NoBrush,
                 QPen(colors.onAccent, 1));
    }
}

void paintBadge(QPainter& painter, const QStyleOption& option, const QWidget* widget, const Colors& colors) {
    const QString tone = propertyOf(widget, "tone");
    const auto [soft, strong] = colorsOfTone(tone.isEmpty() ? u"good"_s : tone, colors);
    const bool hover = (option.state & QStyle::State_MouseOver) != 0;
    const bool focus = (option.state & QStyle::State_HasFocus) != 0;
    paintBox(painter, option.rect, option.rect.height() / 2.0, hover ? colors.surface : soft,
             QPen(focus ? colors.accent : strong));
}

}  // namespace

bool isOn(const QWidget* widget, const char* property) {
    return widget != nullptr && widget->property(property).toBool();
}

QString propertyOf(const QWidget* widget, const char* property) {
    return widget == nullptr ? QString() : widget->property(property).toString();
}

void paintBox(QPainter& painter, const QRect& rect, double radius, const QBrush& fill, const QPen& border) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(border);
    painter.setBrush(fill);
    const double inset = border.style() == Qt::NoPen ? 0 : 0.5;
    painter.drawRoundedRect(QRectF(rect).adjusted(inset, inset, -inset, -inset), radius, radius);
    painter.restore();
}

QColor buttonInk(const QWidget* button, bool enabled, const Colors& colors) {
    if (isOnToast(button)) {
        return colors.window;
    }
    if (!enabled) {
        return colors.textDisabled;
    }
    if (isOn(button, "badge")) {
        const QString tone = propertyOf(button, "tone");
        return tone == "bad"_L1 ? colors.bad : tone == "neutral"_L1 ? colors.textMuted : colors.good;
    }
    return isOn(button, "primary")  ? colors.onAccent
           : isOn(button, "danger") ? colors.bad
           : isOn(button, "link")   ? colors.accent
                                    : colors.text;
}

void paintButton(QPainter& painter, const QStyleOption& option, const QWidget* widget, const Colors& colors) {
    const bool focus = (option.state & QStyle::State_HasFocus) != 0;
    const bool hover = (option.state & QStyle::State_MouseOver) != 0;
    const bool enabled = (option.state & QStyle::State_Enabled) != 0;
    if (isOnToast(widget)) {
        paintBox(painter, option.rect, radius::kControl, Qt::NoBrush, QPen(colors.window, focus ? 2 : 1));
    } else if (isOn(widget, "primary")) {
        paintPrimary(painter, option, colors);
    } else if (isOn(widget, "badge")) {
        paintBadge(painter, option, widget, colors);
    } else if (isOn(widget, "link")) {
        paintBox(painter, option.rect, radius::kControl,
                 hover && enabled ? QBrush(colors.hover) : Qt::NoBrush,
                 focus ? QPen(colors.accent) : QPen(Qt::NoPen));
    } else {
        const bool down = (option.state & (QStyle::State_Sunken | QStyle::State_On)) != 0;
        paintBox(painter, option.rect, radius::kControl,
                 !enabled ? colors.window
                 : down   ? colors.border
                 : hover  ? colors.hover
                          : colors.surface,
                 QPen(focus ? colors.accent : colors.border));
    }
}

void paintNavigation(QPainter& painter, const QStyleOptionToolButton& option, const Colors& colors) {
    const bool checked = (option.state & QStyle::State_On) != 0;
    const bool hover = (option.state & QStyle::State_MouseOver) != 0;
    const bool focus = (option.state & QStyle::State_HasFocus) != 0;
    if (checked || hover || focus) {
        paintBox(painter, option.rect, radius::kControl,
                 checked ? QBrush(colors.accentSoft)
                 : hover ? QBrush(colors.hover)
                         : QBrush(Qt::NoBrush),
                 focus ? QPen(colors.accent) : QPen(Qt::NoPen));
    }
    const QSize icon = option.iconSize;
    const QRect inner = option.rect.adjusted(spacing::kMedium, 0, -spacing::kSmall, 0);
    const QRect at(inner.left(), inner.center().y() - icon.height() / 2 + 1, icon.width(), icon.height());
    option.icon.paint(&painter, at);
    QFont font = option.font;
    font.setWeight(checked ? QFont::DemiBold : QFont::Normal);
    painter.save();
    painter.setFont(font);
    painter.setPen(colors.text);
    const QRect words = inner.adjusted(icon.width() + spacing::kMedium, 0, 0, 0);
    painter.drawText(words, Qt::AlignLeft | Qt::AlignVCenter, option.text);
    painter.restore();
}

void paintField(QPainter& painter, const QStyleOption& option, const QWidget* widget, const Colors& colors) {
    const bool enabled = (option.state & QStyle::State_Enabled) != 0;
    const bool focus = (option.state & QStyle::State_HasFocus) != 0;
    paintBox(painter, option.rect, radius::kControl, enabled ? colors.surface : colors.window,
             QPen(isOn(widget, "invalid") ? colors.bad
                  : focus                 ? colors.accent
                                          : colors.border));
}

bool paintFrame(QPainter& painter, const QStyleOption& option, const QWidget* widget, const Colors& colors) {
    const QString role = propertyOf(widget, "role");
    if (isOn(widget, "card")) {
        paintBox(painter, option.rect, radius::kCard, colors.surface, QPen(colors.border));
    } else if (isOn(widget, "toast")) {
        paintBox(painter, option.rect, radius::kCard, colors.text, Qt::NoPen);
    } else if (isOn(widget, "banner")) {
        const QString tone = propertyOf(widget, "tone");
        const auto [soft, strong] = colorsOfTone(tone, colors);
        paintBox(painter, option.rect, radius::kCard, tone == "neutral"_L1 ? colors.surface : soft,
                 QPen(strong));
    } else if (isOn(widget, "pill")) {
        paintPill(painter, widget->rect(), widget, colors);  // Its frame leaves its margins out.
    } else if (role == "code"_L1) {
        paintBox(painter, widget->rect(), radius::kControl, colors.window, QPen(colors.border));
    } else if (const auto* area = qobject_cast<const QAbstractScrollArea*>(widget)) {
        if (area->frameShape() == QFrame::NoFrame) {
            return false;
        }
        const bool edits = area->inherits("QPlainTextEdit") || area->inherits("QTextEdit");
        paintBox(
            painter, option.rect, radius::kMark, colors.surface,
            QPen(area->hasFocus() && (edits || area->inherits("QListView")) ? colors.accent : colors.border));
    } else {
        return false;
    }
    return true;
}

void paintCheckMark(QPainter& painter, const QRect& rect, QStyle::State state, const Colors& colors) {
    const bool enabled = (state & QStyle::State_Enabled) != 0;
    const bool on = (state & QStyle::State_On) != 0;
    const bool partly = (state & QStyle::State_NoChange) != 0;
    const QColor edge = enabled ? colors.textMuted : colors.border;
    if (!on && !partly) {
        paintBox(painter, rect, radius::kMark, colors.surface, QPen(edge));
        return;
    }
    paintBox(painter, rect, radius::kMark, enabled ? colors.accent : colors.border, Qt::NoPen);
    if (on) {
        themedIcon(u"tick"_s, colors.onAccent).paint(&painter, rect.adjusted(1, 1, -1, -1));
    } else {
        painter.fillRect(rect.adjusted(3, rect.height() / 2 - 1, -3, -(rect.height() / 2 - 1)),
                         colors.onAccent);
    }
}

void paintHeaderSection(QPainter& painter, const QRect& rect, const Colors& colors) {
    painter.fillRect(rect, colors.surface);
    painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), colors.border);
}

void paintScrollBar(QPainter& painter, const QRect& handle, bool active, const Colors& colors) {
    paintBox(painter, handle.adjusted(2, 2, -2, -2), radius::kMark,
             active ? colors.textDisabled : colors.border, Qt::NoPen);
}

void paintProgress(QPainter& painter, const QStyleOptionProgressBar& option, const QWidget* widget,
                   const Colors& colors) {
    const QRect bar(option.rect.left(), option.rect.center().y() - kProgressHeight / 2 + 1,
                    option.rect.width(), kProgressHeight);
    paintBox(painter, bar, radius::kMark, colors.hover, Qt::NoPen);
    const double span = option.maximum - option.minimum;
    const double share = span <= 0 ? 0 : std::clamp((option.progress - option.minimum) / span, 0.0, 1.0);
    const QString tone = propertyOf(widget, "tone");
    const QColor color = tone == "good"_L1      ? colors.good
                         : tone == "warning"_L1 ? colors.warning
                         : tone == "bad"_L1     ? colors.bad
                         : tone == "neutral"_L1 ? colors.textMuted
                                                : colors.accent;
    if (share > 0) {
        QRect filled = bar;
        filled.setWidth(std::max(kProgressHeight, static_cast<int>(bar.width() * share)));
        paintBox(painter, filled, radius::kMark, color, Qt::NoPen);
    }
}

void paintSlider(QPainter& painter, const QStyleOptionSlider& option, const QRect& handle,
                 const Colors& colors) {
    constexpr int kGroove = 4;
    constexpr int kKnob = 14;
    const QPoint center = handle.center();
    const QRect groove(option.rect.left(), option.rect.center().y() - kGroove / 2 + 1, option.rect.width(),
                       kGroove);
    paintBox(painter, groove, kGroove / 2.0, colors.border, Qt::NoPen);
    QRect before = groove;
    before.setRight(center.x());
    paintBox(painter, before, kGroove / 2.0, colors.accent, Qt::NoPen);
    const bool focus = (option.state & QStyle::State_HasFocus) != 0;
    paintBox(painter, QRect(center.x() - kKnob / 2, option.rect.center().y() - kKnob / 2 + 1, kKnob, kKnob),
             kKnob / 2.0, focus ? colors.accent : colors.surface, QPen(colors.accent, 2));
}

}  // namespace longship
