#include "app/studio/theme/studio_style.h"

#include <QAbstractItemView>
#include <QAbstractScrollArea>
#include <QAbstractSpinBox>
#include <QApplication>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QStyleOption>
#include <QTableView>
#include <QToolButton>
#include <algorithm>

#include "app/studio/theme/control_painting.h"
#include "app/studio/theme/icon.h"
#include "app/studio/theme/tokens.h"

namespace longship {

namespace {

using namespace Qt::Literals::StringLiterals;

constexpr int kScrollBarExtent = 10;
constexpr int kHandleMin = 28;
constexpr int kIndicator = 16;
constexpr int kChevron = 12;
constexpr int kMessageWidthMin = 340;

QFont letters(int size, QFont::Weight weight = QFont::Normal) {
    QFont font = QApplication::font();
    font.setPixelSize(size);
    font.setWeight(weight);
    return font;
}

QFont codeLetters() {
    QFont font = letters(type::kSmall);
    font.setFamilies({u"DejaVu Sans Mono"_s, u"monospace"_s, u"WenQuanYi Micro Hei"_s});
    font.setStyleHint(QFont::Monospace);
    return font;
}

void setInk(QWidget* widget, const QColor& color) {
    QPalette palette;
    palette.setColor(QPalette::WindowText, color);
    widget->setPalette(palette);
}

/// Fields inside of others are framed by them.
bool isFramedLine(const QStyleOption* option, const QWidget* widget) {
    const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option);
    return frame != nullptr && frame->lineWidth > 0 && widget != nullptr &&
           qobject_cast<const QComboBox*>(widget->parentWidget()) == nullptr &&
           qobject_cast<const QAbstractSpinBox*>(widget->parentWidget()) == nullptr;
}

}  // namespace

StudioStyle::StudioStyle(ThemeKind kind) : QProxyStyle(u"Fusion"_s), m_colors(colorsOf(kind)) {}

void StudioStyle::polish(QWidget* widget) {
    QProxyStyle::polish(widget);
    if (qobject_cast<QLabel*>(widget) != nullptr) {
        polishLabel(widget);
    } else if (auto* button = qobject_cast<QPushButton*>(widget)) {
        const bool strong = isOn(button, "primary") || isOn(button, "badge");
        if (strong || isOn(button, "large")) {
            button->setFont(letters(isOn(button, "large") ? type::kHeading : type::kBody,
                                    strong ? QFont::DemiBold : QFont::Normal));
        }
    } else if (qobject_cast<QHeaderView*>(widget) != nullptr) {
        widget->setFont(letters(type::kSmall, QFont::DemiBold));
    } else if (qobject_cast<QPlainTextEdit*>(widget) != nullptr) {
        widget->setFont(codeLetters());
    } else if (auto* area = qobject_cast<QScrollArea*>(widget)) {
        area->setFrameShape(QFrame::NoFrame);
        area->viewport()->setAutoFillBackground(false);
    } else if (widget->objectName() == "scrollContent"_L1) {
        widget->setAutoFillBackground(false);
    } else if (isOn(widget, "toast")) {
        setInk(widget, m_colors.window);
    }
    if (propertyOf(widget, "surface") == "sidebar"_L1) {
        QPalette palette;
        palette.setColor(QPalette::Window, m_colors.sidebar);
        widget->setPalette(palette);
        widget->setAutoFillBackground(true);
    }
}

void StudioStyle::polishLabel(QWidget* label) const {
    const QString role = propertyOf(label, "role");
    if (isOn(label, "pill")) {
        const QString tone = propertyOf(label, "tone");
        label->setFont(letters(type::kSmall, QFont::DemiBold));
        label->setContentsMargins(spacing::kSmall + 2, 2, spacing::kSmall + 2, 2);
        setInk(label, tone == "good"_L1      ? m_colors.good
                      : tone == "warning"_L1 ? m_colors.warning
                      : tone == "bad"_L1     ? m_colors.bad
                                             : m_colors.text);
    } else if (role == "title"_L1 || role == "value"_L1) {
        label->setFont(letters(type::kTitle, QFont::DemiBold));
    } else if (role == "heading"_L1) {
        label->setFont(letters(type::kHeading, QFont::DemiBold));
    } else if (role == "muted"_L1) {
        setInk(label, m_colors.textMuted);
    } else if (role == "small"_L1 || role == "problem"_L1) {
        label->setFont(letters(type::kSmall));
        setInk(label, role == "small"_L1 ? m_colors.textMuted : m_colors.bad);
    } else if (role == "code"_L1) {
        label->setFont(codeLetters());
        label->setContentsMargins(spacing::kSmall, spacing::kSmall, spacing::kSmall, spacing::kSmall);
    } else if (label->objectName() == "qt_msgbox_label"_L1) {
        label->setFont(letters(type::kBody, QFont::DemiBold));
    } else if (label->objectName() == "qt_msgbox_informativelabel"_L1) {
        label->setMinimumWidth(kMessageWidthMin);
    }
}

void StudioStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                                const QWidget* widget) const {
    switch (element) {
        case PE_PanelButtonCommand: paintButton(*painter, *option, widget, m_colors); return;
        case PE_PanelLineEdit:
            if (isFramedLine(option, widget)) {
                paintField(*painter, *option, widget, m_colors);
                return;
            }
            break;
        case PE_FrameLineEdit: return;  // Part of the panel.
        case PE_FrameFocusRect:
            if (widget != nullptr && widget->inherits("QCheckBox")) {
                paintBox(*painter, option->rect.adjusted(-2, 0, 2, 0), radius::kMark, Qt::NoBrush,
                         QPen(m_colors.accent));
            }
            return;  // Elsewhere the border, or the chosen row, says it.
        case PE_IndicatorCheckBox:
        case PE_IndicatorItemViewItemCheck:
            paintCheckMark(*painter, option->rect, option->state, m_colors);
            return;
        case PE_IndicatorArrowDown: {
            QRect chevron(0, 0, kChevron, kChevron);
            chevron.moveCenter(option->rect.center());
            const bool enabled = (option->state & State_Enabled) != 0;
            themedIcon(u"chevron"_s, isOn(widget, "primary") ? m_colors.onAccent
                                     : enabled               ? m_colors.textMuted
                                                             : m_colors.textDisabled)
                .paint(painter, chevron);
            return;
        }
        case PE_PanelItemViewItem:
            QProxyStyle::drawPrimitive(element, option, painter, widget);
            if (widget != nullptr && widget->inherits("QTableView")) {
                painter->fillRect(QRect(option->rect.left(), option->rect.bottom(), option->rect.width(), 1),
                                  m_colors.border);
            }
            return;
        default: break;
    }
    QProxyStyle::drawPrimitive(element, option, painter, widget);
}

void StudioStyle::drawPushButtonLabel(const QStyleOption* option, QPainter* painter,
                                      const QWidget* widget) const {
    const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option);
    if (button == nullptr) {
        return;
    }
    QStyleOptionButton tinted = *button;
    tinted.palette.setColor(QPalette::ButtonText,
                            buttonInk(widget, (option->state & State_Enabled) != 0, m_colors));
    QProxyStyle::drawControl(CE_PushButtonLabel, &tinted, painter, widget);
}

void StudioStyle::drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                              const QWidget* widget) const {
    switch (element) {
        case CE_PushButtonLabel: drawPushButtonLabel(option, painter, widget); return;
        case CE_ShapedFrame:
            if (paintFrame(*painter, *option, widget, m_colors)) {
                return;
            }
            break;
        case CE_HeaderSection:
        case CE_HeaderEmptyArea: paintHeaderSection(*painter, option->rect, m_colors); return;
        case CE_HeaderLabel:
            if (const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(option)) {
                QStyleOptionHeaderV2 muted;
                static_cast<QStyleOptionHeader&>(muted) = *header;
                muted.palette.setColor(QPalette::ButtonText, m_colors.textMuted);
                QProxyStyle::drawControl(element, &muted, painter, widget);
                return;
            }
            break;
        case CE_ProgressBar:
            if (const auto* bar = qstyleoption_cast<const QStyleOptionProgressBar*>(option)) {
                paintProgress(*painter, *bar, widget, m_colors);
                return;
            }
            break;
        case CE_Splitter: return;
        default: break;
    }
    QProxyStyle::drawControl(element, option, painter, widget);
}

void StudioStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option,
                                     QPainter* painter, const QWidget* widget) const {
    if (const auto* button = qstyleoption_cast<const QStyleOptionToolButton*>(option);
        button != nullptr && isOn(widget, "nav")) {
        paintNavigation(*painter, *button, m_colors);
        return;
    }
    if (control == CC_ComboBox) {
        paintField(*painter, *option, widget, m_colors);
        QStyleOption arrow = *option;
        arrow.rect = subControlRect(CC_ComboBox, option, SC_ComboBoxArrow, widget);
        drawPrimitive(PE_IndicatorArrowDown, &arrow, painter, widget);
        return;
    }
    if (const auto* slider = qstyleoption_cast<const QStyleOptionSlider*>(option)) {
        if (control == CC_ScrollBar) {
            const QRect handle = subControlRect(CC_ScrollBar, option, SC_ScrollBarSlider, widget);
            if (slider->maximum > slider->minimum) {
                paintScrollBar(*painter, handle, (option->state & State_MouseOver) != 0, m_colors);
            }
            return;
        }
        if (control == CC_Slider && slider->orientation == Qt::Horizontal) {
            const QRect handle = subControlRect(CC_Slider, option, SC_SliderHandle, widget);
            paintSlider(*painter, *slider, handle, m_colors);
            return;
        }
    }
    QProxyStyle::drawComplexControl(control, option, painter, widget);
}

