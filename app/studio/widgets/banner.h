#pragma once

#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QString>
#include <QVBoxLayout>

#include "app/studio/widgets/labels.h"

namespace longship {

/// A message that belongs to the page below it, with what can be done about it. Hidden until show().
class Banner : public QFrame {
    Q_OBJECT

public:
    explicit Banner(QWidget* parent = nullptr);

    void show(Tone tone, const QString& heading, const QString& text);

    /// Shown in small monospaced letters under the text; hidden when empty.
    void setDetail(const QString& detail);

    QPushButton* addButton(const QString& text);
    void addBelow(QWidget* widget);  ///< Under the text and the detail.

    QString heading() const { return m_heading->text(); }
    QString text() const { return m_text->text(); }

protected:
    void changeEvent(QEvent* event) override;

private:
    void updateIcon();

    Tone m_tone = Tone::Neutral;
    QLabel* m_icon;
    QLabel* m_heading;
    QLabel* m_text;
    QLabel* m_detail;
    QVBoxLayout* m_words;
    QHBoxLayout* m_buttons;
};

}  // namespace longship
