#pragma once

#include <filesystem>

#include <QByteArray>
#include <QObject>
#include <QSettings>
#include <QString>

namespace longship {

enum class ThemeChoice { System, Light, Dark };

/// What a person wants to be told while another window is in front.
enum class NoticeKind { Finished, Failed, NodeLost };

/// What the studio remembers between two starts: <config>/studio.ini.
class StudioSettings : public QObject {
    Q_OBJECT

public:
    explicit StudioSettings(const std::filesystem::path& configFolder, QObject* parent = nullptr);

    ThemeChoice theme() const;
    void setTheme(ThemeChoice choice);

    /// "en", "zh_CN", or empty for the system's.
    QString language() const;
    void setLanguage(const QString& language);

    /// 0…99 per cent of the smoothing slider.
    int smoothing() const;
    void setSmoothing(int percent);

    bool logarithmicLoss() const;
    void setLogarithmicLoss(bool on);

    bool notifies(NoticeKind kind) const;  ///< All of them, until a person says otherwise.
    void setNotifies(NoticeKind kind, bool on);

    /// The page that was shown last, by its name; empty at the first start.
    QString page() const;
    void setPage(const QString& page);

    /// The hint to pull a plug was followed or declined; see FirstMinute.
    bool plugHintSeen() const;
    void setPlugHintSeen();

    QByteArray windowGeometry() const;
    void setWindowGeometry(const QByteArray& geometry);

    /// Where the last file dialog ended; the home folder at first.
    QString lastFolder() const;
    void setLastFolder(const QString& folder);

Q_SIGNALS:
    void themeChanged();
    void languageChanged();

private:
    QSettings m_store;
};

}  // namespace longship
