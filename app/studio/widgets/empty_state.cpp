#include "app/studio/widgets/empty_state.h"

#include <utility>

#include <QEvent>
#include <QVBoxLayout>

#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"

namespace longship {

EmptyState::EmptyState(const QString& iconName, QWidget* parent)
    : QWidget(parent),
      m_iconName(iconName),
      m_icon(new QLabel(this)),
      m_heading(makeLabel(TextRole::Heading, {}, this)),
      m_text(makeLabel(TextRole::Muted, {}, this)),
      m_button(new QPushButton(this)),
      m_buttons(new QHBoxLayout) {
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(spacing::kSmall);
    layout->addStretch();
    for (QLabel* label : {m_icon, m_heading, m_text}) {
        label->setAlignment(Qt::AlignCenter);
        layout->addWidget(label);
    }
    layout->addSpacing(spacing::kSmall);
    m_buttons->setSpacing(spacing::kSmall);
    m_buttons->addStretch();
    m_buttons->addWidget(m_button);
    m_buttons->addStretch();
    layout->addLayout(m_buttons);
    layout->addStretch();
    m_button->setProperty("primary", true);
    m_button->setObjectName(QStringLiteral("emptyAction"));
    connect(m_button, &QPushButton::clicked, this, &EmptyState::actionTriggered);
    updateIcon();
}

void EmptyState::show(const QString& heading, const QString& text, const QString& action) {
    m_heading->setText(heading);
    m_text->setText(text);
    m_button->setText(action);
    m_button->setVisible(!action.isEmpty());
}

QPushButton* EmptyState::addButton(const QString& text) {
    auto* button = new QPushButton(text, this);
    m_buttons->insertWidget(m_buttons->count() - 1, button);
    return button;
}

void EmptyState::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        updateIcon();
    }
}

void EmptyState::updateIcon() {
    m_icon->setPixmap(themedIcon(m_iconName, colorsOf(palette()).textMuted).pixmap(40, 40));
}

}  // namespace longship
