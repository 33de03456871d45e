#include "app/studio/theme/theme.h"

#include <QFontDatabase>
#include <QFontMetricsF>
#include <QToolTip>
#include <memory>

#include "app/studio/theme/studio_style.h"

namespace longship {

namespace {

using namespace Qt::Literals::StringLiterals;

/// Rows and entries are chosen in a soft colour, so that what stands in them keeps its own colours.
QPalette softSelection(const Colors& colors, QPalette palette) {
    palette.setColor(QPalette::Highlight, colors.accentSoft);
    palette.setColor(QPalette::HighlightedText, colors.text);
    return palette;
}

}  // namespace

bool hasTabularDigits(const QFont& font) {
    const QFontMetricsF metrics(font);
    const qreal zero = metrics.horizontalAdvance(u'0');
    for (char16_t digit = u'1'; digit <= u'9'; ++digit) {
        if (qAbs(metrics.horizontalAdvance(QChar(digit)) - zero) > 0.01) {
            return false;
        }
    }
    return true;
}

QFont studioFont(const QFont& desktop) {
    // What fontconfig calls a sans serif is nobody's choice.
    const bool named =
        !desktop.family().startsWith("sans"_L1, Qt::CaseInsensitive) && !desktop.family().isEmpty();
    const QString tabular = u"Open Sans"_s;
    QFont font = desktop;
    if ((!named || !hasTabularDigits(desktop)) && QFontDatabase::hasFamily(tabular)) {
        font.setFamilies({tabular, u"WenQuanYi Micro Hei"_s, u"Noto Sans CJK SC"_s});
    }
    font.setPixelSize(type::kBody);
    return font;
}

void applyTheme(QApplication& application, ThemeKind kind) {
    Q_UNUSED(application)
    const Colors& colors = colorsOf(kind);
    const QPalette palette = paletteOf(kind);
    QApplication::setFont(studioFont(QFontDatabase::systemFont(QFontDatabase::GeneralFont)));
    QApplication::setPalette(palette);  // Drops those of classes.
    for (const char* chooses : {"QAbstractItemView", "QMenu", "QMenuBar"}) {
        QPalette own = softSelection(colors, palette);
        if (qstrcmp(chooses, "QMenuBar") == 0) {
            own.setColor(QPalette::Window, colors.sidebar);
        }
        QApplication::setPalette(own, chooses);
    }
    QToolTip::setPalette(palette);
    // A new one each time: that gives every widget the looks of its role in the colours of the theme.
    QApplication::setStyle(std::make_unique<StudioStyle>(kind).release());
}

}  // namespace longship
