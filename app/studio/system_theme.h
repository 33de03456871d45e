#pragma once

#include <QObject>

#include "app/studio/theme/colors.h"

class QDBusPendingCallWatcher;
class QDBusVariant;

namespace longship {

/// Whether the desktop wants light or dark windows: the freedesktop portal's answer where there is one, else
/// what the platform's palette looked like at the start. Qt 6.4 knows neither by itself.
class SystemTheme : public QObject {
    Q_OBJECT

public:
    /// Before the first applyTheme(), which replaces the platform's palette.
    explicit SystemTheme(QObject* parent = nullptr);

    ThemeKind kind() const { return m_kind; }

Q_SIGNALS:
    void changed();

private Q_SLOTS:
    void onSettingChanged(const QString& group, const QString& key, const QDBusVariant& value);

private:
    void ask();
    void take(unsigned scheme);

    ThemeKind m_kind;
};

}  // namespace longship
