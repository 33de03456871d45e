#include "app/studio/widgets/labels.h"

#include <QStyle>
#include <QVariant>

namespace longship {

namespace {

QString nameOf(TextRole role) {
    switch (role) {
        case TextRole::Plain: return QString();
        case TextRole::Title: return QStringLiteral("title");
        case TextRole::Heading: return QStringLiteral("heading");
        case TextRole::Muted: return QStringLiteral("muted");
        case TextRole::Small: return QStringLiteral("small");
        case TextRole::Value: return QStringLiteral("value");
        case TextRole::Problem: return QStringLiteral("problem");
        case TextRole::Code: return QStringLiteral("code");
    }
    return QString();
}

QString nameOf(Tone tone) {
    switch (tone) {
        case Tone::Neutral: return QStringLiteral("neutral");
        case Tone::Accent: return QStringLiteral("accent");
        case Tone::Good: return QStringLiteral("good");
        case Tone::Warning: return QStringLiteral("warning");
        case Tone::Bad: return QStringLiteral("bad");
    }
    return QString();
}

}  // namespace

void setStyleProperty(QWidget* widget, const char* name, const QVariant& value) {
    if (widget->property(name) == value) {
        return;
    }
    widget->setProperty(name, value);
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
    widget->update();
}

void setTone(QWidget* widget, Tone tone) {
    setStyleProperty(widget, "tone", nameOf(tone));
}

QLabel* makeLabel(TextRole role, const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setProperty("role", nameOf(role));
    label->setTextFormat(Qt::PlainText);
    return label;
}

Pill::Pill(QWidget* parent) : QLabel(parent) {
    setProperty("pill", true);
    setTextFormat(Qt::PlainText);
    setAlignment(Qt::AlignCenter);
    setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
}

void Pill::show(const QString& text, Tone tone, PillShape shape) {
    if (this->text() != text) {
        setText(text);
    }
    setTone(this, tone);
    setStyleProperty(this, "shape",
                     shape == PillShape::Full      ? QStringLiteral("full")
                     : shape == PillShape::Outline ? QStringLiteral("outline")
                                                   : QStringLiteral("dashed"));
}

ElidedLabel::ElidedLabel(TextRole role, QWidget* parent) : QLabel(parent) {
    setProperty("role", nameOf(role));
    setTextFormat(Qt::PlainText);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
}

void ElidedLabel::setFullText(const QString& text) {
    if (text != m_text) {
        m_text = text;
        setAccessibleName(text);
        elide();
    }
}

QSize ElidedLabel::minimumSizeHint() const {
    return {fontMetrics().averageCharWidth() * 6, QLabel::minimumSizeHint().height()};
}

void ElidedLabel::resizeEvent(QResizeEvent* event) {
    QLabel::resizeEvent(event);
    elide();
}

void ElidedLabel::elide() {
    const QString shown = fontMetrics().elidedText(m_text, Qt::ElideRight, contentsRect().width());
    if (shown != text()) {
        setText(shown);
        setToolTip(shown == m_text ? QString() : m_text);
    }
}

}  // namespace longship
