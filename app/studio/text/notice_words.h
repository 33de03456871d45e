#pragma once

#include <QCoreApplication>
#include <QString>

#include "app/studio/viewmodels/studio_settings.h"

namespace longship {

/// What the desktop shows while another window is in front.
class NoticeWords {
    Q_DECLARE_TR_FUNCTIONS(NoticeWords)

public:
    static QString heading(NoticeKind kind, const QString& subject);
    static QString body(NoticeKind kind, const QString& cause);
};

}  // namespace longship
