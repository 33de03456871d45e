#include "app/studio/viewmodels/studio_settings.h"

#include <algorithm>

#include <QDir>

namespace longship {

namespace {

using namespace Qt::Literals::StringLiterals;

constexpr int kSmoothingDefault = 60;
constexpr int kSmoothingMax = 99;

QString keyOf(NoticeKind kind) {
    return kind == NoticeKind::Finished ? u"notify_finished"_s
           : kind == NoticeKind::Failed ? u"notify_failed"_s
                                        : u"notify_node_lost"_s;
}

}  // namespace

StudioSettings::StudioSettings(const std::filesystem::path& configFolder, QObject* parent)
    : QObject(parent),
      m_store(QString::fromStdString((configFolder / "studio.ini").string()), QSettings::IniFormat) {}

ThemeChoice StudioSettings::theme() const {
    const QString name = m_store.value(u"theme"_s).toString();
    return name == "light"_L1  ? ThemeChoice::Light
           : name == "dark"_L1 ? ThemeChoice::Dark
                               : ThemeChoice::System;
}

void StudioSettings::setTheme(ThemeChoice choice) {
    m_store.setValue(u"theme"_s, choice == ThemeChoice::Light  ? u"light"_s
                                 : choice == ThemeChoice::Dark ? u"dark"_s
                                                               : u"system"_s);
    Q_EMIT themeChanged();
}

QString StudioSettings::language() const {
    return m_store.value(u"language"_s).toString();
}

void StudioSettings::setLanguage(const QString& language) {
    m_store.setValue(u"language"_s, language);
    Q_EMIT languageChanged();
}

int StudioSettings::smoothing() const {
    return std::clamp(m_store.value(u"smoothing"_s, kSmoothingDefault).toInt(), 0, kSmoothingMax);
}

void StudioSettings::setSmoothing(int percent) {
    m_store.setValue(u"smoothing"_s, percent);
}

bool StudioSettings::logarithmicLoss() const {
    return m_store.value(u"logarithmic_loss"_s, false).toBool();
}

void StudioSettings::setLogarithmicLoss(bool on) {
    m_store.setValue(u"logarithmic_loss"_s, on);
}

bool StudioSettings::notifies(NoticeKind kind) const {
    return m_store.value(keyOf(kind), true).toBool();
}

void StudioSettings::setNotifies(NoticeKind kind, bool on) {
    m_store.setValue(keyOf(kind), on);
}

QString StudioSettings::page() const {
    return m_store.value(u"page"_s).toString();
}

void StudioSettings::setPage(const QString& page) {
    m_store.setValue(u"page"_s, page);
}

bool StudioSettings::plugHintSeen() const {
    return m_store.value(u"plug_hint_seen"_s, false).toBool();
}

void StudioSettings::setPlugHintSeen() {
    m_store.setValue(u"plug_hint_seen"_s, true);
}

QByteArray StudioSettings::windowGeometry() const {
    return m_store.value(u"window_geometry"_s).toByteArray();
}

void StudioSettings::setWindowGeometry(const QByteArray& geometry) {
    m_store.setValue(u"window_geometry"_s, geometry);
}

QString StudioSettings::lastFolder() const {
    return m_store.value(u"last_folder"_s, QDir::homePath()).toString();
}

void StudioSettings::setLastFolder(const QString& folder) {
    m_store.setValue(u"last_folder"_s, folder);
}

}  // namespace longship
