#include "app/studio/pages/ask_dialog.h"

#include "app/studio/theme/theme.h"

namespace longship {

namespace {

constexpr int kWidth = 560;
constexpr int kSignSize = 20;

}  // namespace

AskDialog::AskDialog(const char* name, const QString& heading, QWidget* parent)
    : QDialog(parent), m_layout(new QVBoxLayout(this)), m_buttons(new QHBoxLayout), m_sign(new QLabel(this)) {
    setObjectName(QString::fromLatin1(name));
    setWindowTitle(heading);
    setMinimumWidth(kWidth);
    m_layout->setContentsMargins(spacing::kPage, spacing::kLarge, spacing::kPage, spacing::kLarge);
    m_layout->setSpacing(spacing::kMedium);
    auto* top = new QHBoxLayout;
    top->setSpacing(spacing::kSmall);
    top->addWidget(m_sign, 0, Qt::AlignTop);
    auto* label = makeLabel(TextRole::Heading, heading, this);
    label->setWordWrap(true);
    top->addWidget(label, 1);
    m_layout->addLayout(top);
    m_buttons->setSpacing(spacing::kSmall);
    m_buttons->addStretch();
}

void AskDialog::setSign(const QColor& color) {
    m_sign->setPixmap(themedIcon(QStringLiteral("warning"), color).pixmap(kSignSize, kSignSize));
}

QLabel* AskDialog::addText(TextRole role, const QString& text, const char* name) {
    auto* label = makeLabel(role, text, this);
    label->setObjectName(QString::fromLatin1(name));
    label->setWordWrap(true);
    if (role == TextRole::Code) {
        label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    }
    m_layout->addWidget(label);
    return label;
}

QPushButton* AskDialog::addButton(const char* name, const QString& text) {
    auto* button = new QPushButton(text, this);
    button->setObjectName(QString::fromLatin1(name));
    button->setAutoDefault(false);
    m_buttons->addWidget(button);
    return button;
}

int AskDialog::run() {
    m_layout->addLayout(m_buttons);
    return exec();
}

bool AskDialog::confirm(const char* goName, const QString& go, const char* cancelName,
                        const QString& cancel) {
    auto* stay = addButton(cancelName, cancel);
    auto* act = addButton(goName, go);
    act->setProperty("danger", true);
    connect(act, &QPushButton::clicked, this, &QDialog::accept);
    connect(stay, &QPushButton::clicked, this, &QDialog::reject);
    makeDefault(stay);
    return run() == QDialog::Accepted;
}

void makeDefault(QPushButton* button) {
    button->setDefault(true);
    button->setFocus();
}

}  // namespace longship
