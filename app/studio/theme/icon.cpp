#include "app/studio/theme/icon.h"

#include <QFile>
#include <QGuiApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPixmap>
#include <QSvgRenderer>
#include <memory>
#include <optional>
#include <utility>

namespace longship {

namespace {

using namespace Qt::Literals::StringLiterals;

constexpr double kDisabledOpacity = 0.4;

QByteArray readIcon(const QString& name) {
    QFile file(u":/icons/"_s + name + u".svg"_s);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// Renders an SVG whose strokes say "currentColor", in the colour that its ink has in the theme of the
/// moment. Keeps no pixmap: a change of the theme needs nothing but a repaint.
class TintedIconEngine : public QIconEngine {
public:
    TintedIconEngine(QString name, Ink ink, std::optional<QColor> fixed)
        : m_name(std::move(name)), m_svg(readIcon(m_name)), m_ink(ink), m_fixed(std::move(fixed)) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
        const QColor color = m_fixed.value_or(colorOf(m_ink, colorsOf(QGuiApplication::palette())));
        QByteArray svg = m_svg;
        svg.replace("currentColor", color.name(QColor::HexRgb).toLatin1());
        QSvgRenderer renderer(svg);
        painter->save();
        if (mode == QIcon::Disabled) {
            painter->setOpacity(painter->opacity() * kDisabledOpacity);
        }
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

    bool isNull() override { return m_svg.isEmpty(); }
    QIconEngine* clone() const override { return new TintedIconEngine(*this); }

private:
    QString m_name;
    QByteArray m_svg;
    Ink m_ink;
    std::optional<QColor> m_fixed;
};

}  // namespace

QColor colorOf(Ink ink, const Colors& colors) {
    switch (ink) {
        case Ink::Text: break;
        case Ink::Muted: return colors.textMuted;
        case Ink::Accent: return colors.accent;
        case Ink::OnAccent: return colors.onAccent;
        case Ink::Good: return colors.good;
        case Ink::Warning: return colors.warning;
        case Ink::Bad: return colors.bad;
    }
    return colors.text;
}

QIcon themedIcon(const QString& name, Ink ink) {
    return QIcon(std::make_unique<TintedIconEngine>(name, ink, std::nullopt).release());
}

QIcon themedIcon(const QString& name, const QColor& color) {
    return QIcon(std::make_unique<TintedIconEngine>(name, Ink::Text, color).release());
}

QIcon programIcon() {
    return QIcon(u":/icons/longship.svg"_s);
}

}  // namespace longship
