#include "app/studio/theme/theme.h"

#include <QFile>
#include <QFontDatabase>
#include <QIconEngine>
#include <QPainter>
#include <QPixmap>
#include <QStyleFactory>
#include <QSvgRenderer>
#include <memory>
#include <utility>

namespace longship {

namespace {

using namespace Qt::Literals::StringLiterals;

QByteArray readResource(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// Renders an SVG whose strokes say "currentColor" in one colour, sharp at every device pixel ratio.
class ThemedIconEngine : public QIconEngine {
public:
    ThemedIconEngine(QString name, QColor color) : m_name(std::move(name)), m_color(std::move(color)) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
        QColor color = m_color;
        if (mode == QIcon::Disabled) {
            color.setAlphaF(0.4F);
        }
        QByteArray svg = readResource(u":/icons/"_s + m_name + u".svg"_s);
        svg.replace("currentColor", color.name(QColor::HexRgb).toLatin1());
        QSvgRenderer renderer(svg);
        painter->save();
        painter->setOpacity(painter->opacity() * color.alphaF());
        renderer.render(painter, QRectF(rect));
        painter->restore();
    }

    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
        QPixmap pixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        paint(&painter, QRect(QPoint(0, 0), size), mode, state);
        return pixmap;
    }

    QIconEngine* clone() const override { return new ThemedIconEngine(m_name, m_color); }

private:
    QString m_name;
    QColor m_color;
};

QString styleSheetFor(ThemeKind kind) {
    const Colors& colors = colorsOf(kind);
    QString sheet = QString::fromUtf8(readResource(u":/theme/style.qss"_s));
    // Longer names first, so that @accentSoft is not taken for @accent.
    const std::pair<QLatin1StringView, QColor> names[] = {
        {"@accentHover"_L1, colors.accentHover},
        {"@accentSoft"_L1, colors.accentSoft},
        {"@accent"_L1, colors.accent},
        {"@onAccent"_L1, colors.onAccent},
        {"@window"_L1, colors.window},
        {"@sidebar"_L1, colors.sidebar},
        {"@surface"_L1, colors.surface},
        {"@hover"_L1, colors.hover},
        {"@border"_L1, colors.border},
        {"@textMuted"_L1, colors.textMuted},
        {"@textDisabled"_L1, colors.textDisabled},
        {"@text"_L1, colors.text},
        {"@goodSoft"_L1, colors.goodSoft},
        {"@good"_L1, colors.good},
        {"@warningSoft"_L1, colors.warningSoft},
        {"@warning"_L1, colors.warning},
        {"@badSoft"_L1, colors.badSoft},
        {"@bad"_L1, colors.bad},
    };
    for (const auto& [name, color] : names) {
        sheet.replace(name, color.name(QColor::HexRgb));
    }
    sheet.replace("@kind"_L1, kind == ThemeKind::Dark ? "dark"_L1 : "light"_L1);
    return sheet;
}

}  // namespace

void applyTheme(QApplication& application, ThemeKind kind) {
    QApplication::setStyle(QStyleFactory::create(u"Fusion"_s));
    QApplication::setPalette(paletteOf(kind));
    QFont font = QFontDatabase::systemFont(QFontDatabase::GeneralFont);
    // Its digits all have one width, so numbers that change do not shake.
    const QString tabular = u"Open Sans"_s;
    if (QFontDatabase::hasFamily(tabular)) {
        font.setFamilies({tabular, u"WenQuanYi Micro Hei"_s, u"Noto Sans CJK SC"_s});
    }
    font.setPointSizeF(10);
    QApplication::setFont(font);
    application.setStyleSheet(styleSheetFor(kind));
}

QIcon themedIcon(const QString& name, const QColor& color) {
    return QIcon(std::make_unique<ThemedIconEngine>(name, color).release());
}

QIcon programIcon() {
    return QIcon(u":/icons/longship.svg"_s);
}

}  // namespace longship