QSize StudioStyle::sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& contents,
                                    const QWidget* widget) const {
    switch (type) {
        case CT_PushButton: {
            const bool large = isOn(widget, "large");
            const int side = large ? 28 : isOn(widget, "link") ? 6 : spacing::kLarge - 2;
            return {
                contents.width() + 2 * side,
                std::max(contents.height() + 10, large ? kControlHeight + spacing::kSmall : kControlHeight)};
        }
        case CT_ToolButton:
            if (isOn(widget, "nav")) {
                return {contents.width() + 2 * spacing::kMedium, kControlHeight + spacing::kTight};
            }
            break;
        case CT_LineEdit:
            if (isFramedLine(option, widget)) {
                return {contents.width(), std::max(contents.height(), kControlHeight)};
            }
            break;
        case CT_ComboBox: {
            const QSize size = QProxyStyle::sizeFromContents(type, option, contents, widget);
            return {size.width() + spacing::kLarge, std::max(size.height(), kControlHeight)};
        }
        case CT_HeaderSection: {
            const QSize size = QProxyStyle::sizeFromContents(type, option, contents, widget);
            return {size.width(), std::max(size.height(), kControlHeight)};
        }
        case CT_MenuBarItem:
            return QProxyStyle::sizeFromContents(type, option, contents, widget) +
                   QSize(spacing::kTight, spacing::kTight);
        case CT_ProgressBar: return {contents.width(), spacing::kSmall};
        default: break;
    }
    return QProxyStyle::sizeFromContents(type, option, contents, widget);
}

QRect StudioStyle::subElementRect(SubElement element, const QStyleOption* option,
                                  const QWidget* widget) const {
    const QRect rect = QProxyStyle::subElementRect(element, option, widget);
    if (element == SE_LineEditContents && isFramedLine(option, widget)) {
        return rect.adjusted(spacing::kTight + 2, 0, -spacing::kTight, 0);
    }
    return rect;
}

QRect StudioStyle::subControlRect(ComplexControl control, const QStyleOptionComplex* option, SubControl part,
                                  const QWidget* widget) const {
    if (control == CC_ComboBox) {
        const QRect all = option->rect;
        constexpr int kArrow = 28;
        if (part == SC_ComboBoxEditField) {
            return visualRect(option->direction, all, all.adjusted(spacing::kSmall, 1, -kArrow, -1));
        }
        if (part == SC_ComboBoxArrow) {
            return visualRect(option->direction, all,
                              QRect(all.right() - kArrow, all.top(), kArrow, all.height()));
        }
    }
    const auto* bar = qstyleoption_cast<const QStyleOptionSlider*>(option);
    if (control == CC_ScrollBar && bar != nullptr) {
        const bool flat = bar->orientation == Qt::Horizontal;
        const int length = flat ? bar->rect.width() : bar->rect.height();
        const int steps = bar->maximum - bar->minimum;
        const int whole = steps + bar->pageStep;
        const int wanted = whole <= 0 ? length : static_cast<int>(qint64(length) * bar->pageStep / whole);
        const int handle = steps <= 0 ? length : std::min(length, std::max(kHandleMin, wanted));
        const int at = sliderPositionFromValue(bar->minimum, bar->maximum, bar->sliderPosition,
                                               length - handle, bar->upsideDown);
        const auto along = [&](int from, int size) {
            return flat ? QRect(from, 0, size, bar->rect.height()) : QRect(0, from, bar->rect.width(), size);
        };
        switch (part) {
            case SC_ScrollBarGroove: return along(0, length);
            case SC_ScrollBarSlider: return along(at, handle);
            case SC_ScrollBarSubPage: return along(0, at);
            case SC_ScrollBarAddPage: return along(at + handle, length - at - handle);
            default: return {};  // No arrows.
        }
    }
    return QProxyStyle::subControlRect(control, option, part, widget);
}

int StudioStyle::pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const {
    switch (metric) {
        case PM_ScrollBarExtent: return kScrollBarExtent;
        case PM_ScrollBarSliderMin: return kHandleMin;
        case PM_IndicatorWidth:
        case PM_IndicatorHeight: return kIndicator;
        case PM_HeaderMargin: return spacing::kSmall;
        case PM_FocusFrameHMargin: return spacing::kSmall;  // What stands between a cell's edge and its text.
        case PM_DefaultFrameWidth:
            // Keeps the view's corners inside of the round ones of its frame.
            return qobject_cast<const QAbstractScrollArea*>(widget) != nullptr ? 2 : 1;
        case PM_ButtonShiftHorizontal:
        case PM_ButtonShiftVertical: return 0;
        default: return QProxyStyle::pixelMetric(metric, option, widget);
    }
}

int StudioStyle::styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                           QStyleHintReturn* answer) const {
    switch (hint) {
        case SH_ComboBox_Popup: return 0;  // A list below, not a menu above it.
        case SH_ScrollView_FrameOnlyAroundContents: return 0;
        case SH_ItemView_ShowDecorationSelected: return 1;
        case SH_EtchDisabledText: return 0;
        default: return QProxyStyle::styleHint(hint, option, widget, answer);
    }
}

}  // namespace longship
