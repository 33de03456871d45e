#pragma once

#include <QColor>
#include <QDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QString>
#include <QVBoxLayout>

#include "app/studio/widgets/labels.h"

namespace longship {

/// A question to a person: a heading with a sign, paragraphs, buttons on the right.
class AskDialog : public QDialog {
    Q_OBJECT

public:
    AskDialog(const char* name, const QString& heading, QWidget* parent);

    void setSign(const QColor& color);
    QLabel* addText(TextRole role, const QString& text, const char* name = "");
    void add(QWidget* widget) { m_layout->addWidget(widget); }
    QPushButton* addButton(const char* name, const QString& text);
    int run();  ///< Shows it until it is answered.

    /// Adds the two buttons and asks: true when the person wants it. Not to is the default.
    bool confirm(const char* goName, const QString& go, const char* cancelName, const QString& cancel);

private:
    QVBoxLayout* m_layout;
    QHBoxLayout* m_buttons;
    QLabel* m_sign;
};

void makeDefault(QPushButton* button);

}  // namespace longship
