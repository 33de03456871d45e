#pragma once

#include <QObject>

#include "app/studio/viewmodels/notices.h"

namespace longship {

/// Shows what Notices notices through org.freedesktop.Notifications, where there is a session bus and no
/// window of the studio is in front.
class DesktopNotes : public QObject {
    Q_OBJECT

public:
    explicit DesktopNotes(StudioModel& studio, QObject* parent = nullptr);

private:
    void show(NoticeKind kind, const QString& subject, const QString& cause);

    Notices m_notices;
};

}  // namespace longship
