#include "app/studio/desktop_notes.h"

#include <QApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QVariantMap>

#include "app/studio/text/notice_words.h"

namespace longship {

DesktopNotes::DesktopNotes(StudioModel& studio, QObject* parent) : QObject(parent), m_notices(studio) {
    connect(&m_notices, &Notices::noticed, this, &DesktopNotes::show);
}

void DesktopNotes::show(NoticeKind kind, const QString& subject, const QString& cause) {
    const QDBusConnection bus = QDBusConnection::sessionBus();
    if (!bus.isConnected() || QApplication::activeWindow() != nullptr) {
        return;
    }
    constexpr int kTheDesktopsTime = -1;
    QDBusMessage note = QDBusMessage::createMethodCall(
        QStringLiteral("org.freedesktop.Notifications"), QStringLiteral("/org/freedesktop/Notifications"),
        QStringLiteral("org.freedesktop.Notifications"), QStringLiteral("Notify"));
    const QVariantMap hints{
        {QStringLiteral("desktop-entry"), QStringLiteral("org.longship.Studio")},
        {QStringLiteral("urgency"), QVariant::fromValue<uchar>(kind == NoticeKind::Finished ? 1 : 2)}};
    // The body may be read as markup: what comes from a machine is escaped.
    note << QStringLiteral("Longship") << 0U << QStringLiteral("org.longship.Studio")
         << NoticeWords::heading(kind, subject) << NoticeWords::body(kind, cause).toHtmlEscaped()
         << QStringList() << hints << kTheDesktopsTime;
    bus.send(note);  // Nobody waits for it; a desktop without a service drops it.
}

}  // namespace longship
