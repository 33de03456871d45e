#pragma once

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QString>
#include <QWidget>

namespace longship {

/// What a page shows when it has nothing yet: what would be here, and the one thing to do about it.
class EmptyState : public QWidget {
    Q_OBJECT

public:
    explicit EmptyState(const QString& iconName, QWidget* parent = nullptr);

    /// No button when `action` is empty.
    void show(const QString& heading, const QString& text, const QString& action);

    /// Another thing that can be done, beside the first one.
    QPushButton* addButton(const QString& text);

Q_SIGNALS:
    void actionTriggered();

protected:
    void changeEvent(QEvent* event) override;

private:
    void updateIcon();

    QString m_iconName;
    QLabel* m_icon;
    QLabel* m_heading;
    QLabel* m_text;
    QPushButton* m_button;
    QHBoxLayout* m_buttons;
};

}  // namespace longship
