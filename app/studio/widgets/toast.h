#pragma once

#include <QFrame>
#include <QLabel>
#include <QPushButton>
#include <QString>
#include <QTimer>

namespace longship {

/// A short message at the bottom of its parent that goes away by itself, with one thing that can still be
/// done: usually to undo.
class Toast : public QFrame {
    Q_OBJECT

public:
    explicit Toast(QWidget* parent);

    /// `action` may be empty. A toast that is still there is expired first.
    void show(const QString& text, const QString& action);

    /// Ends it now, as if its time were over.
    void expire();

Q_SIGNALS:
    void actionTriggered();
    void expired();  ///< The time is over and the action was not used.

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void place();

    QLabel* m_text;
    QPushButton* m_button;
    QTimer m_timer;
};

}  // namespace longship
