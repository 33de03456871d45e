#include "app/studio/widgets/form_field.h"

#include <QVBoxLayout>

#include "app/studio/widgets/labels.h"

namespace longship {

FormField::FormField(const QString& name, QWidget* control, QWidget* parent)
    : QWidget(parent), m_control(control), m_remark(makeLabel(TextRole::Small, {}, this)) {
    auto* label = makeLabel(TextRole::Plain, name, this);
    label->setBuddy(control);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(3);
    layout->addWidget(label);
    layout->addWidget(control);
    layout->addWidget(m_remark);
    layout->addStretch();
    m_remark->setWordWrap(true);
    m_remark->setMinimumHeight(m_remark->fontMetrics().height() + 2);
    control->setAccessibleName(name);
}

void FormField::setHint(const QString& hint) {
    m_hint = hint;
    update();
}

void FormField::setProblem(const QString& problem) {
    m_problem = problem;
    update();
}

QString FormField::problem() const {
    return m_problem;
}

void FormField::update() {
    const bool wrong = !m_problem.isEmpty();
    m_remark->setText(wrong ? m_problem : m_hint);
    setStyleProperty(m_remark, "role", wrong ? QStringLiteral("problem") : QStringLiteral("small"));
    setStyleProperty(m_control, "invalid", wrong);
    m_control->setAccessibleDescription(m_remark->text());
}

}  // namespace longship
