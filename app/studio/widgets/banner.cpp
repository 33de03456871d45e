#include "app/studio/widgets/banner.h"

#include <QEvent>

#include "app/studio/theme/theme.h"

namespace longship {

namespace {

QString iconNameOf(Tone tone) {
    return tone == Tone::Good                           ? QStringLiteral("check")
           : tone == Tone::Bad || tone == Tone::Warning ? QStringLiteral("warning")
                                                        : QStringLiteral("info");
}

QColor colorOf(Tone tone, const Colors& colors) {
    switch (tone) {
        case Tone::Good: return colors.good;
        case Tone::Warning: return colors.warning;
        case Tone::Bad: return colors.bad;
        case Tone::Accent: return colors.accent;
        case Tone::Neutral: break;
    }
    return colors.textMuted;
}

}  // namespace

Banner::Banner(QWidget* parent)
    : QFrame(parent),
      m_icon(new QLabel(this)),
      m_heading(makeLabel(TextRole::Heading, {}, this)),
      m_text(makeLabel(TextRole::Plain, {}, this)),
      m_detail(makeLabel(TextRole::Code, {}, this)),
      m_words(new QVBoxLayout),
      m_buttons(new QHBoxLayout) {
    setProperty("banner", true);
    m_words->setSpacing(2);
    m_words->addWidget(m_heading);
    m_words->addWidget(m_text);
    m_words->addWidget(m_detail);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(spacing::kLarge, spacing::kMedium, spacing::kMedium, spacing::kMedium);
    layout->setSpacing(spacing::kMedium);
    layout->addWidget(m_icon, 0, Qt::AlignTop);
    layout->addLayout(m_words, 1);
    layout->addLayout(m_buttons);
    m_heading->setWordWrap(true);
    for (QLabel* label : {m_text, m_detail}) {
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    m_detail->hide();
    hide();
}

void Banner::show(Tone tone, const QString& heading, const QString& text) {
    m_tone = tone;
    setTone(this, tone);
    updateIcon();
    m_heading->setText(heading);
    m_heading->setVisible(!heading.isEmpty());
    m_text->setText(text);
    m_text->setVisible(!text.isEmpty());
    setAccessibleName(heading.isEmpty() ? text : heading);
    setVisible(true);
}

void Banner::setDetail(const QString& detail) {
    m_detail->setText(detail);
    m_detail->setVisible(!detail.isEmpty());
}

QPushButton* Banner::addButton(const QString& text) {
    auto* button = new QPushButton(text, this);
    m_buttons->addWidget(button, 0, Qt::AlignVCenter);
    return button;
}

void Banner::addBelow(QWidget* widget) {
    m_words->addWidget(widget);
}

void Banner::changeEvent(QEvent* event) {
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        updateIcon();
    }
}

void Banner::updateIcon() {
    m_icon->setPixmap(themedIcon(iconNameOf(m_tone), colorOf(m_tone, colorsOf(palette()))).pixmap(20, 20));
}

}  // namespace longship
