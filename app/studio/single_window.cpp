#include "app/studio/single_window.h"

#include <QCryptographicHash>
#include <QDeadlineTimer>
#include <QDir>
#include <QLocalSocket>
#include <QStandardPaths>

namespace longship {

namespace {

constexpr int kPatienceMs = 3000;
constexpr int kTryMs = 50;

/// A folder that only this user can write to, where the system has one.
QString socketFolder() {
    const QString own = QStandardPaths::writableLocation(QStandardPaths::RuntimeLocation);
    return own.isEmpty() ? QDir::tempPath() : own;
}

QString socketName(const std::filesystem::path& dataFolder, const std::string& cluster) {
    // A digest: the name of a socket must stay short, whatever the folder is called.
    const QByteArray place = QByteArray::fromStdString(dataFolder.string() + '\n' + cluster);
    const QByteArray digest = QCryptographicHash::hash(place, QCryptographicHash::Sha256).toHex();
    return socketFolder() + QStringLiteral("/longship-studio-") + QString::fromLatin1(digest.left(20));
}

}  // namespace

SingleWindow::SingleWindow(const std::filesystem::path& dataFolder, const std::string& cluster,
                           QObject* parent)
    : QObject(parent), m_name(socketName(dataFolder, cluster)), m_lock(m_name + QStringLiteral(".lock")) {
    m_lock.setStaleLockTime(0);  // Held as long as the program runs; one that crashed has lost it.
    m_server.setSocketOptions(QLocalServer::UserAccessOption);
    connect(&m_server, &QLocalServer::newConnection, this, [this] {
        while (QLocalSocket* caller = m_server.nextPendingConnection()) {
            caller->deleteLater();
            Q_EMIT raiseRequested();
        }
    });
}

bool SingleWindow::claim() {
    // The lock decides, the socket only tells: who has just got the lock may not listen yet.
    const QDeadlineTimer patience(kPatienceMs);
    do {
        if (m_lock.tryLock(kTryMs)) {
            listen();
            return true;
        }
        if (raiseOther()) {
            return false;
        }
    } while (!patience.hasExpired());
    listen();
    return true;
}

bool SingleWindow::raiseOther() const {
    QLocalSocket socket;
    socket.connectToServer(m_name);
    return socket.waitForConnected(kTryMs);
}

void SingleWindow::listen() {
    // The socket of a studio that crashed is in the way.
    QLocalServer::removeServer(m_name);
    m_server.listen(m_name);
}

}  // namespace longship
