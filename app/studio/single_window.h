#pragma once

#include <functional>

#include <QLocalServer>
#include <QObject>
#include <QString>

namespace longship {

/// One window for each home folder and cluster: a second start of the program raises the first one's window.
class SingleWindow : public QObject {
    Q_OBJECT

public:
    /// `place` says what the window is for; any text.
    explicit SingleWindow(const QString& place, QObject* parent = nullptr);

    /// True when another studio has the window: it was asked to come to the front.
    bool raiseOther() const;

    /// Answers later starts with raiseRequested().
    void listen();

Q_SIGNALS:
    void raiseRequested();

private:
    QString m_name;
    QLocalServer m_server;
};

}  // namespace longship
