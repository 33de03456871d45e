#include "app/studio/widgets/toast.h"

#include <chrono>

#include <QEvent>
#include <QHBoxLayout>

#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"

namespace longship {

namespace {

using namespace std::chrono_literals;

constexpr auto kShownFor = 7s;

}  // namespace

Toast::Toast(QWidget* parent)
    : QFrame(parent), m_text(makeLabel(TextRole::Plain, {}, this)), m_button(new QPushButton(this)) {
    setProperty("toast", true);
    m_button->setObjectName(QStringLiteral("undo"));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(spacing::kLarge, spacing::kSmall, spacing::kSmall, spacing::kSmall);
    layout->setSpacing(spacing::kLarge);
    layout->addWidget(m_text);
    layout->addWidget(m_button);
    m_timer.setSingleShot(true);
    m_timer.setInterval(kShownFor);
    connect(&m_timer, &QTimer::timeout, this, &Toast::expire);
    connect(m_button, &QPushButton::clicked, this, [this] {
        m_timer.stop();
        hide();
        Q_EMIT actionTriggered();
    });
    parent->installEventFilter(this);
    hide();
}

void Toast::show(const QString& text, const QString& action) {
    expire();
    m_text->setText(text);
    m_button->setText(action);
    m_button->setVisible(!action.isEmpty());
    setVisible(true);
    place();
    raise();
    m_timer.start();
}

void Toast::expire() {
    if (isHidden()) {
        return;
    }
    m_timer.stop();
    hide();
    Q_EMIT expired();
}

bool Toast::eventFilter(QObject* watched, QEvent* event) {
    if (watched == parent() && event->type() == QEvent::Resize) {
        place();
    }
    return QFrame::eventFilter(watched, event);
}

void Toast::place() {
    adjustSize();
    const QRect area = parentWidget()->rect();
    move((area.width() - width()) / 2, area.height() - height() - spacing::kPage);
}

}  // namespace longship
