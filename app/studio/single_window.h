#pragma once

#include <filesystem>
#include <string>

#include <QLocalServer>
#include <QLockFile>
#include <QObject>
#include <QString>

namespace longship {

/// One window for each home folder and cluster: a second start of the program raises the first one's window,
/// also when both start at the same moment.
class SingleWindow : public QObject {
    Q_OBJECT

public:
    SingleWindow(const std::filesystem::path& dataFolder, const std::string& cluster,
                 QObject* parent = nullptr);

    /// True when the window is this program's: later starts are told by raiseRequested(). False when another
    /// studio has it and was asked to come to the front. One that does not answer within three seconds hangs,
    /// and loses its right.
    bool claim();

Q_SIGNALS:
    void raiseRequested();

private:
    bool raiseOther() const;
    void listen();

    QString m_name;  ///< Of the socket, with its folder.
    QLockFile m_lock;
    QLocalServer m_server;
};

}  // namespace longship
