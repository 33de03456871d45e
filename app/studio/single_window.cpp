#include "app/studio/single_window.h"

#include <QCryptographicHash>
#include <QLocalSocket>

namespace longship {

namespace {

constexpr int kPatienceMs = 500;

}  // namespace

SingleWindow::SingleWindow(const QString& place, QObject* parent) : QObject(parent) {
    // A digest: the name of a socket must stay short, whatever the folder is called.
    const QByteArray digest = QCryptographicHash::hash(place.toUtf8(), QCryptographicHash::Sha256).toHex();
    m_name = QStringLiteral("longship-studio-") + QString::fromLatin1(digest.left(20));
    m_server.setSocketOptions(QLocalServer::UserAccessOption);
    connect(&m_server, &QLocalServer::newConnection, this, [this] {
        while (QLocalSocket* caller = m_server.nextPendingConnection()) {
            caller->deleteLater();
            Q_EMIT raiseRequested();
        }
    });
}

bool SingleWindow::raiseOther() const {
    QLocalSocket socket;
    socket.connectToServer(m_name);
    return socket.waitForConnected(kPatienceMs);
}

void SingleWindow::listen() {
    // The socket of a studio that crashed is in the way; nobody answered on it.
    QLocalServer::removeServer(m_name);
    m_server.listen(m_name);
}

}  // namespace longship
